"""The nodes of a file: mappings, lists and scalars, each of which knows where it stands."""

from __future__ import annotations

from typing import TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, Span


@record
class Scalar:
    """A text, a number, a flag or nothing: its meaning depends on what is due at its place.

    Args:
        text: The text, escapes and folding undone.
        is_quoted: Whether it has quotes, or is a block of text, and so is text to every reader of YAML.
        span: Where it stands, with its quotes.
    """

    text: str
    is_quoted: bool
    span: Span

    @property
    def is_null(self) -> bool:
        """Whether it is nothing: left out, ``null`` or ``~``."""
        return not self.is_quoted and self.text in ("", "~", "null")

    def part(self, start: int, length: int = 1) -> Span:
        """Returns the span of ``text[start : start + length]``; of all of it if quotes hide it, and in Python."""
        if self.span.entry:
            return self.span
        inside = self.span.text()
        first = 1 if self.is_quoted else 0
        if inside[first : first + len(self.text)] != self.text:
            return self.span
        column = self.span.column + first + start
        return Span(self.span.path, self.span.line, column, column + max(1, length), self.span.text_of_line)


@record
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


@record
class Mapping:
    """Keys with their nodes, in the order in which they stand; no key stands twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """Returns the node of ``key``, or None where it is left out."""
        return next((node for name, node in self.entries if name.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


@record
class Document:
    """A file that could be read.

    Args:
        path: The file, as it was named.
        text: Its text, without a byte order mark.
        root: Its nodes; None where even they are not to be had.
        findings: What is wrong already; what follows adds to them, so that everything is told at once.
    """

    path: str
    text: str
    root: Node | None
    findings: tuple[Finding, ...]
