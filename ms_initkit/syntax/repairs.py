"""What lacks quotes: found where YAML fails, so that reading goes on behind it."""

from __future__ import annotations

from typing import Final

from ms_initkit.findings import Finding, Span

MOST_REPAIRS: Final = 32

# Patterns, compiled when YAML has failed.
# Where a value may begin: after the indentation, a dash, a colon, a comma or an opening bracket.
_BEGIN: Final = r"(?:^\s*|[:\-]\s+|[,\[{]\s*)"

_PIECE: Final = r"(?:[^\s,\[\]{}:]|\{[^\s{}]*\})"

UNQUOTED: Final = (
    _BEGIN + rf"(?P<glob>\*{_PIECE}*)",
    _BEGIN + rf"(?P<glob>\{{[^\s{{}}:]*\}}{_PIECE}+)",
    _BEGIN + rf"(?P<glob>[\w.]{_PIECE}*\{{[^\s{{}}]*\}}{_PIECE}*)",
)

# An element of a shape ends a value that stands within braces, as YAML reads it.
INDEXED: Final = _BEGIN + r"(?P<glob>(?:[\w.+\-*/ ()]*\w\[[^\[\]{},]*\])+[^,{}\[\]]*)"


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
