"""What lacks quotes: found where YAML fails, so that reading goes on behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ms_initkit.findings import Finding, Span
from ms_initkit.syntax.lines import Lines, Mark

MOST_REPAIRS: Final = 32

# Patterns, compiled when YAML has failed.
# Where a value may begin: after the indentation, a dash, a colon, a comma or an opening bracket.
_BEGIN: Final = r"(?:^\s*|[:\-]\s+|[,\[{]\s*)"

_PIECE: Final = r"(?:[^\s,\[\]{}:]|\{[^\s{}]*\})"

_UNQUOTED: Final = (
    _BEGIN + rf"(?P<glob>\*{_PIECE}*)",
    _BEGIN + rf"(?P<glob>\{{[^\s{{}}:]*\}}{_PIECE}+)",
    _BEGIN + rf"(?P<glob>[\w.]{_PIECE}*\{{[^\s{{}}]*\}}{_PIECE}*)",
)

# An element of a shape ends a value that stands within braces, as YAML reads it.
_INDEXED: Final = _BEGIN + r"(?P<glob>(?:[\w.+\-*/ ()]*\w\[[^\[\]{},]*\])+[^,{}\[\]]*)"


def masked(texts: list[str], marks: Iterable[Mark | None], lines: Lines) -> Finding | None:
    """Masks what lacks quotes on the line of the first mark that has some; None if no line has."""
    for mark in marks:
        if mark is None or mark.line >= len(texts):
            continue
        for pattern in (*_UNQUOTED, _INDEXED):
            match = re.search(pattern, texts[mark.line])
            if match is None:
                continue
            start, end = match.span("glob")
            texts[mark.line] = texts[mark.line][:start] + "x" * (end - start) + texts[mark.line][end:]
            span = Span(lines.path, mark.line + 1, start + 1, end + 1, lines.texts[mark.line])
            return unquoted_expression(span) if pattern is _INDEXED else unquoted_glob(span.text(), span)
    return None


def unquoted_glob(text: str, span: Span) -> Finding:
    """Returns what is wrong with a glob that YAML takes for something else."""
    what = "an alias" if text.startswith("*") else "a mapping"
    note = f"YAML takes what begins so for {what}"
    return Finding.error("unquoted-glob", f"the glob {text} is not in quotes", note, span=span, help=f'write "{text}"')


def unquoted_expression(span: Span) -> Finding:
    """Returns what is wrong with arithmetic that a comma or bracket has cut."""
    written = span.text().rstrip()
    note = "within braces and brackets, YAML takes a comma or bracket for the end of a value"
    message = f"the expression {written} is not in quotes"
    return Finding.error("unquoted-expression", message, note, span=span, help=f'write "{written}"')
