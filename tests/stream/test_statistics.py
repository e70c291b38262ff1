"""Every random initializer against its law: tolerances are five standard errors of each statistic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mindspore.common import initializer as mindspore_initializer
from numpy.typing import NDArray
from scipy import stats

from ms_initkit import draws, formulas, stream
from ms_initkit.draws.moments import moments
from ms_initkit.formulas import structured
from ms_initkit.formulas.base import Site
from tests.laws import BIG, EXAMPLES, Law, truncated, truncated_at_two_sigmas

RANDOM = [name for name, example in EXAMPLES.items() if example.law is not None]


def check(values: NDArray[Any], law: Law) -> None:
    """Holds independent values to a law: bounds, mean, variance, kurtosis, and the whole distribution function."""
    x = np.asarray(values, np.float64).reshape(-1)
    slack = 1e-6 * max(abs(bound) for bound in (law.low, law.high, law.mean, law.std) if math.isfinite(bound))
    assert x.min() >= law.low - slack, "bounds"
    assert x.max() <= law.high + slack, "bounds"
    z = (x - law.mean) / law.std
    assert abs(z.mean()) < 5 / math.sqrt(x.size), "mean"
    assert abs((z**2).mean() - 1) < 5 * math.sqrt((law.kurtosis - 1) / x.size), "variance"
    # The standard error of a kurtosis is that of the mean of its influence function.
    kurtosis = stats.kurtosis(x, fisher=False)
    influence = z**4 - 2 * law.kurtosis * z**2 - 4 * (z**3).mean() * z
    assert abs(kurtosis - law.kurtosis) < 5 * influence.std() / math.sqrt(x.size), "kurtosis"
    assert stats.kstest(x, law.cdf).pvalue > 1e-6, "distribution function"


def test_every_name_has_an_example() -> None:
    assert set(EXAMPLES) == {formulas.name_of(formula) for formula in formulas.SHIPPED}
    for name, example in EXAMPLES.items():
        assert formulas.find(name) is type(example.formula)


@pytest.mark.parametrize("name", RANDOM)
def test_values_follow_the_law(name: str) -> None:
    example = EXAMPLES[name]
    draw = example.formula.resolve(example.site)
    count = -(-(1 << 18) // math.prod(example.shape))

    drawn = [stream.sample(draw, example.shape, stream.key(seed, name)) for seed in range(count)]

    assert example.law is not None
    check(np.stack(drawn), example.law)


def test_mindspores_variance_scaling_fails_this_very_check() -> None:
    np.random.seed(1)  # noqa: NPY002 (MindSpore draws by it)
    values = np.empty(BIG, np.float32)

    mindspore_initializer.VarianceScaling()(values)

    with pytest.raises(AssertionError, match="kurtosis"):
        check(values, truncated_at_two_sigmas(1 / math.sqrt(512)))


def test_mindspores_truncated_normal_is_not_cut_at_two_sigmas() -> None:
    np.random.seed(1)  # noqa: NPY002
    values = np.empty(BIG, np.float32)

    mindspore_initializer.TruncatedNormal(0.02)(values)

    with pytest.raises(AssertionError, match="bounds"):
        check(values, truncated(0.02, -0.04, 0.04))


def test_elements_of_small_orthogonal_matrices_are_coordinates_on_a_sphere() -> None:
    draw = structured.Orthogonal().resolve(Site((4, 4)))

    corner = [stream.sample(draw, (4, 4), stream.key(seed, "q"))[1, 2] for seed in range(20_000)]

    # A squared coordinate of a uniform point on the sphere in n dimensions is Beta(1/2, (n - 1) / 2).
    assert stats.kstest(np.square(corner), stats.beta(0.5, 1.5).cdf).pvalue > 1e-6
    assert abs(np.mean(corner)) < 5 * 0.5 / math.sqrt(20_000)
    assert moments(draw, (4, 4)).kurtosis == pytest.approx(2.0)


def test_the_other_elements_of_a_sparse_matrix_are_normal() -> None:
    example = EXAMPLES["sparse"]
    values = stream.sample(example.formula.resolve(example.site), example.shape, stream.key(1, "sparse"))

    assert ((values == 0).sum(axis=0) == 30).all()
    check(values[values != 0], Law.of(stats.norm(0.0, 0.5)))


def test_the_tutorials_mixture_has_its_three_parts() -> None:
    draw = draws.Mixture((0.25, 0.5, 0.25), (draws.Uniform(5.0, 10.0), draws.Constant(0.0), draws.Uniform(-10.0, -5.0)))

    values = stream.sample(draw, BIG, stream.key(1, "mixture"))

    n = values.size
    for part, share in ((values >= 5, 0.25), (values == 0, 0.5), (values <= -5, 0.25)):
        assert abs(part.mean() - share) < 5 * math.sqrt(share * (1 - share) / n)
    check(values[values > 0], Law.of(stats.uniform(5, 5)))
    check(values[values < 0], Law.of(stats.uniform(-10, 5)))
