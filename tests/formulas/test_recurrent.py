"""Biases of recurrent layers, gate by gate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ms_initkit.formulas import elementary, recurrent
from tests.formulas.sampled import sample


@pytest.mark.parametrize(
    ("order", "block"), [("ifgo", 1), ("ifog", 1), ("icfo", 2), ("iofc", 2), ("ijfo", 2), ("fico", 0), ("giof", 3)]
)
def test_the_forget_gate_is_found_in_each_order(order: str, block: int) -> None:
    b = sample(recurrent.LstmForgetBias(1.5, order), 12).reshape(4, 3)

    assert (b[block] == 1.5).all()
    assert not np.delete(b, block, axis=0).any()


def test_the_other_gates_draw_what_they_are_told() -> None:
    b = sample(recurrent.LstmForgetBias(others=elementary.Uniform(0.1)), 4000).reshape(4, 1000)

    assert (b[1] == 1).all()
    assert len(np.unique(b)) > 2900


def test_chrono_input_biases_are_the_forget_biases_negated() -> None:
    b = sample(recurrent.Chrono(100, "ifgo"), 4000).reshape(4, 1000)

    np.testing.assert_array_equal(b[0], -b[1])
    assert b[1].min() >= 0
    assert b[1].max() <= math.log(99)
    assert len(np.unique(b[1])) > 990
    assert not b[2:].any()
