"""Draws that are added to others: ``then: [{add: {normal: 0.01}}]``."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.draws.moments import moments
from ms_initkit.draws.reach import Reach
from ms_initkit.draws.valid import fault
from ms_initkit.plans.check import refusal

KEY = stream.key(3, "w")
NOISE = draws.AddDraw(draws.Normal(0.0, 0.5), "then[0]")
NOISY = draws.Edited(draws.Uniform(-1.0, 1.0), (NOISE,))


def recipe(rule: str) -> mik.Recipe:
    return mik.load_recipe(f"{{family: x, rules: [{{match: '**', {rule}}}]}}")


def dense(shape: tuple[int, int] = (64, 64)) -> nn.Cell:
    return nn.SequentialCell(nn.Dense(shape[1], shape[0], has_bias=False))


def test_what_is_added_is_drawn_under_a_key_of_its_own() -> None:
    values = stream.sample(NOISY, (6, 10), KEY)

    plain = stream.sample(draws.Uniform(-1.0, 1.0), (6, 10), KEY)
    noise = stream.sample(draws.Normal(0.0, 0.5), (6, 10), stream.key(KEY, "then[0]"))
    assert np.array_equal(values, plain + noise)


@pytest.mark.parametrize(
    "draw",
    [
        NOISY,
        draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("multiply", 0.5), NOISE, draws.SetRows((1,)))),
        draws.Edited(draws.Constant(1.0), (NOISE,)),
        draws.Blocks(0, (2, 4), (NOISY, draws.Constant(0.0))),
        draws.Edited(draws.Constant(0.0), (draws.AddDraw(NOISY, "then[1]"),)),
        draws.Edited(
            draws.Normal(0.0, 1.0),
            (draws.AddDraw(draws.Whole("orthogonal", (("gain", 1.0), ("column_axis", "first"))), "a"),),
        ),
    ],
)
def test_any_slice_is_that_slice_of_the_whole(draw: draws.Draw) -> None:
    whole = stream.sample(draw, (6, 10), KEY)

    for index in (np.s_[2:5, 3:9], np.s_[1], np.s_[5:, :1]):
        assert np.array_equal(stream.sample(draw, (6, 10), KEY, index), whole[index])


def test_two_draws_that_are_added_are_independent() -> None:
    draw = draws.Edited(draws.Normal(0.0, 1.0), (NOISE, draws.AddDraw(draws.Normal(0.0, 0.5), "then[1]")))

    n = 1 << 20
    values = stream.sample(draw, (n,), KEY)

    # Five standard errors of a variance of 1 + 0.25 + 0.25; the same noise twice would have 1 + 1.
    assert abs(values.var(dtype=np.float64) - 1.5) < 5 * 1.5 * math.sqrt(2 / n)


def test_moments_add_up() -> None:
    found = moments(NOISY, (1 << 10, 1 << 10))
    values = stream.sample(NOISY, (1 << 10, 1 << 10), KEY).astype(np.float64)

    assert found.mean == 0.0
    assert found.std == pytest.approx(math.sqrt(1 / 3 + 1 / 4))
    assert found.kurtosis is not None
    measured = ((values - values.mean()) ** 4).mean() / values.var() ** 2
    # The standard error of a normal's kurtosis is sqrt(24 / n), and this law's tails are lighter.
    assert abs(found.kurtosis - measured) < 5 * math.sqrt(24 / values.size)


def test_moments_of_laws_that_differ_by_place_are_not_known() -> None:
    uneven = draws.Blocks(0, (1, 1), (draws.Normal(-1.0, 0.1), draws.Normal(1.0, 0.1)))

    assert moments(draws.Edited(uneven, (draws.AddDraw(uneven, "a"),)), (2, 4)).std is None
    assert moments(draws.Edited(uneven, (draws.SetRows((0,)), NOISE)), (2, 4)).std is None


def test_a_sum_out_of_range_is_found_before_it_is_drawn() -> None:
    reach = Reach(TYPES["float32"], lambda *_: None)
    draw = draws.Edited(draws.Constant(3e38), (draws.AddDraw(draws.Constant(2e38), "then[0]"),))

    assert reach.of(draw, (2,)) is None
    assert reach.faults == ["values as large as 5e+38 arise in add, computed in float32, which ends at 3.40282e+38"]
    assert reach.of(NOISY, (2,)) == pytest.approx((-1 - 6.34 / 2, 1 + 6.34 / 2))


def test_a_plan_goes_to_json_and_back() -> None:
    assert draws.from_json(draws.to_json(NOISY)) == NOISY


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ((NOISE, NOISE), "no two draws are added of the same random numbers"),
        ((draws.AddDraw(draws.Keep(), "a"),), "a part of a parameter cannot be kept"),
        ((draws.AddDraw(draws.Normal(0.0, -1.0), "a"),), "no distribution has the mean"),
        ((draws.AddDraw(draws.Constant(0.0), "\ud800"),), "the names of random numbers are text"),
    ],
)
def test_what_no_binding_makes_is_refused(edits: tuple[draws.Edit, ...], message: str) -> None:
    assert message in str(fault(draws.Edited(draws.Constant(0.0), edits), (2, 2)))


@pytest.mark.parametrize(
    "rule",
    [
        "init: {normal: 0.02}, then: [{multiply: 0.5}, {add: {normal: 0.01}}, {zero_rows: [0]}]",
        "init: {uniform: 0.1}, then: [{add: {uniform: 0.01}}]",
        "init: {identity: {}}, then: [{add: {normal: 0.01}}]",
        "init: orthogonal, then: [{add: {normal: 0.01}}, {multiply: 2}]",
        "init: ones, then: [{zero_rows: [1]}, {add: {normal: 0.01}}]",
        "init: ones, then: [{add: {constant: 2}}]",
        "init: {normal: 1}, blocks: {axis: 0, parts: 2}, then: [{add: {orthogonal: {gain: 2}}}]",
    ],
)
def test_verify_holds_with_a_seed_and_without(rule: str) -> None:
    net = dense()
    report = mik.apply(net, recipe(rule), seed=1)

    assert mik.verify(net, report, seed=1) == ()
    assert mik.verify(net, report) == ()


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_verify_without_a_seed_finds_another_spread_of_a_sum_of_normals(factor: float) -> None:
    net = dense((128, 128))
    due = mik.plan(net, recipe("init: {normal: 1}, then: [{add: {normal: 1}}]"))

    mik.apply(net, recipe(f"init: {{normal: 1}}, then: [{{add: {{normal: {factor}}}}}]"), seed=1)

    # 16,384 values of variance 1.25 or 5 where 2 are due: more than 25 standard errors.
    assert {finding.code for finding in mik.verify(net, due)} & {"wrong-law", "wrong-std"}


def test_noise_on_loaded_values(tmp_path: Path) -> None:
    old = np.arange(4096, dtype=np.float32).reshape(64, 64)
    np.save(tmp_path / "old.npy", old)
    net = dense()

    rule = f"from: '{tmp_path}/old.npy', then: [{{multiply: 0.5}}, {{add: {{normal: 0.1}}}}]"
    report = mik.apply(net, recipe(rule), seed=1)

    noise = net[0].weight.asnumpy() - 0.5 * old
    assert 0.09 < noise.std() < 0.11  # nine standard errors of 4,096
    assert report.plan["0.weight"].is_loaded
    assert mik.verify(net, report, seed=1) == ()
    assert mik.verify(net, report) == ()


def test_copies_with_noise_have_noise_of_their_own() -> None:
    net = nn.CellList([nn.Dense(64, 64, has_bias=False) for _ in range(3)])
    rules = "[{match: '0.weight', init: zeros}, {match: '{i}.weight', like: '0.weight', then: [{add: {normal: 1}}]}]"

    report = mik.apply(net, mik.load_recipe(f"{{family: x, rules: {rules}}}"), seed=1)

    first, second = net[1].weight.asnumpy(), net[2].weight.asnumpy()
    assert abs((first * second).mean()) < 5 / 64  # five standard errors of 4,096 products
    assert report.plan["1.weight"].initializer == "like 0.weight: zeros, then add normal(sigma=1)"
    assert mik.verify(net, report, seed=1) == ()


def test_fans_of_what_is_added_are_the_parameters() -> None:
    net = dense((32, 64))
    plan = mik.plan(net, recipe("init: zeros, then: [{add: {normal: '1 / fan_in'}}]"))

    added = draws.AddDraw(draws.Normal(0.0, 1 / 64), "then[0]")
    assert plan["0.weight"].draw == draws.Edited(draws.Constant(0.0), (added,))
    assert plan["0.weight"].initializer == "zeros, then add normal(sigma=1 / fan_in)"
    assert mik.Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("{add: {nromal: 1}}", "unknown-initializer"),
        ("{add: {normal: -1}}", "bad-argument"),
        ("{add: {}}", "wrong-type"),
    ],
)
def test_what_cannot_be_added_is_refused(step: str, code: str) -> None:
    with pytest.raises(mik.RecipeError) as caught:
        recipe(f"init: zeros, then: [{step}]")

    assert [finding.code for finding in caught.value.findings] == [code]


def test_nothing_is_added_to_whole_numbers() -> None:
    refused = refusal(draws.Edited(draws.Constant(1), (draws.AddDraw(draws.Constant(1), "then[0]"),)), "int32")

    assert refused is not None
    assert refused.startswith("a parameter of int32 takes whole constants only")
