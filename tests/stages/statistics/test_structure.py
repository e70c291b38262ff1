"""Orthogonality, looked at block by block and member by member."""

from __future__ import annotations

import numpy as np
from mindspore import nn

import ms_initkit as mik
from tests.recipes import recipe


def test_a_block_that_is_not_as_drawn_is_found_by_its_place() -> None:
    net = nn.Dense(32, 96, has_bias=False)
    plan = mik.apply(net, recipe('{match: "**", blocks: {axis: 0, parts: 3}, init: orthogonal}'), seed=7).plan
    assert mik.verify(net, plan) == ()
    net.weight.asnumpy()[64:] *= np.float32(1.5)

    (finding,) = mik.verify(net, plan)

    assert finding.code == "lost-orthogonality"
    assert "in part 3 of 3, [64:96, 0:32]: W W^T is not 1 I" in finding.message


def test_a_stack_of_orthogonal_matrices_is_looked_at_member_by_member() -> None:
    net = nn.CellList([nn.Conv1d(16, 4, 16, has_bias=False)])
    rules = '{match: "**", init: orthogonal, fans: {batch_axes: [0]}}'
    plan = mik.apply(net, recipe(rules), seed=7).plan
    assert mik.verify(net, plan) == ()
    net[0].weight.asnumpy()[2] *= np.float32(1.5)

    (finding,) = mik.verify(net, plan)

    assert finding.code == "lost-orthogonality"
    assert "member [2]: W W^T is not 1 I" in finding.message
