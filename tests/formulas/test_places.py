"""Arguments by place that were meant as torch and NumPy have them."""

from __future__ import annotations

import pytest

from ms_initkit import formulas
from ms_initkit.formulas import elementary
from ms_initkit.formulas.base import Formula
from ms_initkit.formulas.places import meant


@pytest.mark.parametrize(
    ("formula", "values", "first", "expected"),
    [
        (elementary.Normal, ["0", "0.02"], 0, {"mean": "0", "sigma": "0.02"}),
        (elementary.Normal, ["0.02", "0"], 0.02, None),
        (elementary.Normal, ["0"], 0, None),
        (elementary.Normal, ["m", "0.02"], "m", None),
        (elementary.TruncNormal, ["0", "1", "-2", "2"], 0, {"mean": "0", "sigma": "1", "a": "-2", "b": "2"}),
        (elementary.Uniform, ["-1", "1"], -1, {"low": "-1", "high": "1"}),
        (elementary.Constant, ["0", "1"], 0, None),
    ],
)
def test_what_stands_in_another_librarys_order_is_put_in_this_ones(
    formula: type[Formula], values: list[str], first: object, expected: dict[str, str] | None
) -> None:
    found = meant(formulas.arguments(formula), values, first)

    assert (None if found is None else found[1]) == expected


def test_the_reason_names_the_argument_that_comes_first() -> None:
    found = meant(formulas.arguments(elementary.Normal), ["0", "1"], 0)

    assert found is not None
    assert found[0] == "sigma comes first here, and without spread every element would be the mean"
