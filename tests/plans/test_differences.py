"""What differs between two plans: whatever makes another value, however it is printed."""

from __future__ import annotations

from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik


class One(nn.Cell):
    """One parameter ``w``."""

    def __init__(self, dtype: str) -> None:
        super().__init__()
        self.w = Parameter(Tensor(np.ones((4, 4))).astype(getattr(mindspore, dtype)), name="w")


def plan(dtype: str, rule: dict[str, Any]) -> mik.Plan:
    return mik.plan(One(dtype), [{"match": {"name": "w", "trainable": "any"}, **rule}])


@pytest.mark.parametrize(
    ("dtype", "one", "other"),
    [
        ("float64", {"init": 0.1}, {"init": 0.1000000001}),
        ("float64", {"init": 2**53}, {"init": 2**53 + 2}),
        ("int64", {"init": 2**53}, {"init": 2**53 + 1}),
        ("float32", {"init": {"normal": 0.02}}, {"init": {"normal": 0.02000001}}),
        ("float32", {"init": "normal", "then": [{"zero_rows": [0]}]}, {"init": "normal", "then": [{"zero_rows": [1]}]}),
        (
            "float32",
            {"init": "normal", "then": [{"zero_columns": [0]}]},
            {"init": "normal", "then": [{"zero_columns": [-1]}]},
        ),
        (
            "float64",
            {"init": "normal", "then": [{"multiply": 0.1}]},
            {"init": "normal", "then": [{"multiply": 0.1000000000001}]},
        ),
        ("float32", {"init": 1, "rows": [0]}, {"init": 1, "rows": [1]}),
    ],
)
def test_plans_of_other_values_differ(dtype: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = plan(dtype, one), plan(dtype, other)

    first, second, third = before.diff(after).splitlines()
    assert first == "~ w"
    assert second.removeprefix("    - ") != third.removeprefix("    + ")
    assert before.diff(before) == ""


@pytest.mark.parametrize(
    ("dtype", "one", "other"),
    [
        ("float32", {"init": 0.1}, {"init": 0.1000000000001}),
        ("float32", {"init": {"normal": 0.02}}, {"init": {"normal": 0.02 + 1e-18}}),
        ("float64", {"init": {"normal": 0.02}}, {"init": {"normal": float(np.nextafter(0.02, 1))}}),
        (
            "float32",
            {"init": {"normal": "sqrt(2) / 100"}, "then": [{"zero_rows": [0]}]},
            {"init": {"normal": "2 / sqrt(2) / 100"}, "then": [{"zero_rows": [0]}]},
        ),
    ],
)
def test_digits_that_make_no_other_value_are_no_difference(
    dtype: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    before, after = plan(dtype, one), plan(dtype, other)

    np.testing.assert_array_equal(mik.draw(before, "w", seed=1), mik.draw(after, "w", seed=1))
    assert before.diff(after) == ""
