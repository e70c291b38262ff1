"""Tests of fit: of values that follow their law they find fault with no more than they say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ms_initkit import draws, stream
from ms_initkit.draws import Draw, Step
from ms_initkit.draws.dtypes import FLOATS, storage
from ms_initkit.draws.moments import moments
from ms_initkit.stages.statistics.distributions import distribution
from ms_initkit.stages.statistics.goodness import TESTS, distance_of, misfits
from ms_initkit.stages.statistics.tally import SAMPLE, Tally
from tests.laws import EXAMPLES

STEPS: tuple[Step, ...] = (draws.Step("multiply", -2.0), draws.Step("add", 3.0), draws.Step("at_least", 2.9))
LAWS: dict[str, tuple[Draw, tuple[Step, ...]]] = {
    "off-centre normal": (draws.Normal(1.0, 0.02), ()),
    "normal that is all mean": (draws.Normal(1000.0, 1e-4), ()),
    "normal with steps": (draws.Normal(0.0, 0.02), STEPS),
    "log-normal": (draws.Normal(0.0, 1.0), (draws.Step("exp"),)),
    "dropout": (draws.Mixture((0.9, 0.1), (draws.Normal(0.0, 0.02), draws.Constant(0.1))), ()),
    "mixed steps": (
        draws.Mixture(
            (0.5, 0.5), (draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("exp"),)), draws.Uniform(-3.0, -2.0))
        ),
        (),
    ),
    "far tail": (draws.TruncatedNormal(0.0, 1.0, 4.0, 9.0), ()),
    "narrow": (draws.Uniform(1.0, 1.0 + 2.0**-20), ()),
    "sixty magnitudes": (draws.Uniform(-69.0, 69.0), (draws.Step("exp"),)),
}
for _name, _example in EXAMPLES.items():
    if _example.law is not None:
        _draw = _example.formula.resolve(_example.site)
        LAWS[_name] = (
            (_draw.draw, tuple(edit for edit in _draw.edits if isinstance(edit, draws.Step)))
            if isinstance(_draw, draws.Edited)
            else (_draw, ())
        )


def drawn(draw: Draw, steps: Sequence[Step], size: int, seed: int, dtype: str) -> NDArray[np.generic]:
    out = np.empty(size, storage(dtype))
    stream.fill(out, draws.Edited(draw, tuple(steps)) if steps else draw, (size,), stream.key(seed, "x"), None, dtype)  # type: ignore[arg-type]  # one of FLOATS
    return out


def found(values: NDArray[np.generic], draw: Draw, steps: tuple[Step, ...], dtype: str, alpha: float) -> list[str]:
    law = distribution(draw, steps)
    assert law is not None
    tally = Tally(dtype, max(1, values.size // SAMPLE), law.center)
    for start in range(0, values.size, max(1000, values.size // 16)):
        tally.add(values[start : start + max(1000, values.size // 16)])
    known = moments(draws.Edited(draw, steps) if steps else draw, values.shape)
    is_normal = isinstance(draw, draws.Normal) and all(step.name in ("add", "multiply") for step in steps)
    return [misfit.code for misfit in misfits(tally, law, known, alpha, is_normal=is_normal)]


@pytest.mark.parametrize("name", LAWS)
def test_right_values_are_found_fault_with_as_seldom_as_is_said(name: str) -> None:
    draw, steps = LAWS[name]
    alpha, runs, alarms = 1e-3, 0, 0
    for size in (1, 2, 3, 20, 300, 4000):
        for dtype in FLOATS:
            if dtype != "float16" or not steps:
                for seed in range(20):
                    alarms += bool(found(drawn(draw, steps, size, seed, dtype), draw, steps, dtype, alpha))
                    runs += 1

    # A run has so many chances of being wrong; the types of one seed see the same values, rounded.
    rate = TESTS * alpha
    assert alarms <= runs * rate + 6 * math.sqrt(len(FLOATS) * runs * rate)


@pytest.mark.parametrize(
    ("draw", "steps"),
    [
        (draws.Uniform(0.0, 1.0), ()),
        (draws.Uniform(1.0, 2.0), ()),
        (draws.Uniform(-3.0, -2.0), ()),
        (draws.Uniform(-1.99, 1.99), ()),
        (draws.Uniform(1000.0, 1001.0), ()),
        (draws.Uniform(1.0, 1.1), ()),
        (draws.TruncatedNormal(3.0, 1.0, 1.1, 4.05), ()),
        (draws.TruncatedNormal(0.0, 1.0, 1.01, 1.99), ()),
        (draws.Normal(0.0, 1e-7), ()),
        (draws.Uniform(-1e-7, 1e-7), ()),
        (draws.Uniform(math.log(1e-9), 0.0), (draws.Step("exp"), draws.Step("at_least", 1e-9), draws.Step("below", 1))),
        (draws.Uniform(-2.5, 1.5), (draws.Step("at_least", -1.01), draws.Step("below", 1.01))),
        (draws.Mixture((0.5, 0.5), (draws.Uniform(1.0, 2.0), draws.Uniform(3.0, 4.0))), ()),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_large_tensors_of_16_bits_are_not_found_fault_with_for_their_rounding(
    draw: Draw, steps: tuple[Step, ...], dtype: str
) -> None:
    values = drawn(draw, steps, 1_000_000, 1, dtype)

    assert found(values, draw, steps, dtype, 1e-6) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "draw",
    [
        draws.Uniform(1.0, 1.0 + 2.0**-20),
        draws.Uniform(-8.0, -8.0 + 2.0**-18),
        draws.TruncatedNormal(1.0, 1.0, 1.0, 1.0 + 2.0**-20),
        draws.Uniform(1000.0, 1000.001),
    ],
)
def test_the_last_of_few_numbers_is_the_likeliest(draw: Draw, dtype: str) -> None:
    values = drawn(draw, (), 1_000_000, 1, dtype)

    assert found(values, draw, (), dtype, 1e-6) == []


def test_a_cell_too_few_is_found_in_16_bits_all_the_same() -> None:
    draw = draws.Uniform(1.0, 2.0)
    values = drawn(draw, (), 1_000_000, 1, "bfloat16")
    lowest, second, third = np.sort(np.unique(values))[:3]
    values[values == second] = third

    assert lowest < second
    assert found(values, draw, (), "bfloat16", 1e-6) == ["wrong-law"]


def test_the_rate_is_held_closely_enough_to_mean_something() -> None:
    draw = draws.Normal(0.0, 0.02)

    alarms = sum(bool(found(drawn(draw, (), 500, seed, "float32"), draw, (), "float32", 0.05)) for seed in range(200))

    assert 200 * 0.05 < alarms < 200 * TESTS * 0.05


def test_the_distance_is_kolmogorovs() -> None:
    values = drawn(draws.Normal(0.0, 0.02), (), 20_000, 1, "float32").astype(np.float64)
    law = distribution(draws.Normal(0.0, 0.02))
    assert law is not None
    tally = Tally("float32")
    tally.add(values.astype(np.float32))

    distance = distance_of(tally, law)

    # Cells are as wide as 1/128 of a value, so a little of it can hide within one.
    exact = stats.kstest(values, stats.norm(0.0, 0.02).cdf).statistic
    assert exact - 0.004 < distance <= exact + 1e-6
