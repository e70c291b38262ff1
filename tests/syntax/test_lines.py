"""Stretches of lines, by YAML's marks and by patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from ms_initkit.findings import Span
from ms_initkit.syntax.lines import Lines


@dataclass
class Place:
    """A mark of YAML's."""

    line: int
    column: int


LINES = Lines.of("a: one two\n  b: 2  \nc", "r.yaml")


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (Place(0, 3), Place(0, 6), "one"),
        (Place(0, 3), Place(1, 2), "one two"),
        (Place(1, 2), Place(2, 1), "b: 2"),
        (Place(2, 0), Place(2, 0), "c"),
    ],
)
def test_a_stretch_ends_with_its_first_line(first: Place, last: Place, text: str) -> None:
    span = LINES.between(first, last)

    assert (span.path, span.line, span.column) == ("r.yaml", first.line + 1, first.column + 1)
    assert span.text() == text


def test_a_mark_behind_the_last_line_has_no_text() -> None:
    assert LINES.between(Place(3, 0), Place(3, 0)) == Span("r.yaml", 4, 1, 2, "")


def test_a_word_stands_on_its_line() -> None:
    assert LINES.word(Place(0, 1), "two").text() == "two"
    assert LINES.word(Place(0, 8), "one").column == 9
    assert LINES.first.text() == "a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_is_found_in_a_text_stands_on_one_of_its_lines(end: str) -> None:
    text = end.join(("a: 1", "b: x", ""))
    match = re.search("x", text)
    assert match is not None

    span = Lines.of(text, "r.yaml").found(match)

    assert (span.line, span.column, span.text()) == (2, 4, "x")
