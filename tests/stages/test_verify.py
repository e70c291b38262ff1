from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from mindspore import Tensor, nn
from numpy.typing import NDArray

import ms_initkit as mik
from tests.networks import Mixed, Mlp, Tied
from tests.recipes import recipe

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

    first, second = mik.verify(net, plan, seed=8)

    assert [first.code, second.code] == ["different-values"] * 2
    assert first.help == "nothing that is drawn has the values of seed 8: was another one applied? The report has it"
    assert second.help is None


def test_another_seed_is_not_blamed_for_one_parameter() -> None:
    net, plan = initialised()
    net.hidden.weight.set_data(net.hidden.weight * 2)

    assert [finding.help for finding in mik.verify(net, plan, seed=7)] == [None]


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


def test_a_wrong_constant_is_found_without_a_seed_and_no_seed_is_spoken_of() -> None:
    net, plan = initialised()
    net.hidden.bias.asnumpy()[7] = 1e-8

    (finding,) = mik.verify(net, plan)

    assert finding.code == "different-values"
    assert "1 values are not those that the plan fixes, the first at [7]: 1e-08 in place of 0.0" in finding.message
    assert "seed" not in finding.message


def spoiled(rules: str, net: nn.Cell, spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> list[str]:
    """Returns what is found without a seed once ``spoil`` has changed the first parameter, of which nothing was."""
    plan = mik.apply(net, recipe(rules), seed=7).plan
    assert mik.verify(net, plan) == ()
    parameter = net.get_parameters().__next__()
    parameter.set_data(Tensor(np.ascontiguousarray(spoil(parameter.asnumpy().copy()), np.float32)))
    return codes(mik.verify(net, plan))


RNG = np.random.default_rng(1)
NORMAL = '{match: "**", init: {normal: 0.02}}'
UNIFORM = '{match: "**", init: {uniform: 0.02}}'
TRUNCATED = '{match: "**", init: {trunc_normal_tf: 0.02}}'
SPARSE = '{match: "**", init: {sparse: {sparsity: 0.1, sigma: 0.02}}}'
PADDED = '{match: "**", init: {normal: 0.02}, then: [zero_rows: [0]]}'
SET = '{match: "**", init: {normal: 0.02}, then: [set: {at: [3, 4], to: 0.1}]}'


def swapped(values: NDArray[np.float32]) -> NDArray[np.float32]:
    values[3], values[5] = values[5].copy(), values[3].copy()
    return values


def with_(index: object, value: float) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    def spoil(values: NDArray[np.float32]) -> NDArray[np.float32]:
        values[index] = value
        return values

    return spoil


@pytest.mark.parametrize(
    ("rules", "shape", "spoil", "code"),
    [
        (NORMAL, (64, 64), lambda w: np.where(w > 0, 0.02, -0.02), "repeated-values"),
        (NORMAL, (2, 2), lambda w: np.full_like(w, 0.02), "repeated-values"),
        (NORMAL, (5, 1), lambda w: np.where(w > 0, 0.02, -0.02), "repeated-values"),
        (NORMAL, (512, 64), lambda w: np.round(w * 2e4) / 2e4, "repeated-values"),
        (NORMAL, (512, 64), with_(7, 0.0), "repeated-values"),
        (NORMAL, (64, 512), with_(7, 0.013), "repeated-values"),
        (NORMAL, (64, 512), with_((slice(None), 7), 0.0), "repeated-values"),
        (NORMAL, (64, 64), with_((1, 2), 0.5), "out-of-bounds"),
        (NORMAL, (64, 64), lambda w: RNG.uniform(-1, 1, w.shape) * 0.02 * 3**0.5, "wrong-law"),
        (NORMAL, (512, 128), lambda w: RNG.triangular(-1, 0, 1, w.shape) * 0.02 * 6**0.5, "wrong-law"),
        (UNIFORM, (256, 64), lambda w: RNG.normal(0, 0.02 / 3**0.5, w.shape), "out-of-bounds"),
        (TRUNCATED, (256, 256), lambda w: RNG.normal(0, 0.02, w.shape), "out-of-bounds"),
        ('{match: "**", init: orthogonal}', (64, 64), lambda w: RNG.normal(0, 1 / 8, w.shape), "lost-orthogonality"),
        ('{match: "**", init: orthogonal}', (64, 256), with_(9, 0.0), "lost-orthogonality"),
        ('{match: "**", init: orthogonal}', (256, 64), lambda w: w * 1.001, "lost-orthogonality"),
        ('{match: "**", init: orthogonal}', (64, 64), lambda w: np.eye(64), "wrong-law"),
        (SPARSE, (64, 64), with_(3, 0.01), "different-values"),
        (SPARSE, (64, 64), lambda w: w * 1.2, "wrong-std"),
        (PADDED, (64, 64), lambda w: RNG.normal(0, 0.02, w.shape), "different-values"),
        (SET, (64, 64), with_((3, 4), 0.01), "different-values"),
        (SET, (64, 64), with_((3, 5), 0.2), "out-of-bounds"),
        ('{match: "**", init: {sinusoid: {}}}', (64, 64), swapped, "different-values"),
    ],
)
def test_what_the_moments_hide_is_found(
    rules: str, shape: tuple[int, int], spoil: Callable[[NDArray[np.float32]], NDArray[np.float32]], code: str
) -> None:
    net = nn.CellList([nn.Dense(shape[1], shape[0], has_bias=False)])

    assert code in spoiled(rules, net, spoil)


def test_the_printed_deviation_is_that_of_the_values_and_not_about_the_planned_mean() -> None:
    net, plan = initialised()
    net.hidden.weight.set_data(Tensor((net.hidden.weight.asnumpy() * 0.5 + 0.9).astype(np.float32)))

    (wrong,) = [finding.message for finding in mik.verify(net, plan) if finding.code == "wrong-std"]

    said = float(re.findall(r"std ([\d.]+) instead of 0.02", wrong)[0])
    assert said == pytest.approx(float(net.hidden.weight.asnumpy().astype(np.float64).std()), rel=1e-5)


def test_what_lies_beyond_the_first_million_elements_is_looked_at() -> None:
    net = nn.Dense(2048, 1024, has_bias=False)
    plan = mik.apply(net, recipe(NORMAL), seed=7).plan
    net.weight.asnumpy()[1000:] *= 2

    assert "wrong-std" in codes(mik.verify(net, plan))


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
