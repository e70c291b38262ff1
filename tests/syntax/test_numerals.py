"""How numbers are written, and which spellings readers take differently."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.numerals import explain_ambiguity, read_number
from tests.syntax.parsed import codes


@pytest.mark.parametrize("text", ["1e-3", "0.001", "1.0e-3", "1E-3", ".001"])
def test_every_way_of_writing_a_thousandth_is_the_same_number(text: str) -> None:
    assert read_number(text) == 0.001


@pytest.mark.parametrize(
    "text", ["010", "-007", "1_000", "0x1f", "0o17", "1:30", "00.5", "1_0.5", "2026-11-27", "2026-1-5"]
)
def test_a_number_that_readers_take_differently_is_refused(text: str) -> None:
    assert read_number(text) is None
    assert explain_ambiguity(text) is not None
    assert codes(f"a: {text}") == ["ambiguous-number"]


@pytest.mark.parametrize("text", ["0", "0.5", "10", "1e010", "a_1", "_1", "10.0", "layer_1", "x:1", "-", "."])
def test_what_all_readers_take_alike_is_not_ambiguous(text: str) -> None:
    assert explain_ambiguity(text) is None


def test_an_ambiguous_number_in_quotes_is_text() -> None:
    assert codes("a: '010'") == []


@pytest.mark.parametrize("text", ["", "e5", "1e", "--1", "1 2", "inf", "nan", ".", "1e5x", "0x10", "9" * 500])
def test_other_text_is_no_number(text: str) -> None:
    assert read_number(text) is None
