"""Writes docs/initializers.md: every shipped initializer as its own docstring and fields describe it.

``python tools/initializers_page.py docs/initializers.md``
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from ms_initkit import formulas
from ms_initkit.formulas import Argument, Formula

_HEAD = """\
# Initializers

Generated from the formulas' docstrings by `python tools/initializers_page.py docs/initializers.md`;
a test holds it current.

Each is used in a recipe by its name or an alias, in any spelling (`xavier_normal`, `XavierNormal`), and in Python as a
MindSpore initializer, `mik.initializers.XavierNormal(gain=1.0)`. A scalar argument in a recipe is the first one:
`{normal: 0.02}`. Fans are counted as torch and MindSpore do unless the rule has `fans:`.

What is a constant or an expression has no name of its own: layer scale is `{constant: 1e-6}`, residual scaling by depth
`{normal: {sigma: sigma / sqrt(2 * n_layers)}}`, a recurrent layer's default `{uniform: 1 / sqrt(hidden)}`; muP and
Fixup likewise.
"""


def text() -> str:
    """Returns the page."""
    chapters: dict[str, list[type[Formula]]] = {}
    for formula in formulas.SHIPPED:
        module = inspect.getmodule(formula)
        title = (inspect.getdoc(module) or "").splitlines()[0].rstrip(".")
        chapters.setdefault(title, []).append(formula)
    parts = [_HEAD, _index()]
    for title, members in chapters.items():
        parts.append(f"## {title}\n")
        parts += [_section(formula) for formula in members]
    return "\n".join(parts)


def _index() -> str:
    rows = ["| name | other names | result |", "| --- | --- | --- |"]
    others = formulas.aliases()
    for name in formulas.names():
        formula = formulas.known(name)
        if formula not in formulas.SHIPPED:
            continue  # a user's own
        words = ", ".join(f"`{word}`" for word in others[name])
        rows.append(f"| [`{name}`](#{name}) | {words} | {_cell(_summary(formula))} |")
    return "\n".join(rows) + "\n"


def _section(formula: type[Formula]) -> str:
    name = formulas.name_of(formula)
    body, arguments, sources = _split(formula)
    lines = [f"### {name}", "", _summary(formula), ""]
    others = formulas.aliases()[name]
    if others:
        lines += ["Also called " + ", ".join(f"`{word}`" for word in others) + ".", ""]
    if body:
        lines += [body, ""]
    if arguments:
        lines += ["| argument | type | default | meaning |", "| --- | --- | --- | --- |"]
        for argument in formulas.arguments(formula):
            lines.append(
                f"| {_names(argument)} | {_type(argument)} | {_default(argument)} | {_cell(arguments[argument.name])} |"
            )
        lines.append("")
    return "\n".join([*lines, f"Sources: {sources}", ""])


def _summary(formula: type[Formula]) -> str:
    return _escaped((inspect.getdoc(formula) or "").splitlines()[0])


def _split(formula: type[Formula]) -> tuple[str, dict[str, str], str]:
    """Returns the docstring's explanation, its arguments by name, and its sources, each on one line."""
    rest = "\n".join((inspect.getdoc(formula) or "").splitlines()[1:])
    rest, _, sources = rest.partition("Sources: ")
    body, _, listed = rest.partition("Args:\n")
    entries = re.split(r"\n    (?=\w+: )", "\n" + listed.rstrip())[1:]
    arguments = {name: _joined(meaning) for name, _, meaning in (entry.partition(": ") for entry in entries)}
    return _joined(body), arguments, _joined(sources)


def _joined(lines: str) -> str:
    return _escaped(" ".join(lines.split()))


def _escaped(line: str) -> str:
    """Returns a docstring's line as Markdown: stars are powers, double backquotes are code."""
    return line.replace("*", r"\*").replace("``", "`")


def _names(argument: Argument) -> str:
    aliases = "".join(f", `{alias}`" for alias in argument.aliases)
    return f"`{argument.name}`{aliases}"


def _type(argument: Argument) -> str:
    if argument.choices:
        return ", ".join(f"`{choice}`" for choice in argument.choices)
    limits = "" if argument.range is None or str(argument.range) == "finite" else f" {argument.range}"
    return _cell(f"{argument.kind}{limits}")


def _default(argument: Argument) -> str:
    if argument.is_required:
        return "required"
    if argument.default is None:
        return "none"
    if isinstance(argument.default, Formula):
        return f"`{formulas.name_of(type(argument.default))}`"
    if isinstance(argument.default, bool):
        return f"`{str(argument.default).lower()}`"
    return f"`{argument.default:g}`" if isinstance(argument.default, float) else f"`{argument.default}`"


def _cell(content: str) -> str:
    return content.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
