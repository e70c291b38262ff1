"""What a rule gives a parameter, every number resolved."""

from __future__ import annotations

import pytest

from ms_initkit import draws
from ms_initkit.findings import PlanError
from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe


def codes(error: PlanError) -> list[str]:
    return [finding.code for finding in error.findings]


def test_a_bias_takes_its_fans_from_its_weight() -> None:
    plan = bind(
        recipe('{match: "**", init: layer_default}'), [info("fc.bias", (4,), weight_shape=(4, 25))], strict=True
    )

    assert plan["fc.bias"].draw == draws.Uniform(-0.2, 0.2)


def test_a_bias_without_a_weight_has_no_fans() -> None:
    with pytest.raises(PlanError, match="has no fans") as caught:
        bind(recipe('{match: "**", init: xavier_normal}'), [info("fc.bias", (4,))], strict=True)

    assert codes(caught.value) == ["undefined-fan"]


@pytest.mark.parametrize(
    ("fans", "fan_in", "fan_out"),
    [
        ("shape", 2 * 9, 16 * 9),
        ("connections", 2 * 9, 16 * 9 / 4),
        ("{in: 7}", 7, 16 * 9),
        ("{in_axes: [0], out_axes: [1]}", 16 * 9, 2 * 9),
        ("{in_axes: [1], out_axes: [2], batch_axes: [0]}", 2 * 3, 3 * 3),
    ],
)
def test_fans_come_from_where_the_rule_says(fans: str, fan_in: float, fan_out: float) -> None:
    conv = info("c.weight", (16, 2, 3, 3), "Conv2d", groups=4)

    plan = bind(recipe(f'{{match: "**", init: he_normal, fans: {fans}}}'), [conv], strict=True)

    found = plan["c.weight"].fans
    assert found is not None
    assert (found.fan_in, found.fan_out) == (fan_in, fan_out)


def test_a_transposed_convolution_has_its_fans_exchanged_and_its_true_ones_on_demand() -> None:
    conv = info("c.weight", (16, 4, 2, 2), "Conv2dTranspose", groups=2, is_transposed=True)

    by_shape = bind(recipe('{match: "**", init: he_normal}'), [conv], strict=True)["c.weight"].fans
    true = bind(recipe('{match: "**", init: he_normal, fans: connections}'), [conv], strict=True)["c.weight"].fans

    assert by_shape is not None
    assert true is not None
    assert (by_shape.fan_in, by_shape.fan_out) == (16, 64)
    assert (true.fan_in, true.fan_out) == (64 / 2, 16)


def test_edits_are_part_of_the_draw() -> None:
    rules = '{match: "**", init: 1, then: [{add: 1}, {set: {at: [0, 0], to: 42}}, {zero_rows: [-1]}]}'

    plan = bind(recipe(rules), [info("w", (3, 2))], strict=True)

    edits = (draws.Step("add", 1.0), draws.SetElement((0, 0), 42.0), draws.SetRows((2,)))
    assert plan["w"].draw == draws.Edited(draws.Constant(1), edits)


def test_an_edit_outside_the_tensor_is_an_error() -> None:
    with pytest.raises(PlanError, match=r"\[3, 0\] is not a place in a tensor of shape \(3, 2\)"):
        bind(recipe('{match: "**", init: 1, then: [{set: {at: [3, 0], to: 1}}]}'), [info("w", (3, 2))], strict=True)


def test_a_distribution_into_integers_is_refused() -> None:
    with pytest.raises(PlanError, match="int32 takes whole constants only"):
        bind(recipe('{match: "**", init: {normal: 1}}'), [info("w", dtype="int32")], strict=True)


def test_a_whole_constant_fits_integers() -> None:
    assert bind(recipe('{match: "**", init: 3}'), [info("w", dtype="int32")], strict=True)["w"].draw == draws.Constant(
        3
    )
