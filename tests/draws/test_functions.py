"""What is made of all values of a draw: norms, means of magnitudes, tensors of a given norm."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws.functions import AbsMean, Functions, Norm, Normalize, SpectralNormalize
from ms_initkit.stream import given, sampler

KEY = stream.key(3, "w")
NORMAL = draws.Normal(0.0, 1.0)
ORTHOGONAL = draws.Whole("orthogonal", (("gain", 1.0), ("column_axis", "first")))
SHAPES = [(7,), (6, 10), (3, 5, 7), (1, 300), (300, 1), (40, 50, 3)]

DRAWS = [
    draws.Edited(draws.Made(NORMAL, (40, 50, 3), Normalize((0,), 1.0)), (draws.Step("add", 1.0),)),
    draws.Made(NORMAL, (40, 50, 3), Normalize((1, 2), 1.0)),
    draws.Made(draws.Made(NORMAL, (40, 50, 3), Normalize((0,), 1.0)), (40, 50, 3), Normalize((2,), 3.0)),
    draws.Made(draws.Uniform(-1.0, 1.0), (40, 50, 3, 9), Norm((3,))),
    draws.Made(draws.Uniform(-1.0, 1.0), (9, 40, 50, 3), AbsMean((0,))),
    draws.Made(draws.Made(ORTHOGONAL, (40, 150), Normalize((0,), 1.0)), (40, 150), SpectralNormalize(1.0)),
]


def made(shape: tuple[int, ...], function: Functions, draw: draws.Draw = NORMAL) -> NDArray[np.float32]:
    return stream.sample(draws.Made(draw, shape, function), function.result(shape, ()), KEY)


def subsets(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [axes for n in range(1, len(shape) + 1) for axes in combinations(range(len(shape)), n)]


@pytest.mark.parametrize("shape", SHAPES)
def test_norms_and_means_are_those_of_the_values(shape: tuple[int, ...]) -> None:
    values = stream.sample(NORMAL, shape, KEY).astype(np.float64)

    for axes in subsets(shape):
        assert made(shape, Norm(axes)) == pytest.approx(np.sqrt((values**2).sum(axes)), rel=1e-6)
        assert made(shape, AbsMean(axes)) == pytest.approx(np.abs(values).mean(axes), rel=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_normalized_has_the_norm_that_is_due_and_its_direction(shape: tuple[int, ...]) -> None:
    values = stream.sample(NORMAL, shape, KEY)

    for axes in subsets(shape):
        scaled = made(shape, Normalize(axes, 2.0))
        assert np.sqrt((scaled.astype(np.float64) ** 2).sum(axes)) == pytest.approx(2.0, rel=1e-6)
        factors = scaled.astype(np.float64) / values
        assert factors == pytest.approx(np.broadcast_to(factors.mean(axes, keepdims=True), shape), rel=1e-5)


def test_zeros_stay_zeros() -> None:
    edited = draws.Edited(NORMAL, (draws.SetRows((1,)),))

    scaled = made((3, 4), Normalize((1,), 1.0), edited)
    spectral = made((3, 4), SpectralNormalize(1.0), draws.Constant(0.0))

    assert (scaled[1] == 0).all()
    assert np.linalg.norm(scaled[2]) == pytest.approx(1.0)
    assert (spectral == 0).all()


def test_the_largest_singular_value_is_the_one_that_is_due() -> None:
    scaled = made((20, 3, 5), SpectralNormalize(0.9))

    assert np.linalg.norm(scaled.reshape(20, 15), 2) == pytest.approx(0.9, rel=1e-6)


@pytest.mark.parametrize("draw", DRAWS)
def test_any_slice_is_that_slice_of_the_whole(draw: draws.Draw) -> None:
    shape = (40, 150) if draw.is_drawn_whole else (40, 50, 3)
    whole = stream.sample(draw, shape, KEY)

    for index in (np.s_[2:5, 3:9], np.s_[1], np.s_[5:, :1], np.s_[:0]):
        assert np.array_equal(stream.sample(draw, shape, KEY, index), whole[index])


@pytest.mark.parametrize(("block", "piece"), [(7, 100), (64, 33), (1000, 1 << 17)])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("draw", DRAWS[:5])
def test_blocks_and_threads_change_no_bit(
    draw: draws.Draw, threads: int, block: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stream.sample(draw, (40, 50, 3), KEY)

    monkeypatch.setattr(given, "_BLOCK", block)
    monkeypatch.setattr(sampler, "_AT_ONCE", piece)
    monkeypatch.setenv("MS_INITKIT_THREADS", str(threads))
    assert np.array_equal(stream.sample(draw, (40, 50, 3), KEY), whole)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_values_are_rounded_once_and_float64_is_computed_in_float64(dtype: str) -> None:
    draw = draws.Made(NORMAL, (30, 40), Normalize((1,), 1.0))
    single = stream.sample(draw, (30, 40), KEY)

    out = np.empty((30, 40), {"float16": np.float16, "bfloat16": np.uint16, "float64": np.float64}[dtype])
    stream.fill(out, draw, (30, 40), KEY, dtype=dtype)  # type: ignore[arg-type]

    if dtype == "float16":
        assert np.array_equal(out, single.astype(np.float16))
    elif dtype == "float64":
        assert np.sqrt((out**2).sum(1)) == pytest.approx(1.0, rel=1e-14)
    else:
        wide = (out.astype(np.uint32) << np.uint32(16)).view(np.float32)
        assert np.abs(wide / single - 1.0).max() <= 2**-8


def test_what_is_there_is_wanted_of_somebody() -> None:
    with pytest.raises(ValueError, match="the values that 'x' had before are not known"):
        stream.sample(draws.There("x"), (2,), KEY)


@pytest.mark.parametrize("draw", [*DRAWS, draws.Edited(draws.There("x"), (draws.Step("abs"),))])
def test_a_plan_goes_to_json_and_back(draw: draws.Draw) -> None:
    assert draws.from_json(draws.to_json(draw)) == draw
