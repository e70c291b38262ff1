"""A place in a file, or in a recipe made in Python."""

from __future__ import annotations

from ms_initkit.findings import Span


def test_a_place_is_told_as_editors_take_it() -> None:
    span = Span("r.yaml", 7, 5, 8, "a:  bcd e")

    assert span.text() == "bcd"
    assert str(span) == "r.yaml:7:5"
    assert span.in_file == "line 7"


def test_in_python_it_is_the_entry() -> None:
    span = Span("train.py", 3, 1, 2, entry="rules[2].match")

    assert span.in_file == "rules[2].match"
    assert "rules[2].match" in str(span)
    assert span.text() == ""


def test_spans_are_equal_by_all_that_they_say() -> None:
    assert Span("a", 1, 1, 2) == Span("a", 1, 1, 2)
    assert len({Span("a", 1, 1, 2), Span("a", 1, 1, 3), Span("b", 1, 1, 2)}) == 3
