"""Distribution functions of draws against SciPy's, from below and from above."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ms_initkit import draws
from ms_initkit.draws import Draw, Step
from ms_initkit.stages.statistics.distributions import distribution
from tests.laws import EXAMPLES, Law

ELEMENTWISE: dict[str, tuple[Draw, Law]] = {
    name: (draw, example.law)
    for name, example in EXAMPLES.items()
    if example.law is not None
    if (draw := example.formula.resolve(example.site)).is_elementwise
}
POINTS = np.linspace(-4.0, 4.0, 97)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_what_is_below_and_what_is_up_to_enclose_the_law(name: str) -> None:
    draw, law = ELEMENTWISE[name]
    found = distribution(draw)
    assert found is not None
    x = law.mean + law.std * POINTS

    below, upto = found.below(x), found.upto(x)

    exact = np.array([law.cdf(value) for value in x])
    assert (below <= exact + 1e-6).all()
    assert (exact <= upto + 1e-6).all()
    assert (np.diff(below) >= -1e-12).all()
    assert (upto - below).max() < 1e-5
    assert (found.low, found.high) == pytest.approx((law.low, law.high))


@pytest.mark.parametrize(
    ("steps", "exact"),
    [
        ((draws.Step("multiply", -2.0), draws.Step("add", 3.0)), stats.norm(3.0, 2.0).cdf),
        ((draws.Step("exp"),), stats.lognorm(1.0).cdf),
        ((draws.Step("at_least", 0.5),), lambda x: np.where(x < 0.5, 0.0, stats.norm.cdf(x))),
    ],
    ids=["moved", "exp", "at least"],
)
def test_steps_carry_the_law_along(steps: tuple[Step, ...], exact: stats.rv_continuous) -> None:
    found = distribution(draws.Normal(0.0, 1.0), steps)
    assert found is not None
    x = POINTS[np.abs(POINTS - 0.5) > 1e-3]

    assert found.below(x) == pytest.approx(exact(x), abs=1e-5)
    assert found.upto(x) == pytest.approx(exact(x), abs=1e-5)


def test_a_constant_is_all_at_one_place() -> None:
    found = distribution(draws.Constant(2.0))

    assert found is not None
    assert found.upto(np.array([1.9, 2.0, 2.1])).tolist() == [0.0, 1.0, 1.0]
    assert found.below(np.array([1.9, 2.0, 2.1])).tolist() == [0.0, 0.0, 1.0]


def test_what_is_no_law_of_elements_has_none() -> None:
    for draw in (draws.Whole("orthogonal"), draws.Keep(), draws.Loaded("a.npy", ""), draws.Table("eye")):
        assert distribution(draw) is None
    assert distribution(draws.Normal(0.0, 1.0), (draws.Step("abs"),)) is None


def test_far_out_in_a_tail_the_law_is_still_known() -> None:
    found = distribution(draws.TruncatedNormal(0.0, 1.0, 20.0, 22.0))

    assert found is not None
    x = np.array([20.01, 20.05, 20.2])
    # SciPy's own function loses all digits there; the density falls like an exponential of rate 20.
    assert found.upto(x) == pytest.approx(1.0 - np.exp(-20.0 * (x - 20.0) - (x - 20.0) ** 2 / 2), abs=0.01)
