from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from mindspore import Tensor, nn

import ms_initkit as mik
from tests.networks import Mixed, Mlp, Tied
from tests.recipes import recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RULES = "{match: {param: weight}, init: {normal: 0.02}}\n{match: {param: bias}, init: zeros}"


def initialised() -> tuple[nn.Cell, mik.Plan]:
    net = Mlp()
    return net, mik.apply(net, recipe(RULES), seed=7).plan


def codes(findings: tuple[mik.Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_an_apply_is_proven_to_the_bit() -> None:
    net, plan = initialised()

    assert mik.verify(net, plan, seed=7) == ()


def test_one_changed_bit_is_found_with_its_place() -> None:
    net, plan = initialised()
    view = net.hidden.weight.asnumpy()
    view[3, 5] = np.nextafter(view[3, 5], np.float32(1))

    (finding,) = mik.verify(net, plan, seed=7)

    assert finding.code == "different-values"
    assert "1 of 5,120 values are not those of seed 7, the first at [3, 5]" in finding.message


def test_another_seed_is_found() -> None:
    net, plan = initialised()

    assert codes(mik.verify(net, plan, seed=8)) == ["different-values"] * 2


def test_every_element_type_is_proven() -> None:
    net = Mixed()
    plan = mik.apply(net, recipe('{match: "**", init: {trunc_normal: {std: 0.02}}}'), seed=7).plan

    assert mik.verify(net, plan, seed=7) == ()
    assert mik.verify(net, plan) == ()


def test_without_a_seed_distributions_are_held_to_the_plan() -> None:
    net, plan = initialised()

    assert mik.verify(net, plan) == ()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda w: w * 1.1, "wrong-std"),
        (lambda w: w + 0.002, "wrong-mean"),
        (lambda w: np.where(np.arange(w.size).reshape(w.shape) == 0, np.nan, w), "not-finite"),
    ],
)
def test_a_wrong_distribution_is_found_without_a_seed(
    spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]], code: str
) -> None:
    net, plan = initialised()
    net.hidden.weight.set_data(Tensor(spoil(net.hidden.weight.asnumpy()).astype(np.float32)))

    assert code in codes(mik.verify(net, plan))


def test_a_wrong_constant_is_found_without_a_seed() -> None:
    net, plan = initialised()
    net.hidden.bias.asnumpy()[7] = 1e-8

    assert codes(mik.verify(net, plan)) == ["different-values"]


def test_a_value_out_of_bounds_is_found_without_a_seed() -> None:
    net = Mlp()
    plan = mik.apply(net, recipe('{match: "**", init: {uniform: 0.1}}'), seed=7).plan
    net.output.weight.asnumpy()[0, 0] = 0.11

    assert codes(mik.verify(net, plan)) == ["out-of-bounds"]


def test_two_parameters_of_one_content_are_found_without_a_seed() -> None:
    net = nn.SequentialCell(nn.Dense(32, 32, has_bias=False), nn.Dense(32, 32, has_bias=False))
    plan = mik.apply(net, recipe('{match: "**", init: {normal: 0.02}}'), seed=7).plan
    net[1].weight.set_data(net[0].weight)

    findings = mik.verify(net, plan)

    assert codes(findings) == ["repeated-content"]
    assert "its values are those of '0.weight'" in findings[0].message


def test_an_uninitialised_parameter_is_found() -> None:
    with mik.deferred():
        net = Tied()
    plan = mik.plan(net, recipe('{match: "**", init: {normal: 0.02}}'))

    assert codes(mik.verify(net, plan, seed=7)) == ["uninitialised-parameter"]
