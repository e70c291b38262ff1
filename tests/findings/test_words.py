"""What a misspelt word was meant to be."""

from __future__ import annotations

import pytest

from ms_initkit.findings import did_you_mean, few_guesses, suggestion


@pytest.mark.parametrize(
    ("word", "expected"), [("he_nromal", "he_normal"), ("qqq", None), ("x" * 10_000, None)], ids=["near", "far", "long"]
)
def test_one_suggestion_is_made_for_a_likely_misspelling(word: str, expected: str | None) -> None:
    assert did_you_mean(word, ["he_normal", "zeros"]) == expected


def test_a_suggestion_is_a_question() -> None:
    assert suggestion("zeroes", ["zeros"]) == "did you mean 'zeros'?"


def test_guesses_are_bounded_where_a_whole_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ms_initkit.findings.words._MOST", 7)  # comparisons

    with few_guesses():
        inside = [suggestion("zeroes", ["zeros", "ones"]) is not None for _ in range(5)]

    assert inside == [True, True, True, False, False]
    assert suggestion("zeroes", ["zeros", "ones"]) is not None
