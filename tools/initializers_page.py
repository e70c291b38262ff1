"""Writes docs/initializers.md: every shipped initializer as its own docstring and fields describe it.

``python tools/initializers_page.py docs/initializers.md``
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from ms_initkit import formulas
from ms_initkit.formulas import Argument, Formula
from ms_initkit.formulas.docstrings import default_text, docstring_of

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
        rows.append(f"| [`{name}`](#{name}) | {words} | {_cell(_escaped(docstring_of(formula).summary))} |")
    return "\n".join(rows) + "\n"


def _section(formula: type[Formula]) -> str:
    name = formulas.name_of(formula)
    said = docstring_of(formula)
    lines = [f"### {name}", "", _escaped(said.summary), ""]
    others = formulas.aliases()[name]
    if others:
        lines += ["Also called " + ", ".join(f"`{word}`" for word in others) + ".", ""]
    if said.body:
        lines += [_escaped(said.body), ""]
    if said.arguments:
        lines += ["| argument | type | default | meaning |", "| --- | --- | --- | --- |"]
        for argument in formulas.arguments(formula):
            meaning = _cell(_escaped(said.arguments[argument.name]))
            lines.append(f"| {_names(argument)} | {_type(argument)} | {_default(argument)} | {meaning} |")
        lines.append("")
    return "\n".join([*lines, f"Sources: {_escaped(said.sources)}", ""])


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
    return "none" if argument.default is None else f"`{default_text(argument)}`"


def _cell(content: str) -> str:
    return content.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
