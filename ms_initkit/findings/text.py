"""Text that is safe and aligned in a terminal."""

from __future__ import annotations

import unicodedata
from typing import Final

from ms_initkit.findings.spans import Span

_LONGEST_EXCERPT: Final = 120
_SHORTEST_EXCERPT: Final = 20


def printable(text: str) -> str:
    """Returns ``text`` with one visible character for each that would move the cursor of a terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


def printable_lines(text: str) -> str:
    """Returns ``text`` with its line ends, and otherwise as ``printable`` has it."""
    return "\n".join(map(printable, text.split("\n")))


def excerpt(span: Span, margin: str, width: int | None = None) -> list[str]:
    """Returns the source line with carets under the span, cut to a window where the line is long.

    Args:
        span: The place.
        margin: Spaces as wide as the line's number.
        width: Columns that there are; None for a window of 120.
    """
    if not span.text_of_line:
        return []
    longest = _LONGEST_EXCERPT
    if width is not None:
        longest = min(longest, max(_SHORTEST_EXCERPT, width - len(f"{span.line} | ")))
    start, end = span.column - 1, max(span.end_column - 1, span.column)
    first = 0 if end <= longest else max(0, start - longest // 2)
    window = printable(span.text_of_line[first : first + longest])
    width = max(1, min(end - first, len(window)) - (start - first))
    pad = "".join(_blank(char) for char in window[: start - first])
    pad = pad.ljust(start - first) if len(window) < start - first else pad
    carets = "".join("^" * len(_blank(char)) for char in window[start - first :][:width]) or "^"
    return [f"{margin} |", f"{span.line} | {window}".rstrip(), f"{margin} | {pad}{carets}"]


def _blank(char: str) -> str:
    """Returns spaces as wide as ``char``: East Asian characters take two columns, accents none."""
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
