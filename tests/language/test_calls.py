"""Initializers as a recipe asks for them."""

from __future__ import annotations

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.calls import InitSpec
from tests.recipes import recipe


@pytest.mark.parametrize(
    ("written", "taken_for"),
    [("{he_normal: 0.1}", "a gain"), ("{kaiming_uniform: [0.1, fan_out]}", "a gain"), ("{arange: 5}", "the number of")],
)
def test_a_number_that_is_easily_taken_for_something_else_is_named(written: str, taken_for: str) -> None:
    with pytest.raises(RecipeError, match=f"is easily taken for {taken_for}") as caught:
        recipe(f'{{match: "**", init: {written}}}')

    assert caught.value.findings[0].code == "bad-argument"
    assert "write {" in str(caught.value)


def test_a_list_of_numbers_is_one_for_each_row() -> None:
    loaded = recipe('{match: "**", init: {constant: [1, 2 * 3]}}').rules[0].action

    assert isinstance(loaded, InitSpec)
    assert loaded.arguments[0][0] == "value"
    assert isinstance(loaded.arguments[0][1], tuple)
