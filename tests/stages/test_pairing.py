"""A plan is for one network: its names, shapes and types."""

from __future__ import annotations

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit.stages.pairing import paired
from tests.networks import Mlp
from tests.recipes import recipe

NORMAL = '{match: "**", init: {normal: 0.02}}'


class Two(nn.Cell):
    """Two parameters, in either order."""

    def __init__(self, *names: str, dtype: mindspore.dtype.Type = mindspore.float32) -> None:
        super().__init__()
        for name in names:
            setattr(self, name, Parameter(Tensor(np.zeros((2, 3)), dtype), name=name))


def test_a_plan_of_another_network_is_refused_and_nothing_written() -> None:
    plan = mik.plan(Mlp(), recipe(NORMAL))
    other = Mlp((20, 128, 10))
    before = {name: parameter.asnumpy().copy() for name, parameter in other.parameters_and_names()}

    with pytest.raises(
        mik.ApplyError, match=r"'hidden\.weight' is \(128, 20\) float32; the plan was made for \(256, 20\)"
    ):
        mik.apply(other, plan, seed=7)

    assert all(np.array_equal(parameter.asnumpy(), before[name]) for name, parameter in other.parameters_and_names())


def test_parameters_come_in_the_order_of_the_plan() -> None:
    plan = mik.plan(Two("a", "b"), recipe(NORMAL))

    assert paired(plan, Two("a", "b")).names == ["a", "b"]
    assert paired(plan, Two("b", "a")).names == ["a", "b"]


def test_what_is_missing_too_much_or_of_another_type_is_said() -> None:
    plan = mik.plan(Two("weight", "bias"), recipe(NORMAL))

    with pytest.raises(mik.ApplyError) as caught:
        paired(plan, Two("weigth", "bias", dtype=mindspore.float16))

    assert [finding.message for finding in caught.value.findings] == [
        "the plan has no parameter 'weigth'",
        "'bias' is (2, 3) float16; the plan was made for (2, 3) float32",
        "the network has no parameter 'weight'",
    ]
    assert (caught.value.findings[2].help or "").startswith("did you mean 'weigth'? Otherwise make the plan anew")
