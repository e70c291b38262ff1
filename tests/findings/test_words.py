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


def test_guesses_are_bounded_where_a_whole_file_is_read() -> None:
    choices = [f"choice{number}" for number in range(20_000)]

    with few_guesses():
        inside = [did_you_mean("chioce7", choices) for _ in range(7)]

    assert [guess is not None for guess in inside] == [True] * 5 + [False] * 2
    assert did_you_mean("chioce7", choices) is not None
