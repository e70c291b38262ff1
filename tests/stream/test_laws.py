"""Laws as four words that the kernels draw by, and their bounds in each element type."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import (
    Blocks,
    Constant,
    Draw,
    Edited,
    Mixture,
    Normal,
    Repeated,
    SetRows,
    TruncatedNormal,
    Uniform,
)
from ms_initkit.stream import compiled, engine, laws
from tests.pinned import KEY
from tests.stream.distributions import SAMPLE, check_distribution

Array = NDArray[np.float32]

BOUNDS = [
    (-2.0, 2.0),
    (-3.0, 3.0),
    (-0.5, 3.0),
    (-1.0, math.inf),
    (0.0, math.inf),
    (1.3, 1.9),
    (5.0, 6.0),
    (-math.inf, -8.0),
    (8.0, 9.0),
    (-6.5, -6.0),
    (0.0, 0.01),
    (-30.0, -29.0),
    (-math.inf, math.inf),
    (-100.0, 100.0),
]
needs_kernels = pytest.mark.skipif(compiled.found is None, reason="the kernels were not compiled")
BOUNDED: list[tuple[Draw, float, float]] = [
    (Uniform(0.0, 1.0), 0.0, 1.0),
    (Uniform(-1.0, 0.0), -1.0, 0.0),
    (Uniform(0.0, 1e-7), 0.0, 1e-7),
    (Uniform(-0.0884, 0.0884), -0.0884, 0.0884),
    (Uniform(1.003, 1.1), 1.003, 1.1),
    (Uniform(60000.0, 65520.0), 60000.0, 65520.0),
    (Mixture((0.5, 0.5), (Uniform(0.0, 1.0), Uniform(0.25, 1.0))), 0.0, 1.0),
    (Blocks(0, (1000, 3000), (Uniform(0.0, 1.0), Repeated(0, 2, Uniform(0.5, 1.0)))), 0.0, 1.0),
    (Edited(Uniform(0.0, 1.0), (SetRows((0,), 0.25),)), 0.0, 1.0),
]


@pytest.mark.parametrize("sigma", [3.0, 4.0, 4.5])
def test_the_tails_of_the_normal_are_full(sigma: float) -> None:
    n = 1 << 22
    z = stream.sample(Normal(0.0, 1.0), (n,), KEY)

    expected = n * scipy.special.ndtr(-sigma)
    assert abs(np.count_nonzero(z > sigma) - expected) < 5 * math.sqrt(expected)
    assert abs(np.count_nonzero(z < -sigma) - expected) < 5 * math.sqrt(expected)


@pytest.mark.parametrize(("low", "high"), [*BOUNDS, (38.0, 41.0), (-200.0, -100.0), (2.0, 2.0001), (1.0, 1.0 + 1e-9)])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.1, 0.02), (-3.0, 7.0)])
def test_a_truncated_normal_stays_inside_without_spikes(low: float, high: float, mean: float, std: float) -> None:
    draw = TruncatedNormal(mean, std, mean + low * std, mean + high * std)

    values = stream.sample(draw, (1 << 18,), KEY)

    assert np.all((values >= draw.low) & (values <= draw.high)) or draw.high - draw.low < 1e-6
    if math.isfinite(low) and math.isfinite(high) and high - low > 1e-3:
        # No value at a bound comes oftener than the densest float32 inside could, five standard errors above.
        densest = values.size * np.spacing(np.abs(values).max()) / std * peak(low, high)
        for bound in (values.min(), values.max()):
            assert np.count_nonzero(values == bound) <= 2 + densest + 5 * math.sqrt(densest)


def peak(low: float, high: float) -> float:
    """The greatest density between the bounds, in units of 1 / std."""
    nearest = min(max(low, 0.0), high)
    return float(scipy.stats.truncnorm(low, high).pdf(nearest))


@pytest.mark.parametrize("law", ["fast", "far"])
def test_both_truncated_laws_meet(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "_LEAST_FAST_MASS", 0.0 if law == "fast" else 2.0)
    laws._law_of.cache_clear()
    draw = TruncatedNormal(0.0, 1.0, -1.0, 0.5)

    values = stream.sample(draw, (SAMPLE,), KEY)

    laws._law_of.cache_clear()
    check_distribution(values, scipy.stats.truncnorm(-1.0, 0.5))


@pytest.mark.parametrize(
    "draw",
    [
        Uniform(1.0, 0.0),
        Uniform(-3e38, 3e38),
        Normal(0.0, -1.0),
        Normal(math.nan, 1.0),
        Normal(0.0, math.inf),
        TruncatedNormal(0.0, 1.0, 2.0, 1.0),
        TruncatedNormal(0.0, 1.0, math.inf, math.inf),
        TruncatedNormal(0.0, 1.0, math.nan, 1.0),
    ],
)
def test_impossible_parameters_are_refused(draw: Draw) -> None:
    with pytest.raises(ValueError, match="no distribution has these parameters"):
        stream.sample(draw, (4,), KEY)


def test_a_zero_width_is_a_constant() -> None:
    assert stream.sample(Normal(2.0, 0.0), (3,), KEY).tolist() == [2.0] * 3
    assert stream.sample(Uniform(2.0, 2.0), (3,), KEY).tolist() == [2.0] * 3
    assert stream.sample(TruncatedNormal(5.0, 0.0, -1.0, 1.0), (3,), KEY).tolist() == [1.0] * 3
    assert stream.sample(Constant(0.1), (2,), KEY).tolist() == [np.float32(0.1)] * 2


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_a_truncated_normal_has_its_distribution(low: float, high: float) -> None:
    mean, std = 0.25, 0.5
    values = stream.sample(TruncatedNormal(mean, std, mean + low * std, mean + high * std), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.truncnorm(low, high, loc=mean, scale=std))


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    stream.set_threads(None)


def as_floats(brain: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (brain.astype(np.uint32) << np.uint32(16)).view(np.float32)


@pytest.mark.parametrize("has_kernels", [pytest.param(True, marks=needs_kernels), False])
@pytest.mark.parametrize(("draw", "low", "high"), BOUNDED)
def test_no_rounding_reaches_the_upper_bound_of_a_uniform_or_leaves_the_lower_one(
    draw: Draw, low: float, high: float, has_kernels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the 400,000 float32 values, some round to the bound: without a guard a bfloat16 does so in 1 of 500."""
    if not has_kernels:
        monkeypatch.setattr(engine, "_kernels", lambda: None)
    half, brain = np.zeros((4000, 100), np.float16), np.zeros((4000, 100), np.uint16)

    stream.fill(half, draw, half.shape, KEY, dtype="float16")
    stream.fill(brain, draw, brain.shape, KEY, dtype="bfloat16")

    for stored in (half.astype(np.float32), as_floats(brain)):
        assert ((stored >= np.float32(low)) & (stored < np.float32(high))).all()


@pytest.mark.parametrize("bound", [2.0, 1.001, 0.0884])
def test_no_rounding_leaves_the_bounds_of_a_truncated_normal(bound: float) -> None:
    draw = TruncatedNormal(0.0, bound, -bound, bound)
    brain = np.zeros(200_000, np.uint16)

    stream.fill(brain, draw, brain.shape, KEY, dtype="bfloat16")

    assert (np.abs(as_floats(brain)) <= np.float32(bound)).all()


def test_where_a_type_has_no_value_within_the_bounds_the_nearest_is_drawn() -> None:
    brain = np.zeros(100, np.uint16)

    stream.fill(brain, Uniform(1.006, 1.007), brain.shape, KEY, dtype="bfloat16")

    assert (as_floats(brain) == 1.0078125).all()  # 1.0 is farther away
