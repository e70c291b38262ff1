"""Recipes for layers as their makers leave them read what each cell was made with."""

from __future__ import annotations

from collections.abc import Callable

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, mint, nn

import ms_initkit as mik


class PortedPReLU(nn.Cell):
    """Keeps its first slope as torch's own layer does."""

    def __init__(self, init: float) -> None:
        super().__init__()
        self.init = init
        self.weight = Parameter(Tensor(np.full(3, init, np.float32)))


PortedPReLU.__name__ = "PReLU"


@pytest.mark.parametrize("recipe", ["base", "torch-default", "mindspore-default"])
def test_the_padding_row_of_an_embedding_is_zero(recipe: str) -> None:
    net = nn.SequentialCell(
        nn.Embedding(10, 4, padding_idx=3), nn.Embedding(10, 4), mint.nn.Embedding(10, 4, padding_idx=-1)
    )

    mik.apply(net, recipe, seed=1)

    rows = [np.flatnonzero(~parameter.asnumpy().any(axis=1)).tolist() for parameter in net.get_parameters()]
    assert rows == [[3], [], [9]]


@pytest.mark.parametrize("recipe", ["base", "torch-default", "mindspore-default"])
def test_a_rectifier_has_the_slope_that_its_cell_keeps(recipe: str) -> None:
    net = nn.SequentialCell(PortedPReLU(0.1), nn.PReLU(3))

    mik.apply(net, recipe, seed=1)

    first, second = (parameter.value().asnumpy() for parameter in net.get_parameters())
    np.testing.assert_array_equal(first, np.full(3, 0.1, np.float32))
    np.testing.assert_array_equal(second, np.full(3, 0.25, np.float32))


@pytest.mark.parametrize("recipe", ["base", "torch-default", "mindspore-default"])
@pytest.mark.parametrize(
    ("made", "slope"),
    [
        (lambda: nn.PReLU(w=0.1), 0.1),
        (lambda: nn.PReLU(3, 0.01), 0.01),
        (lambda: nn.PReLU(2, Tensor([0.125, 0.125], mindspore.float32)), 0.125),
        (lambda: nn.PReLU(2, [0.3, 0.3]), 0.3),
        (lambda: nn.PReLU(4, 0.0), 0.0),
        (lambda: mint.nn.PReLU(2, 0.05), 0.05),
        (lambda: mint.nn.PReLU(), 0.25),
    ],
)
def test_a_rectifier_of_mindspore_has_the_slope_that_it_was_made_with(
    made: Callable[[], nn.Cell], slope: float, recipe: str
) -> None:
    net = nn.SequentialCell(made())

    mik.apply(net, recipe, seed=1)

    (parameter,) = net.get_parameters()
    assert set(parameter.asnumpy().tolist()) == {float(np.float32(slope))}


def test_a_slope_that_was_trained_is_not_taken_for_a_choice() -> None:
    net = nn.SequentialCell(nn.PReLU(w=0.1))
    net[0].w.set_data(Tensor([0.1234567], mindspore.float32))

    mik.apply(net, "base", seed=1)

    assert net[0].w.asnumpy().tolist() == [0.25]


def test_the_standard_deviation_beside_a_padding_row_is_that_of_the_layer() -> None:
    net = nn.SequentialCell(mint.nn.Embedding(1000, 64, padding_idx=0))

    plan = mik.plan(net, "mindspore-default")

    assert plan["0.weight"].moments.std == pytest.approx(np.sqrt(999 / 1000))
