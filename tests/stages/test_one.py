"""One parameter by itself."""

from __future__ import annotations

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik


def mlp() -> nn.Cell:
    return nn.SequentialCell(nn.Dense(4, 8), nn.Dense(8, 2))


def test_one_parameter_is_initialised_as_by_an_apply() -> None:
    net = mlp()
    weight = net[0].weight

    assert mik.init_(weight, "orthogonal", gain=2.0, seed=1) is weight
    assert np.allclose(weight.asnumpy().T @ weight.asnumpy(), 4 * np.eye(4), atol=1e-5)
    mik.init_(net[0].bias, 0.5)
    assert (net[0].bias.asnumpy() == 0.5).all()
    mik.init_(weight, mik.initializers.Normal(0.25), seed=7)
    one = weight.asnumpy().copy()
    mik.apply(net, {"**": {"normal": 0.25}}, seed=7)
    assert np.array_equal(one, weight.asnumpy()) == (weight.name == "0.weight")


def test_one_frozen_parameter_is_initialised_too() -> None:
    weight = mlp()[0].weight
    weight.requires_grad = False

    mik.init_(weight, 3)

    assert (weight.asnumpy() == 3).all()


def test_one_parameter_and_a_word_that_is_no_initializer() -> None:
    with pytest.raises(mik.RecipeError, match="did you mean 'orthogonal'"):
        mik.init_(mlp()[0].weight, "orthogonl")
