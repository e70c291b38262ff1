"""Numbers for people."""

from __future__ import annotations

from ms_initkit.draws.text import number


def test_six_digits_and_a_question_mark() -> None:
    assert number(1 / 3) == "0.333333"
    assert number(2.0) == "2"
    assert number(None) == "?"
