"""Edits of drawn values: what is added, masked and set, slice by slice."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ms_initkit import draws, stream
from ms_initkit.draws.valid import fault
from tests.draws.edited import BOX, LOWER, NOISE, NOISY, SHAPE

KEY = stream.key(3, "w")


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


@pytest.mark.parametrize(
    "draw",
    [
        draws.Edited(draws.Normal(0.0, 1.0), (LOWER, draws.Step("add", 1.0))),
        draws.Edited(draws.Normal(0.0, 1.0), (BOX, draws.SetBox((((0, 400),), ((3, 4),)), 2.0))),
        draws.InRows(((2, 5), (390, 400)), draws.Edited(draws.Normal(0.0, 1.0), (LOWER,)), draws.Constant(3.0)),
    ],
)
def test_any_slice_of_masks_and_boxes_is_that_slice_of_the_whole(draw: draws.Draw) -> None:
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
