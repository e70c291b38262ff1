"""Draws that no binding makes of any recipe."""

from __future__ import annotations

import math

import pytest

from ms_initkit import draws
from ms_initkit.draws.functions import Norm, Normalize, SpectralNormalize
from ms_initkit.draws.valid import fault
from tests.draws.edited import NOISE
from tests.laws import EXAMPLES

NORMAL = draws.Normal(0.0, 1.0)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ((NOISE, NOISE), "no two draws are added of the same random numbers"),
        ((draws.AddDraw(draws.Keep(), "a"),), "a part of a parameter cannot be kept"),
        ((draws.AddDraw(draws.Normal(0.0, -1.0), "a"),), "no distribution has the mean"),
        ((draws.AddDraw(draws.Constant(0.0), "\ud800"),), "the names of random numbers are text"),
    ],
)
def test_edits_that_add_are_refused(edits: tuple[draws.Edit, ...], message: str) -> None:
    assert message in str(fault(draws.Edited(draws.Constant(0.0), edits), (2, 2)))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (draws.SetBox((((0, 1),),), 0.0), "is not in (4, 4)"),
        (draws.SetBox((((0, 5),), ((0, 1),)), 0.0), "are not stretches of axis 0"),
        (draws.SetElement((0, 0), math.nan), "is not set to nan"),
        (draws.Masked(draws.Normal(0.0, 1.0)), "a mask is not drawn"),
    ],
)
def test_edits_of_single_values_are_refused(edit: draws.Edit, message: str) -> None:
    assert message in str(fault(draws.Edited(draws.Constant(0.0), (edit,)), (4, 4)))


@pytest.mark.parametrize(
    ("draw", "shape", "message"),
    [
        (draws.Made(NORMAL, (4, 9), Norm((2,))), (4,), "are not axes of (4, 9)"),
        (draws.Made(NORMAL, (4, 9), Norm((1, 0))), (), "ascending order"),
        (draws.Made(NORMAL, (4, 9), Norm((1,))), (9,), "what is made of (4, 9) is (4,), not (9,)"),
        (draws.Made(NORMAL, (4,), SpectralNormalize(1.0)), (4,), "has no two axes"),
        (draws.Made(NORMAL, (4,), Normalize((0,), float("inf"))), (4,), "a norm is a finite number"),
        (draws.Made(draws.Keep(), (4,), Normalize((0,), 1.0)), (4,), "cannot be kept"),
        (draws.Made(draws.Normal(0.0, -1.0), (4,), Normalize((0,), 1.0)), (4,), "no distribution"),
    ],
)
def test_functions_of_all_values_are_refused(draw: draws.Draw, shape: tuple[int, ...], message: str) -> None:
    assert message in str(fault(draw, shape))


def test_rows_that_are_none_are_refused() -> None:
    one = draws.Constant(1.0)
    for rows in ((), ((2, 1),), ((0, 2), (1, 3)), ((3, 5),), ((-1, 2),)):
        assert "are not stretches of axis 0 of (4, 4)" in str(fault(draws.InRows(rows, one, draws.There()), (4, 4)))
    assert fault(draws.InRows(((1, 3),), draws.Keep(), one), (4, 4)) is not None
    assert fault(draws.InRows(((1, 3),), one, draws.There()), (4, 4)) is None


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_formula_makes_makes_sense(name: str) -> None:
    example = EXAMPLES[name]

    assert fault(example.formula.resolve(example.site), example.shape) is None


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (draws.Constant(math.inf), "a constant is finite, not inf"),
        (draws.Uniform(2.0, 1.0), "no distribution lies from 2.0 to 1.0"),
        (draws.Normal(math.nan, 1.0), "no distribution has the mean nan"),
        (draws.TruncatedNormal(0.0, 1.0, 2.0, 1.0), "no number lies from 2.0 to 1.0"),
        (draws.TruncatedNormal(0.0, 1.0, math.inf, math.inf), "no number lies from inf to inf"),
        (draws.Mixture((0.5, 0.4), (NORMAL, NORMAL)), "their sum is 1"),
        (draws.Mixture((1.5, -0.5), (NORMAL, NORMAL)), "none negative"),
        (draws.Mixture((), ()), "one weight for each of its draws"),
        (draws.Blocks(0, (1, 2), (NORMAL, NORMAL)), "do not make up (4, 4)"),
        (draws.Blocks(2, (4,), (NORMAL,)), "do not make up (4, 4)"),
        (draws.Blocks(0, (1, 3), (NORMAL, NORMAL), shares_words=True), "are of one size"),
        (draws.Repeated(0, 3, NORMAL), "axis 0 of (4, 4) is not 3 times something"),
        (draws.Whole("eigen"), "no draw of a whole tensor is called 'eigen'"),
        (draws.Whole("sparse", (("sparsity", "half"),)), "sparse cannot be drawn of"),
        (draws.Whole("orthogonal", (("batch_axes", (0,)),)), "takes 2 to 64 axes"),
        (draws.Whole("orthogonal", (("batch_axes", (5,)),)), "batch_axes are axes of (4, 4), not (5,)"),
        (draws.Table("eyes"), "table 'eyes' cannot be made of"),
        (draws.Edited(draws.Keep(), ()), "a part of a parameter cannot be kept"),
        (draws.Edited(NORMAL, (draws.Step("add", math.inf),)), "a step takes a finite number, not inf"),
        (draws.Edited(NORMAL, (draws.SetElement((0, 4), 1.0),)), "[0, 4] is not a place in (4, 4)"),
        (draws.Edited(NORMAL, (draws.SetRows((4,)),)), "[4] are not all rows of (4, 4)"),
    ],
)
def test_what_no_formula_makes_is_refused(draw: draws.Draw, message: str) -> None:
    assert message in str(fault(draw, (4, 4)))
