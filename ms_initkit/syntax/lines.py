"""The lines of a text, and the stretches of them that YAML's marks and patterns mean."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from ms_initkit.findings import Span
from ms_initkit.syntax.faults import LINE_BREAK


class Mark(Protocol):
    """Where something begins or ends, both counted from 0."""

    line: int
    column: int


class Lines(NamedTuple):
    """A file's lines as they are written."""

    path: str
    texts: list[str]

    @classmethod
    def of(cls, text: str, path: str) -> Lines:
        """Returns the lines of ``text``."""
        return cls(path, LINE_BREAK.split(text))

    @property
    def first(self) -> Span:
        """The first character, for what is wrong with the whole."""
        return Span(self.path, 1, 1, 2, self.texts[0])

    def between(self, first: Mark, last: Mark) -> Span:
        """Returns the stretch from one mark to another, as much of it as is on the first line."""
        text = self.texts[first.line] if first.line < len(self.texts) else ""
        if first.line == last.line:
            stop = max(last.column, first.column + 1)
        else:
            stop = max(len(text.rstrip()), first.column + 1)
        return Span(self.path, first.line + 1, first.column + 1, stop + 1, text)

    def word(self, mark: Mark, word: str) -> Span:
        """Returns the span of ``word``, which stands on the line of ``mark`` at or after it."""
        text = self.texts[mark.line]
        column = max(text.find(word, mark.column), mark.column)
        return Span(self.path, mark.line + 1, column + 1, column + len(word) + 1, text)

    def found(self, match: re.Match[str]) -> Span:
        """Returns the span of the first character of what was found in the text."""
        before = LINE_BREAK.split(match.string[: match.start()])
        line, column = len(before), len(before[-1]) + 1
        return Span(self.path, line, column, column + 1, self.texts[line - 1])
