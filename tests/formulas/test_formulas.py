"""What formulas resolve to, held against numbers worked out by hand or by the reference implementations."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ms_initkit import draws, formulas, stream
from ms_initkit.draws.dtypes import storage
from ms_initkit.draws.moments import moments
from ms_initkit.formulas import elementary, fans, priors, recurrent, rwkv, scaling, sequences, state_space, structured
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans
from ms_initkit.stages.tally import as_floats
from ms_initkit.stream.engine import Dtype
from tests.laws import CONV, EXAMPLES


def at(*shape: int) -> Site:
    return Site(shape, fans.from_shape(shape) if len(shape) >= 2 else None)


def sample(formula: Formula, *shape: int, name: str = "w") -> NDArray[np.float32]:
    return stream.sample(formula.resolve(at(*shape)), shape, stream.key(7, name))


# Standard deviations as torch 2.13 documents and computes them for (64, 32, 3, 3): fan-in 288, fan-out 576.
TORCH = {
    "xavier_normal_": (scaling.XavierNormal(), 0.04811252243246881),
    "xavier_normal_(gain=5/3)": (scaling.XavierNormal(5 / 3), 0.08018753738744802),
    "kaiming_normal_": (scaling.HeNormal(), 0.08333333333333333),
    "kaiming_normal_(a=0.2, fan_out)": (scaling.HeNormal(0.2, "fan_out"), 0.057781270440128034),
    "kaiming_normal_(nonlinearity=selu)": (scaling.HeNormal(nonlinearity="selu"), 0.04419417382415922),
    "kaiming_normal_(nonlinearity=tanh)": (scaling.HeNormal(nonlinearity="tanh"), 0.09820927516479827),
    "kaiming_normal_(nonlinearity=conv2d)": (scaling.HeNormal(nonlinearity="conv2d"), 0.05892556509887896),
}


@pytest.mark.parametrize("call", TORCH)
def test_normals_have_torchs_standard_deviation(call: str) -> None:
    formula, std = TORCH[call]

    draw = formula.resolve(at(*CONV))

    assert isinstance(draw, draws.Normal)
    assert draw.mean == 0
    assert draw.std == pytest.approx(std, rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "bound"),
    [
        (scaling.XavierUniform(), math.sqrt(6 / (288 + 576))),
        (scaling.HeUniform(), math.sqrt(6 / 288)),
        (scaling.HeUniform(math.sqrt(5)), 1 / math.sqrt(288)),
        (scaling.LayerDefault(), 1 / math.sqrt(288)),
        (scaling.LecunUniform(), math.sqrt(3 / 288)),
        (scaling.VarianceScaling(2.0, "fan_geo_avg", "uniform"), math.sqrt(3 * 2 / math.sqrt(288 * 576))),
    ],
)
def test_uniforms_have_their_bound(formula: Formula, bound: float) -> None:
    draw = formula.resolve(at(*CONV))

    assert isinstance(draw, draws.Uniform)
    assert draw.low == pytest.approx(-bound, rel=1e-14)
    assert draw.high == pytest.approx(bound, rel=1e-14)


@pytest.mark.parametrize(
    ("mode", "n"), [("fan_in", 288), ("fan_out", 576), ("fan_avg", 432), ("fan_geo_avg", math.sqrt(288 * 576))]
)
@pytest.mark.parametrize("distribution", ["normal", "untruncated_normal"])
def test_variance_scaling_takes_every_fan(mode: scaling.Mode, n: float, distribution: scaling.Distribution) -> None:
    draw = scaling.VarianceScaling(3.0, mode, distribution).resolve(at(*CONV))

    assert draw == draws.Normal(0.0, pytest.approx(math.sqrt(3 / n), rel=1e-14))  # type: ignore[arg-type]  # approx


def test_a_corrected_truncated_normal_is_jaxs() -> None:
    draw = scaling.LecunNormal().resolve(at(*CONV))

    wide = math.sqrt(1 / 288) / 0.87962566103423978
    assert isinstance(draw, draws.TruncatedNormal)
    assert draw.std == pytest.approx(wide, rel=1e-14)
    assert (draw.low, draw.high) == (-2 * draw.std, 2 * draw.std)


def test_a_bias_takes_the_fans_of_its_weight() -> None:
    draw = scaling.LayerDefault().resolve(Site((64,), Fans(288, 576)))

    assert draw == draws.Uniform(-1 / math.sqrt(288), 1 / math.sqrt(288))


def test_absolute_bounds_are_values_and_sigmas_are_not() -> None:
    absolute = elementary.TruncatedNormal(0.5, 1.0, bounds="absolute")
    sigmas = elementary.TruncatedNormal(0.5, 1.0, bounds="sigmas")

    assert absolute.resolve(at(3)) == draws.TruncatedNormal(1.0, 0.5, -2.0, 2.0)
    assert sigmas.resolve(at(3)) == draws.TruncatedNormal(1.0, 0.5, 0.0, 2.0)


def test_mindspores_spelling_of_a_truncated_normal_has_to_say_which_bounds() -> None:
    with pytest.raises(TypeError, match="bounds"):
        formulas.build("TruncatedNormal", {"sigma": 0.02})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: elementary.Normal(math.nan), "sigma is nan: must be >= 0"),
        (lambda: elementary.Normal(math.inf), "sigma is inf: must be >= 0"),
        (lambda: elementary.Normal(-1.0), "sigma is -1.0: must be >= 0"),
        (lambda: elementary.Normal(1.0, math.nan), "mean is nan: must be finite"),
        (lambda: scaling.XavierNormal(-1), "gain is -1.0: must be >= 0"),
        (lambda: scaling.VarianceScaling(-2.0), "scale is -2.0: must be > 0"),
        (
            lambda: scaling.HeNormal(mode="fan_both"),  # type: ignore[arg-type]  # that is what is tested
            "mode is 'fan_both': must be one of 'fan_in', 'fan_out'",
        ),
        (lambda: structured.Orthogonal(-2.0), "gain is -2.0: must be >= 0"),
        (lambda: structured.Sparse(1.5), r"sparsity is 1.5: must be in \[0, 1\]"),
        (lambda: structured.Dirac(0), "groups is 0.0: must be >= 1"),
        (
            lambda: structured.Dirac(1.5),  # type: ignore[arg-type]
            "groups is 1.5: must be a whole number",
        ),
        (lambda: priors.PriorProbability(0.0), r"probability is 0.0: must be in \(0, 1\)"),
        (lambda: elementary.Uniform(scale=1.0, low=0.0, high=1.0), "give scale, or low and high, not both"),
        (lambda: elementary.Uniform(low=0.0), "low and high are given together"),
        (lambda: elementary.Uniform(low=1.5, high=1.0), "low must not be above high, as 1.5 is above 1.0"),
        (lambda: elementary.Constant(math.inf), "value is inf: must be finite"),
        (lambda: elementary.TruncNormal(1.0, a=2.0, b=1.0), "a must not be above b, as 2.0 is above 1.0"),
        (
            lambda: elementary.TruncatedNormal(a=1.0, b=1.0, bounds="sigmas", correct_variance=True),
            "correct_variance needs room between the bounds: a and b are both 1.0",
        ),
        (lambda: structured.Identity(axes=(0,)), r"axes are the two of rows and columns, not \[0\]"),
        (
            lambda: elementary.TruncatedNormal(bounds="absolute", correct_variance=True),
            "correct_variance needs `bounds: sigmas`",
        ),
        (lambda: elementary.Mixture(()), "at least one part"),
        (lambda: elementary.Mixture(((0.4, elementary.Zeros()),)), "sum to 0.4: must sum to 1"),
        (lambda: recurrent.LstmForgetBias(order="ifgg"), "order is 'ifgg': must be the letters i, f, o"),
        (lambda: recurrent.Chrono(2), "longest is 2.0: must be > 2"),
        (lambda: rwkv.Rwkv4TimeDecay(12, 12), "layer 12 is not among 12 layers"),
        (lambda: state_space.MambaDtBias(0.1, 0.01), "low must be below high"),
    ],
)
def test_senseless_arguments_are_refused_when_the_formula_is_made(make: Callable[[], Formula], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("value", ["0.02", True, None, (1.0,)])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"sigma is .*: must be a number"):
        elementary.Normal(value)  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize(
    ("formula", "shape", "message"),
    [
        (scaling.XavierNormal(), (5,), "has no fans"),
        (scaling.XavierNormal(), (), "has no fans"),
        (structured.Orthogonal(), (5,), "a matrix is needed"),
        (structured.BlockOrthogonal((4, 4)), (8, 6), "do not divide the shape"),
        (structured.BlockOrthogonal((4,)), (8, 6), "must name each axis"),
        (structured.DeltaOrthogonal(), (4, 8, 3, 3), "4 outputs are too few to keep the norm of 8 inputs"),
        (structured.DeltaOrthogonal(), (8, 8), "3 to 5 axes"),
        (structured.Identity(), (3, 3, 3), "choose `dirac`"),
        (structured.Dirac(), (3, 3), "choose `identity`"),
        (structured.Dirac(4), (6, 3, 3), "4 groups do not divide the 6 output channels"),
        (structured.Sparse(0.5), (3,), "a matrix is needed"),
        (structured.Sparse(0.95), (10, 10), "leaves nothing"),
        (structured.Icnr(2), (6, 3, 3, 3), "channels in multiples of 4"),
        (structured.Bilinear(), (3, 3), "at least 3 axes"),
        (recurrent.LstmForgetBias(), (6,), "does not hold four gates"),
        (state_space.HippoLegs(), (4, 5), "are no square"),
    ],
)
def test_a_shape_that_a_formula_cannot_serve_is_refused(formula: Formula, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        formula.resolve(at(*shape))


@pytest.mark.parametrize("shape", [(6, 6), (3, 8), (8, 3), (4, 3, 2), (12, 2, 2, 2), (1, 5), (5, 1)])
def test_an_orthogonal_draw_keeps_norms(shape: tuple[int, ...]) -> None:
    w = sample(structured.Orthogonal(1.5), *shape).reshape(shape[0], -1).astype(np.float64)

    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 2.25 * np.eye(min(w.shape)), atol=1e-5)


def test_an_orthogonal_draw_by_last_columns_is_jaxs() -> None:
    w = sample(structured.Orthogonal(column_axis="last"), 2, 3, 4).reshape(6, 4)

    np.testing.assert_allclose(w.T @ w, np.eye(4), atol=1e-6)


def test_blocks_of_a_block_orthogonal_draw_are_orthogonal_and_different() -> None:
    w = sample(structured.BlockOrthogonal((4, 6), 2.0), 12, 12)

    blocks = [w[i : i + 4, j : j + 6] for i in (0, 4, 8) for j in (0, 6)]
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, 4 * np.eye(4), atol=1e-5)
    assert len({block.tobytes() for block in blocks}) == 6


def test_a_delta_orthogonal_convolution_keeps_norms_at_its_centre() -> None:
    w = sample(structured.DeltaOrthogonal(), 8, 6, 3, 3)

    np.testing.assert_allclose(w[:, :, 1, 1].T @ w[:, :, 1, 1], np.eye(6), atol=1e-6)
    w[:, :, 1, 1] = 0
    assert not w.any()


def test_rwkvs_orthogonal_draw_grows_with_the_aspect_and_stacks() -> None:
    w = sample(structured.RwkvOrthogonal(0.5), 3, 16, 4)

    for matrix in w:
        np.testing.assert_allclose(matrix.T @ matrix, 0.25 * 4 * np.eye(4), atol=1e-5)
    wide = sample(structured.RwkvOrthogonal(0.5), 4, 16)
    np.testing.assert_allclose(wide @ wide.T, 0.25 * np.eye(4), atol=1e-5)
    assert not np.array_equal(w[0], w[1])


def test_a_sparse_matrix_has_its_zeros_in_every_column() -> None:
    w = sample(structured.Sparse(0.25, 2.0), 10, 30)

    assert ((w == 0).sum(axis=0) == 3).all()


def test_icnr_repeats_each_channel_for_the_pixel_shuffle() -> None:
    w = sample(structured.Icnr(2), 16, 8, 3, 3)

    groups = w.reshape(4, 4, 8, 3, 3)
    assert (groups == groups[:, :1]).all()
    assert len({group[0].tobytes() for group in groups}) == 4


def test_icnrs_base_has_the_fans_of_the_convolution_without_the_shuffle() -> None:
    draw = structured.Icnr(2, scaling.HeNormal(mode="fan_out")).resolve(at(16, 8, 3, 3))

    assert isinstance(draw, draws.Repeated)
    assert draw.draw == scaling.HeNormal(mode="fan_out").resolve(at(4, 8, 3, 3))


@pytest.mark.parametrize(
    ("order", "block"), [("ifgo", 1), ("ifog", 1), ("icfo", 2), ("iofc", 2), ("ijfo", 2), ("fico", 0), ("giof", 3)]
)
def test_the_forget_gate_is_found_in_each_order(order: str, block: int) -> None:
    b = sample(recurrent.LstmForgetBias(1.5, order), 12).reshape(4, 3)

    assert (b[block] == 1.5).all()
    assert not np.delete(b, block, axis=0).any()


def test_the_other_gates_draw_what_they_are_told() -> None:
    b = sample(recurrent.LstmForgetBias(others=elementary.Uniform(0.1)), 4000).reshape(4, 1000)

    assert (b[1] == 1).all()
    assert len(np.unique(b)) > 2900


def test_chrono_input_biases_are_the_forget_biases_negated() -> None:
    b = sample(recurrent.Chrono(100, "ifgo"), 4000).reshape(4, 1000)

    np.testing.assert_array_equal(b[0], -b[1])
    assert b[1].min() >= 0
    assert b[1].max() <= math.log(99)
    assert len(np.unique(b[1])) > 990
    assert not b[2:].any()


def test_prior_probability_is_retinanets() -> None:
    assert priors.PriorProbability(0.01).resolve(at(80)) == draws.Constant(pytest.approx(-4.59511985013459, rel=1e-14))  # type: ignore[arg-type]  # approx


def test_mamba_steps_are_log_uniform_above_the_floor() -> None:
    b = sample(state_space.MambaDtBias(1e-4, 1e-1, 1e-3), 30_000).astype(np.float64)

    step = np.log1p(np.exp(b))
    assert step.min() == pytest.approx(1e-3, rel=1e-5)
    assert (np.abs(step - 1e-3) < 1e-8).mean() == pytest.approx(1 / 3, abs=5 * math.sqrt(2 / 9 / 30_000))


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


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_formula_comes_back_from_its_config(name: str) -> None:
    formula = EXAMPLES[name].formula

    assert type(formula).from_config(formula.get_config()) == formula
    assert hash(formula) == hash(type(formula).from_config(formula.get_config()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_draw_comes_back_from_json(name: str) -> None:
    example = EXAMPLES[name]
    draw = example.formula.resolve(example.site)

    assert draws.from_json(draws.to_json(draw)) == draw


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_docstring_says_arguments_and_sources(name: str) -> None:
    formula = type(EXAMPLES[name].formula)
    text = formula.__doc__ or ""

    assert "Sources:" in text
    for argument in formulas.arguments(formula):
        assert f"\n        {argument.name}: " in text, argument.name


def test_lists_become_tuples_and_integers_floats() -> None:
    assert structured.BlockOrthogonal([2, 3]).split_sizes == (2, 3)  # type: ignore[arg-type]  # as YAML gives it
    assert repr(elementary.Normal(1, 0)) == "Normal(sigma=1.0, mean=0.0)"


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


@pytest.mark.parametrize("low", [20.0, 1e3, 1e6])
def test_far_out_a_truncated_normal_is_an_exponential(low: float) -> None:
    draw = elementary.TruncNormal(1.0, 0.0, low, 2 * low).resolve(at(3))

    found = moments(draw, (3,))
    assert found.mean is not None
    assert (found.mean - low) * low == pytest.approx(1.0, rel=3 / low**2 + 1e-15 * low**2)
    assert found.std is not None
    assert found.std * low == pytest.approx(1.0, rel=4 / low**2)
    assert found.kurtosis == pytest.approx(9.0, rel=20 / low**2 + 1e-6)


@pytest.mark.parametrize(
    ("formula", "std", "kurtosis"),
    [
        (elementary.Normal(1e300), 1e300, 3.0),
        (elementary.Normal(1e-300), 1e-300, 3.0),
        (elementary.Uniform(1e200), 1e200 / math.sqrt(3), 1.8),
        (elementary.Uniform(low=0.0, high=1.7e308), 1.7e308 / math.sqrt(12), 1.8),
        (scaling.VarianceScaling(1e-300, distribution="normal"), math.sqrt(1e-300 / 288), 3.0),
        (elementary.TruncNormalTf(1e-200), 1e-200 * stats.truncnorm(-2, 2).std(), 2.3655),
        (elementary.Mixture(((0.5, elementary.Constant(-1e250)), (0.5, elementary.Constant(1e250)))), 1e250, 1.0),
    ],
)
def test_moments_of_extreme_laws_are_numbers(formula: Formula, std: float, kurtosis: float) -> None:
    found = moments(formula.resolve(at(64, 32, 3, 3)), (64, 32, 3, 3))

    assert found.std == pytest.approx(std, rel=1e-9)
    assert found.kurtosis == pytest.approx(kurtosis, rel=1e-4)


def test_each_row_may_have_a_value_of_its_own() -> None:
    values = sample(elementary.Constant((1.0, -2.0, 0.5)), 3, 2)
    np.testing.assert_array_equal(values, np.array([[1, 1], [-2, -2], [0.5, 0.5]]))

    priors_of_classes = sample(priors.PriorProbability((0.01, 0.5, 0.9)), 3)
    np.testing.assert_allclose(1 / (1 + np.exp(-priors_of_classes.astype(np.float64))), [0.01, 0.5, 0.9], rtol=1e-6)
    with pytest.raises(ValueError, match=r"3 values are not one for each row of the shape \(4,\)"):
        elementary.Constant((1.0, 2.0, 3.0)).resolve(at(4))
    with pytest.raises(ValueError, match=r"probability is 1.5: must be in \(0, 1\)"):
        priors.PriorProbability((0.5, 1.5))


def test_counting_goes_through_all_axes_on_demand() -> None:
    np.testing.assert_array_equal(
        sample(sequences.Arange(2.0, 3.0, axis=None), 2, 3, 4), 2 + 3 * np.arange(24).reshape(2, 3, 4)
    )


def test_a_stack_of_identities_says_which_axes_are_the_matrix() -> None:
    stack = sample(structured.Identity(2.0, axes=(-2, -1)), 3, 4, 5)
    np.testing.assert_array_equal(stack, np.broadcast_to(2 * np.eye(4, 5), (3, 4, 5)))
    outer = sample(structured.Identity(axes=(0, 3)), 4, 2, 3, 4)
    np.testing.assert_array_equal(outer, np.broadcast_to(np.eye(4)[:, None, None, :], (4, 2, 3, 4)))
    with pytest.raises(ValueError, match=r"choose `dirac`, for a stack .* \{identity: \{axes: \[-2, -1\]\}\}"):
        structured.Identity().resolve(at(8, 8, 3, 3))
