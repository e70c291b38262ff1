"""What is fixed and what is repeated, wherever it lies."""

from __future__ import annotations

import numpy as np
from mindspore import nn

import ms_initkit as mik
from ms_initkit.layouts.python import layout, place, split
from tests.recipes import recipe


def test_what_is_to_be_repeated_is_compared() -> None:
    net = nn.Conv2d(4, 32, 3, has_bias=False)
    plan = mik.apply(net, recipe('{match: "**", init: {icnr: {scale: 2}}}'), seed=7).plan
    assert mik.verify(net, plan) == ()
    net.weight.asnumpy()[5, 1, 1, 1] += np.float32(1e-3)

    (finding,) = mik.verify(net, plan)

    assert finding.code == "different-values"
    assert "1 values are not those that they repeat, 4 at a time along axis 0" in finding.message


def test_a_rank_s_slices_are_held_to_their_law_and_to_what_is_fixed_in_them() -> None:
    net = nn.Dense(64, 48, has_bias=False)
    rules = '{match: "**", init: {normal: 0.02}, then: [zero_rows: [50]]}'
    position = layout({"tp": 2}, [place("**", split(0, "tp"))]).at(1)
    plan = mik.apply(net, recipe(rules), seed=7, layout=position).plan
    assert mik.verify(net, plan) == ()
    net.weight.asnumpy()[2, 0] = 0.02

    (finding,) = mik.verify(net, plan)

    assert "1 values are not those that the plan fixes, the first at [2, 0]: 0.02 in place of 0.0" in finding.message
