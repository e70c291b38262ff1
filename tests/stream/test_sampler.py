"""What is drawn: the contract of the random numbers, kind by kind, on whichever of kernels and oracle is there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import (
    Blocks,
    Constant,
    Edited,
    Keep,
    Mixture,
    Normal,
    Repeated,
    SetElement,
    SetRows,
    Step,
    Uniform,
)
from tests.pinned import KEY, PINNED, SHAPE
from tests.stream.distributions import SAMPLE, check_distribution

Array = NDArray[np.float32]


def test_a_uniform_is_uniform() -> None:
    values = stream.sample(Uniform(-1.0, 3.0), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.uniform(-1.0, 4.0))
    assert values.min() >= -1.0
    assert values.max() < 3.0


def test_a_normal_is_normal() -> None:
    values = stream.sample(Normal(1.0, 2.0), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.norm(1.0, 2.0))
    z = (values.astype(np.float64) - 1.0) / 2.0
    # Standard errors of a normal sample's skewness and kurtosis: sqrt(6 / n), sqrt(24 / n).
    assert abs(np.mean(z**3)) < 5 * math.sqrt(15 / SAMPLE)
    assert abs(np.mean(z**4) - 3.0) < 5 * math.sqrt(96 / SAMPLE)


def test_a_mixture_chooses_by_its_weights() -> None:
    weights = (0.2, 0.5, 0.3)
    values = stream.sample(Mixture(weights, (Constant(0.0), Constant(1.0), Constant(2.0))), (SAMPLE,), KEY)

    for k, weight in enumerate(weights):
        share = np.mean(values == k)
        assert abs(share - weight) < 5 * math.sqrt(weight * (1 - weight) / SAMPLE)


def test_a_mixtures_choice_is_independent_of_its_values() -> None:
    values = stream.sample(Mixture((0.5, 0.5), (Uniform(0.0, 1.0), Uniform(2.0, 3.0))), (SAMPLE,), KEY)

    check_distribution(values[values < 1.5], scipy.stats.uniform(0.0, 1.0))


def test_a_nested_mixture_chooses_independently() -> None:
    inner = Edited(Mixture((0.5, 0.5), (Constant(0.0), Constant(1.0))), (Step("add", 0.0),))
    values = stream.sample(Mixture((0.5, 0.5), (inner, Constant(5.0))), (SAMPLE,), KEY)

    assert abs(np.mean(values[values < 5.0]) - 0.5) < 5 * math.sqrt(0.25 / (SAMPLE / 2))


def test_blocks_of_one_law_change_nothing() -> None:
    normal = Normal(0.0, 1.0)

    cut = stream.sample(Blocks(1, (3, 4, 5), (normal,) * 3), (6, 12, 5), KEY)

    assert np.array_equal(cut, stream.sample(normal, (6, 12, 5), KEY))


@pytest.mark.parametrize("axis", [0, 1])
def test_blocks_that_share_words_are_one_draw_in_several_laws(axis: int) -> None:
    laws = (Normal(0.0, 1.0), Edited(Normal(0.0, 1.0), (Step("multiply", -1.0),)))

    first, second = np.split(stream.sample(Blocks(axis, (3, 3), laws, shares_words=True), (6, 6), KEY), 2, axis)

    assert np.array_equal(first, -second)
    alone = stream.sample(Normal(0.0, 1.0), (6, 6), KEY)
    assert np.array_equal(first, alone[:3] if axis == 0 else alone[:, :3])


def test_blocks_that_share_words_are_of_one_size() -> None:
    with pytest.raises(ValueError, match="share their words are of one size"):
        stream.sample(Blocks(0, (2, 4), (Constant(1.0),) * 2, shares_words=True), (6, 6), KEY)


@pytest.mark.parametrize("axis", [0, 1])
def test_repeated_blocks_share_no_values(axis: int) -> None:
    blocks = stream.sample(Blocks(axis, (4, 4), (Repeated(axis, 2, Normal(0.0, 1.0)),) * 2), (8, 8), KEY)

    assert len(np.unique(blocks)) == 32


def test_repeated_takes_the_base_tensors_numbers() -> None:
    base = stream.sample(Normal(0.0, 1.0), (3, 5), KEY)

    values = stream.sample(Repeated(0, 4, Normal(0.0, 1.0)), (12, 5), KEY)

    assert np.array_equal(values, np.repeat(base, 4, axis=0))


def test_edits_are_made_in_order() -> None:
    draw = Edited(
        Constant(3.0), (Step("add", 1.0), Step("multiply", 2.0), SetRows((-1,), 5.0), SetElement((0, 1), 7.0))
    )

    assert stream.sample(draw, (2, 2), KEY).tolist() == [[8.0, 7.0], [5.0, 5.0]]


def test_an_inverse_softplus_is_inverted_by_softplus() -> None:
    x = stream.sample(Uniform(0.001, 0.1), (1000,), KEY).astype(np.float64)

    y = stream.sample(Edited(Uniform(0.001, 0.1), (Step("inverse_softplus"),)), (1000,), KEY).astype(np.float64)

    # y is rounded to 24 bits: d softplus / softplus is at most |y| 2**-25 for so small a softplus.
    assert np.max(np.abs(np.log1p(np.exp(y)) / x - 1.0)) < 7 * 2.0**-24


@pytest.mark.parametrize("edit", [SetElement((5, 0), 0.0), SetElement((0,), 0.0), SetRows((2,), 0.0)])
def test_an_edit_outside_the_tensor_is_refused(edit: SetElement | SetRows) -> None:
    with pytest.raises(ValueError, match="in a tensor of shape"):
        stream.sample(Edited(Constant(0.0), (edit,)), (2, 2), KEY)


def test_what_is_not_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="what is kept is not drawn"):
        stream.sample(Keep(), (2, 2), KEY)


def test_numpys_generator_is_left_alone() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002  # this is the generator that must not move

    for draw in PINNED.values():
        stream.sample(draw, SHAPE, KEY)

    after = np.random.get_state(legacy=False)  # noqa: NPY002  # as above
    np.testing.assert_equal(after, before)
