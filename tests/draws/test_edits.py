"""Steps of ``then`` on single values and places: masks, stretches that are set, magnitudes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.draws.moments import moments
from ms_initkit.draws.valid import fault
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe

KEY = stream.key(3, "w")
SHAPE = (400, 500)
LOWER = draws.Masked(draws.Table("triangle", (("side", "lower"), ("diagonal", 0))))
BOX = draws.SetBox((((2, 4), (300, 301)), ((0, 500),)), -math.inf)


@pytest.mark.parametrize(
    "draw",
    [
        draws.Edited(draws.Normal(0.0, 1.0), (LOWER, draws.Step("add", 1.0))),
        draws.Edited(draws.Normal(0.0, 1.0), (BOX, draws.SetBox((((0, 400),), ((3, 4),)), 2.0))),
        draws.InRows(((2, 5), (390, 400)), draws.Edited(draws.Normal(0.0, 1.0), (LOWER,)), draws.Constant(3.0)),
    ],
)
def test_any_slice_is_that_slice_of_the_whole(draw: draws.Draw) -> None:
    whole = stream.sample(draw, SHAPE, KEY)

    for index in (np.s_[2:5, 3:9], np.s_[1], np.s_[395:, :1], np.s_[3:301, 299:]):
        assert np.array_equal(stream.sample(draw, SHAPE, KEY, index), whole[index])
    assert draws.from_json(draws.to_json(draw)) == draw
    assert fault(draw, SHAPE) is None


def test_what_the_steps_do() -> None:
    plain = stream.sample(draws.Normal(0.0, 1.0), SHAPE, KEY)

    masked = stream.sample(draws.Edited(draws.Normal(0.0, 1.0), (LOWER,)), SHAPE, KEY)
    assert np.array_equal(masked, np.tril(plain))
    assert not np.signbit(masked[0, 1:]).any()
    upper = draws.Masked(draws.Table("triangle", (("side", "upper"), ("diagonal", -2))))
    assert np.array_equal(stream.sample(draws.Edited(draws.Normal(0.0, 1.0), (upper,)), SHAPE, KEY), np.triu(plain, -2))
    boxed = stream.sample(draws.Edited(draws.Normal(0.0, 1.0), (BOX,)), SHAPE, KEY)
    assert np.flatnonzero(np.isneginf(boxed).all(axis=1)).tolist() == [2, 3, 300]
    assert np.isfinite(np.delete(boxed, [2, 3, 300], axis=0)).all()
    absolute = stream.sample(draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("abs"),)), SHAPE, KEY)
    assert np.array_equal(absolute, np.abs(plain))


def test_moments_of_a_magnitude_and_of_what_is_set() -> None:
    half = moments(draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("abs"),)), SHAPE)
    assert half.mean == pytest.approx(math.sqrt(2 / math.pi), rel=1e-5)
    assert half.low == 0.0
    zeroed = draws.Edited(draws.Normal(0.0, 1.0), (draws.SetBox((((0, 400),), ((0, 250),)), 0.0),))
    assert moments(zeroed, SHAPE).std == pytest.approx(math.sqrt(0.5))
    for edits in ((BOX,), (LOWER,), (draws.SetRows((1,)), draws.SetBox((((0, 400),), ((0, 250),)), 0.0))):
        assert moments(draws.Edited(draws.Normal(0.0, 1.0), edits), SHAPE).std is None


@pytest.mark.parametrize(
    "then",
    [
        "[{mask: lower}]",
        "[{mask: {upper: 1}}, {multiply: 2}]",
        "[{mask: FOLDER/mask.npy}]",
        "[{mask: {path: FOLDER/masks.npz, key: m}}]",
        "[{zero_columns: [0, -1]}]",
        "[{zero_rows: '10:'}]",
        "[{zero_rows: [0, '60:']}]",
        "[{set: {at: [3], to: -inf}}]",
        "[{set: {at: [-1, '2:5'], to: 7}}]",
        "[{set: {at: [':', 0], to: 1}}, abs]",
        "[exp]",
    ],
)
@pytest.mark.parametrize("init", ["{normal: 0.02}", "ones", "orthogonal"])
def test_verify_holds_with_a_seed_and_without(init: str, then: str, tmp_path: Path) -> None:
    mask = (np.arange(4096).reshape(64, 64) % 3 > 0).astype(np.float32)
    np.save(tmp_path / "mask.npy", mask)
    np.savez(tmp_path / "masks.npz", m=mask)
    net = nn.SequentialCell(nn.Dense(64, 64, has_bias=False))
    rules = f"[{{match: '**', init: {init}, then: {then.replace('FOLDER', str(tmp_path))}}}]"

    report = mik.apply(net, mik.load_recipe(f"{{family: x, rules: {rules}}}"), seed=1)

    assert mik.verify(net, report.plan, seed=1) == ()
    assert mik.verify(net, report.plan) == ()
    assert mik.Plan.from_json(report.plan.to_json()) == report.plan
    values = net[0].weight.asnumpy()
    if "npy" in then or "npz" in then:
        assert ((values == 0) == (mask == 0)).all()
    if "inf" in then:
        assert np.isneginf(values[3]).all()
    if "columns" in then:
        assert (values[:, [0, -1]] == 0).all()
    if "'10:'" in then:
        assert (values[10:] == 0).all()
        assert (values[:10] != 0).any()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{zero_columns: [4]}", "there is no row 4 among 4"),
        ("{set: {at: [1, 2, 3], to: 0}}", "[1, 2, 3] is not a place in a tensor of shape (4, 4)"),
        ("{set: {at: [':', 4], to: 0}}", "there is no row 4 among 4"),
        ("{mask: {path: nothing.npz}}", "no such file"),
    ],
)
def test_what_is_not_there_is_a_finding(step: str, said: str) -> None:
    from ms_initkit.stages.plan import plan_infos

    with pytest.raises(PlanError) as caught:
        plan_infos([info("a")], recipe(f"{{match: a, init: {{normal: 1}}, then: [{step}]}}"))
    assert said in str(caught.value)


def test_vectors_have_no_columns_and_no_triangles() -> None:
    for step in ("zero_columns: 0", "mask: lower"):
        with pytest.raises(PlanError, match=r"shape \(4,\) has no (columns|triangle)"):
            bind(recipe(f"{{match: a, init: 1, then: [{{{step}}}]}}"), [info("a", (4,))], strict=True)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("mask", "unknown-word"),
        ("apply", "unknown-word"),
        ("{mask: {lower: 1, upper: 1}}", "conflicting-keys"),
        ("{mask: {path: a.npz, missing: next}}", "conflicting-keys"),
        ("{mask: {lower: a}}", "wrong-type"),
        ("{exp: 2}", "unknown-word"),
        ("{normalize: {axis: 0, except: 1}}", "conflicting-keys"),
        ("{normalize: {axis: 0, norm: spectral}}", "conflicting-keys"),
        ("{norm: {axes: 0}}", "unknown-key"),
        ("{multiply: -inf}", "wrong-type"),
    ],
)
def test_steps_that_are_written_wrongly_are_refused(step: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f"{{match: a, init: 1, then: [{step}]}}")
    assert [finding.code for finding in caught.value.findings] == [code]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (draws.SetBox((((0, 1),),), 0.0), "is not in (4, 4)"),
        (draws.SetBox((((0, 5),), ((0, 1),)), 0.0), "are not stretches of axis 0"),
        (draws.SetElement((0, 0), math.nan), "is not set to nan"),
        (draws.Masked(draws.Normal(0.0, 1.0)), "a mask is not drawn"),
    ],
)
def test_what_no_binding_makes_is_refused(edit: draws.Edit, message: str) -> None:
    assert message in str(fault(draws.Edited(draws.Constant(0.0), (edit,)), (4, 4)))
