"""Recipes for layers as their makers leave them read what each cell was made with."""

from __future__ import annotations

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


def test_the_standard_deviation_beside_a_padding_row_is_that_of_the_layer() -> None:
    net = nn.SequentialCell(mint.nn.Embedding(1000, 64, padding_idx=0))

    plan = mik.plan(net, "mindspore-default")

    assert plan["0.weight"].moments.std == pytest.approx(np.sqrt(999 / 1000))
