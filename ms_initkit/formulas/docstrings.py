"""What a formula's docstring says: in one sentence, in several, of each argument, and on whose authority."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.formulas.base import Formula, name_of
from ms_initkit.formulas.kinds import Argument

_ARGUMENTS: Final = re.compile(r"^Args:\n(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_SOURCES: Final = re.compile(r"^Sources: (.*?)(?=^\w+:\n|\Z)", re.MULTILINE | re.DOTALL)
_ENTRY: Final = re.compile(r"^    (?=\w+: )", re.MULTILINE)


@record
class Docstring:
    """A docstring in its parts, each on one line; what it does not say is empty.

    Args:
        summary: Its first line.
        body: What stands between the first line and the arguments.
        arguments: What is said of each argument.
        sources: Papers and code.
    """

    summary: str
    body: str
    arguments: Mapping[str, str]
    sources: str


def docstring_of(formula: type[Formula]) -> Docstring:
    """Returns the docstring of a formula, shipped or a user's own, which need not have every part."""
    summary, _, rest = (inspect.getdoc(formula) or "").partition("\n")
    listed, sources = _ARGUMENTS.search(rest), _SOURCES.search(rest)
    ends = [match.start() for match in (listed, sources) if match is not None]
    entries = [] if listed is None else _ENTRY.split(listed[1])[1:]
    arguments = {name: _joined(meaning) for name, _, meaning in (entry.partition(": ") for entry in entries)}
    body = rest[: min(ends, default=len(rest))]
    return Docstring(summary, _joined(body), arguments, "" if sources is None else _joined(sources[1]))


def _joined(lines: str) -> str:
    return " ".join(lines.split())


def default_text(argument: Argument) -> str:
    """Returns what stands for an argument that is left out, as a recipe writes it; ``none`` where nothing does."""
    match argument.default:
        case None:
            return "none"
        case Formula():
            return name_of(type(argument.default))
        case bool():
            return str(argument.default).lower()
        case float():
            return f"{argument.default:g}"
        case _:
            return str(argument.default)
