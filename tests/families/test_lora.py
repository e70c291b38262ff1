"""``peft/lora``: A is drawn, B is zero, and what they adapt is kept."""

from __future__ import annotations

import math

import numpy as np
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik


class Adapted(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.base = nn.Dense(256, 128)
        self.lora_A = nn.CellDict({"default": nn.Dense(256, 16, has_bias=False)})
        self.lora_B = nn.CellDict({"default": nn.Dense(16, 128, has_bias=False)})


class Bare(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.lora_a = Parameter(Tensor(np.ones((16, 256), np.float32)), name="lora_a")
        self.lora_b = Parameter(Tensor(np.ones((128, 16), np.float32)), name="lora_b")


def test_a_is_drawn_b_is_zero_and_the_rest_is_kept() -> None:
    net = nn.SequentialCell(Adapted())
    before = net[0].base.weight.asnumpy().copy()

    report = mik.apply(net, "peft/lora", seed=1)

    # Kaiming's uniform with a slope of sqrt(5) is U(-b, b), b = 1 / sqrt(fan_in).
    a = net[0].lora_A["default"].weight.asnumpy()
    assert abs(a).max() <= 1 / 16
    assert abs(a.std() * math.sqrt(3) * 16 - 1) < 0.05  # five standard errors of 4,096: 5 * sqrt(0.2 / 4096)
    assert (net[0].lora_B["default"].weight.asnumpy() == 0).all()
    assert np.array_equal(net[0].base.weight.asnumpy(), before)
    assert mik.verify(net, report) == ()


def test_the_gaussian_scheme_has_the_ranks_spread() -> None:
    net = nn.SequentialCell(Bare())
    recipe = mik.load_recipe({"family": "mine", "extends": "peft/lora", "vars": {"scheme": "gaussian"}, "rules": []})

    mik.apply(net, recipe, seed=1)

    assert abs(net[0].lora_a.asnumpy().std() * 16 - 1) < 5 / math.sqrt(2 * 4096)
    assert (net[0].lora_b.asnumpy() == 0).all()
