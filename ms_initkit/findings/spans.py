"""A place in a file."""

from __future__ import annotations

from dataclasses import field

from ms_initkit.basis.records import record


@record
class Span:
    """A stretch of one line.

    Args:
        path: The file, as it was named.
        line: From 1.
        column: First character, from 1.
        end_column: One past the last character.
        text_of_line: The whole line, for excerpts; empty if there is none to show.
        entry: In a recipe made in Python, the entry: ``rules[2].match``; ``line`` only counts then.
    """

    path: str
    line: int
    column: int
    end_column: int
    text_of_line: str = field(default="", repr=False)
    entry: str = ""

    def text(self) -> str:
        """Returns the stretch itself."""
        return self.text_of_line[self.column - 1 : self.end_column - 1]

    @property
    def in_file(self) -> str:
        """Where it stands in its file, which is known: ``line 7``, or the entry."""
        return self.entry or f"line {self.line}"

    def __str__(self) -> str:
        """Returns ``path:line:column``, or the entry."""
        return self.entry or f"{self.path}:{self.line}:{self.column}"
