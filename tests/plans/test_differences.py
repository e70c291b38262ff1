"""What differs between two plans: whatever makes another value, however it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit.plans.bind import bind
from ms_initkit.plans.differences import differences
from ms_initkit.plans.lines import Assignment
from tests.recipes import info, recipe


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


def test_plans_differ_by_numbers_of_what_is_not_known() -> None:
    rule = "{match: a, init: keep, then: [{multiply: f}]}"
    plans = [bind(recipe(rule, head=f"vars: {{f: {f}}}"), [info("a")], strict=True) for f in (0.4, 0.5, 0.4)]

    assert "multiply f" in plans[0]["a"].initializer
    assert "value=0.4" in plans[0].diff(plans[1])
    assert plans[0].diff(plans[2]) == ""


def test_a_copy_does_not_hide_what_differs_between_plans() -> None:
    made, other = (
        bind(
            recipe(f"{{match: t, like: o}}\n{{match: o, init: {{normal: {sigma}}}}}"),
            [info("o"), info("t")],
            strict=True,
        )
        for sigma in (1, 2)
    )

    assert made.diff(other).count("~ ") == 2
    assert "like o" in made.explain("t")


def lines(rules: str, *names: str) -> Sequence[Assignment]:
    return bind(recipe(rules), [info(name) for name in names], strict=True).assignments


def test_what_is_gone_new_and_changed_is_told_in_this_order() -> None:
    old = lines("{match: '**', init: {normal: 1}}", "a", "b", "c")
    new = lines("{match: b, init: {normal: 2}}\n{match: '**', init: {normal: 1}}", "b", "c", "d")

    found = differences(old, new)

    assert [str(one).partition("\n")[0] for one in found] == [
        "- a  4x4 float32 normal(sigma=1) mean 0 std 1 fans 4/4",
        "+ d  4x4 float32 normal(sigma=1) mean 0 std 1 fans 4/4",
        "~ b",
    ]
    assert [one.to_json()["change"] for one in found] == ["removed", "added", "changed"]
    assert [one.to_json()["before"] is None for one in found] == [False, True, False]


def test_the_name_of_a_rule_is_no_difference() -> None:
    old = lines("{id: one, match: '**', init: zeros}", "a")

    assert differences(old, lines("{id: other, match: 'a', init: zeros}", "a")) == ()
    assert differences(old, old) == ()
