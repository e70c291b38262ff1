"""Laws of single elements, with their own numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ms_initkit import draws, formulas, stream
from ms_initkit.draws.dtypes import storage
from ms_initkit.draws.moments import moments
from ms_initkit.formulas import elementary, priors, scaling, structured
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.stages.statistics.tally import as_floats
from ms_initkit.stream.engine import Dtype
from tests.formulas.sampled import at, sample


def test_absolute_bounds_are_values_and_sigmas_are_not() -> None:
    absolute = elementary.TruncatedNormal(0.5, 1.0, bounds="absolute")
    sigmas = elementary.TruncatedNormal(0.5, 1.0, bounds="sigmas")

    assert absolute.resolve(at(3)) == draws.TruncatedNormal(1.0, 0.5, -2.0, 2.0)
    assert sigmas.resolve(at(3)) == draws.TruncatedNormal(1.0, 0.5, 0.0, 2.0)


def test_mindspores_spelling_of_a_truncated_normal_has_to_say_which_bounds() -> None:
    with pytest.raises(TypeError, match="bounds"):
        formulas.build("TruncatedNormal", {"sigma": 0.02})


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0.5, 2.0), (1.0, 1.01), (0.001, 0.0011), (0.099, 0.1), (3.0, 7.0)])
def test_log_uniform_keeps_its_ends_in_every_type(low: float, high: float, dtype: Dtype) -> None:
    """Of exp(U[log low, log high)) alone some are rounded to ``high`` or below ``low``, in each of the types."""
    out = np.empty(200_000, storage(dtype))

    stream.fill(out, elementary.LogUniform(low, high).resolve(Site(out.shape)), out.shape, 5, None, dtype)

    values = as_floats(out, dtype)
    ends = np.array([low, high], np.float64 if dtype == "float64" else np.float32)
    assert ends[0] <= values.min()
    assert values.max() < ends[1]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (elementary.Normal(0.0, 3.0), 3.0),
        (elementary.Uniform(0.0), 0.0),
        (elementary.Uniform(low=2.0, high=2.0), 2.0),
        (elementary.LogUniform(0.5, 0.5), 0.5),
        (elementary.TruncNormal(0.0, 0.5), 0.5),
        (elementary.TruncNormal(0.0, 5.0), 2.0),
        (elementary.TruncNormal(1.0, a=1.5, b=1.5), 1.5),
        (elementary.TruncNormalTf(2.0, a=1.0, b=1.0), 2.0),
        (scaling.XavierNormal(0), 0.0),
        (scaling.XavierUniform(0), 0.0),
        (scaling.GlorotNormal("truncated_normal", 0), 0.0),
        (structured.Orthogonal(0), 0.0),
        (structured.Sparse(1.0), 0.0),
        (structured.Sparse(0.5, 0.0), 0.0),
        (elementary.Constant((4.0,)), 4.0),
    ],
)
def test_a_law_without_spread_is_a_constant(formula: Formula, value: float) -> None:
    assert formula.resolve(at(6, 4)) == draws.Constant(value)


@pytest.mark.parametrize(
    ("std", "low", "high"),
    [(1.0, 2.0, 3.0), (1.0, -3.0, -2.0), (2.0, 5.0, 30.0), (0.5, 7.0, 8.0), (1.0, -1.0, 50.0), (1.0, 0.5, 1e30)],
)
def test_a_normal_is_truncated_to_bounds_that_do_not_hold_its_mean(std: float, low: float, high: float) -> None:
    formula = elementary.TruncNormal(std, 0.0, low, high)
    law = stats.truncnorm(low / std, high / std, scale=std)
    values = sample(formula, 200_000).astype(np.float64)

    assert values.min() >= low
    assert values.max() <= high
    assert stats.kstest(values, law.cdf).pvalue > 1e-6
    found = moments(formula.resolve(at(3)), (3,))
    assert found.mean == pytest.approx(law.mean(), rel=1e-6)
    assert found.std == pytest.approx(law.std(), rel=1e-5)


def test_each_row_may_have_a_value_of_its_own() -> None:
    values = sample(elementary.Constant((1.0, -2.0, 0.5)), 3, 2)
    np.testing.assert_array_equal(values, np.array([[1, 1], [-2, -2], [0.5, 0.5]]))

    priors_of_classes = sample(priors.PriorProbability((0.01, 0.5, 0.9)), 3)
    np.testing.assert_allclose(1 / (1 + np.exp(-priors_of_classes.astype(np.float64))), [0.01, 0.5, 0.9], rtol=1e-6)
    with pytest.raises(ValueError, match=r"3 values are not one for each row of the shape \(4,\)"):
        elementary.Constant((1.0, 2.0, 3.0)).resolve(at(4))
    with pytest.raises(ValueError, match=r"probability is 1.5: must be in \(0, 1\)"):
        priors.PriorProbability((0.5, 1.5))
