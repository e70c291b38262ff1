"""A small network and rules of every kind for it."""

from __future__ import annotations

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, nn

RULES = """
{match: a, init: {mixture: {parts: [[0.5, {normal: 1}], [0.5, {uniform: {low: -1, high: 1}}]]}}}
{match: b, init: orthogonal, then: [{multiply: 0.5}, {zero_rows: [0]}, {set: {at: [1, 1], to: 2}}]}
{match: c, init: {normal: 0.02}, blocks: {axis: 0, sizes: [2, 4]}}
{match: d, init: {linspace: {start: 0, stop: 1}}}
{match: e, init: {truncated_normal: {sigma: 1, a: -2, b: 2, bounds: sigmas}}}
{match: {name: f, trainable: any}, init: 3}
{match: g, init: keep}
"""


class Net(nn.Cell):
    """A network that the rules are for."""

    def __init__(self) -> None:
        super().__init__()
        for name in "abcde":
            setattr(self, name, Parameter(Tensor(np.zeros((6, 6), np.float32)), name=name))
        self.f = Parameter(Tensor(np.zeros(2, np.int32)), requires_grad=False, name="f")
        self.g = Parameter(Tensor(np.full(2, 7.0), mindspore.float32), name="g")
