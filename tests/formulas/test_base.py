"""Formulas by name: found in any spelling, built from plain values, refused where they make no sense."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import pytest

import ms_initkit as mik
from ms_initkit import formulas
from ms_initkit.formulas import elementary, priors, recurrent, rwkv, scaling, state_space, structured
from ms_initkit.formulas.base import Formula
from tests.formulas.sampled import at
from tests.laws import EXAMPLES


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("XavierNormal", scaling.XavierNormal),
        ("xavier_normal", scaling.XavierNormal),
        ("xavier_normal_", scaling.XavierNormal),
        ("Xaviernormal", scaling.XavierNormal),
        ("xavier-normal", scaling.XavierNormal),
        ("kaiming_normal_", scaling.HeNormal),
        ("glorot_uniform", scaling.XavierUniform),
        ("Zero", elementary.Zeros),
        ("ones", elementary.Ones),
        ("One", elementary.Ones),
        ("truncatedNormal", elementary.TruncatedNormal),
        ("trunc_normal_", elementary.TruncNormal),
        ("torch_default", scaling.LayerDefault),
    ],
)
def test_a_formula_is_found_in_any_spelling(name: str, formula: type[Formula]) -> None:
    assert formulas.find(name) is formula


def test_mindspores_sixteen_are_all_here() -> None:
    from mindspore.common import initializer

    theirs = [name for name in initializer.__all__ if name.lower() != "initializer"]
    assert len(theirs) >= 15
    for name in theirs:
        assert formulas.find(name) is not None, name
        assert hasattr(mik.initializers, name)


def test_torchs_are_all_here() -> None:
    names = (
        "uniform_ normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_ xavier_normal_ kaiming_uniform_ "
        "kaiming_normal_ trunc_normal_ orthogonal_ sparse_"
    )
    for name in names.split():
        assert formulas.find(name) is not None, name


def test_an_unknown_name_is_none() -> None:
    assert formulas.find("he_nromal") is None
    with pytest.raises(ValueError, match="no initializer is called 'he_nromal'"):
        formulas.known("he_nromal")


def test_names_are_sorted_snake_case_and_unique() -> None:
    names = formulas.names()

    assert list(names) == sorted(set(names))
    assert all(name == formulas.snake_case(name) for name in names)
    assert len({formulas.known(name) for name in names}) == len(names) >= len(formulas.SHIPPED)


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("XavierNormal", "xavier_normal"),
        ("LSTMBias", "lstm_bias"),
        ("Rwkv7Bias", "rwkv7_bias"),
        ("already_so", "already_so"),
    ],
)
def test_class_names_become_snake_case(camel: str, snake: str) -> None:
    assert formulas.snake_case(camel) == snake


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_name_builds_its_example_from_names_and_plain_values(name: str) -> None:
    formula = EXAMPLES[name].formula
    given = {key: getattr(formula, key) for key in formula.get_config()}

    assert formulas.build(name, given) == formula


@pytest.mark.parametrize("formula", formulas.SHIPPED, ids=lambda formula: formula.__name__)
def test_a_formula_is_made_from_its_defaults_or_says_what_is_missing(formula: type[Formula]) -> None:
    required = [argument.name for argument in formulas.arguments(formula) if argument.is_required]

    if required:
        with pytest.raises(TypeError, match=required[0]):
            formula()
    else:
        assert formula() == formula()


def test_a_name_has_to_be_one() -> None:
    with pytest.raises(ValueError, match="'my init' cannot be a name"):
        formulas.register("my init", scaling.XavierNormal)


def test_the_registry_needs_neither_numpy_nor_mindspore() -> None:
    code = (
        "import sys; from ms_initkit import formulas; formulas.build('icnr', {'scale': 2});"
        "print([name for name in ('numpy', 'mindspore', 'numba') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


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


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_formula_comes_back_from_its_config(name: str) -> None:
    formula = EXAMPLES[name].formula

    assert type(formula).from_config(formula.get_config()) == formula
    assert hash(formula) == hash(type(formula).from_config(formula.get_config()))
