from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit.networks.held import held
from tests.networks import Stack, Tied
from tests.recipes import recipe


def test_names_are_mindspores() -> None:
    net = Stack()
    walked = dict(net.parameters_and_names())
    found = held(net)
    assert found.names == list(walked)
    assert all(mine is other for mine, other in zip(found.parameters, walked.values(), strict=True))
    assert found.shapes == [tuple(each.shape) for each in walked.values()]
    assert found.dtypes == [str(each.dtype).lower() for each in walked.values()]
    assert found.addresses is None


def test_one_parameter_of_two_names_is_held_once() -> None:
    found = held(Tied(), with_addresses=True)
    assert len(set(map(id, found.parameters))) == len(found.names) < len(list(held_names(Tied())))
    assert found.addresses is not None
    assert found.addresses.tolist() == [each.data_ptr() for each in found.parameters]


def held_names(net: nn.Cell) -> list[str]:
    return [f"{prefix}.{leaf}" for prefix, cell in net.cells_and_names() for leaf in cell._params]


def test_what_has_no_values_yet_lies_nowhere() -> None:
    with mik.deferred():
        net = nn.Dense(3, 4)
    found = held(net, with_addresses=True)
    assert found.addresses is not None
    assert found.addresses.tolist() == [0, 0]
    net.weight.init_data()
    found = held(net, with_addresses=True)
    assert found.addresses is not None
    assert found.addresses.tolist() == [net.weight.data_ptr(), 0]


def test_what_init_data_made_stands_for_the_parameter() -> None:
    with mik.deferred():
        net = nn.Dense(3, 4)
    made = Parameter(Tensor(np.zeros((4, 3), np.float32)), name="made")
    net.weight._inited_param = made
    assert held(net).parameters[0] is made


@pytest.mark.since("2.7.1")  # 2.7.0 is not asked where values lie
def test_an_apply_of_a_plan_looks_once_at_each_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be 20,000: to look at them again is to wait for memory again."""
    net = nn.SequentialCell([nn.Dense(8, 8) for _ in range(50)])
    plan = mik.plan(net, recipe('{match: "**", init: {normal: 0.02}}'))
    looks: Counter[str] = Counter()
    shape, dtype, pointer = (vars(mindspore.Tensor)[name] for name in ("shape", "dtype", "data_ptr"))

    def counted(name: str, look: Any) -> Any:  # noqa: ANN401 (of any of them)
        def ask(tensor: mindspore.Tensor) -> Any:  # noqa: ANN401
            looks[name] += 1
            return look(tensor)

        return ask

    monkeypatch.setattr(mindspore.Tensor, "shape", property(counted("shape", shape.fget)))
    monkeypatch.setattr(mindspore.Tensor, "dtype", property(counted("dtype", dtype.fget)))
    monkeypatch.setattr(mindspore.Tensor, "data_ptr", counted("data_ptr", pointer))
    mik.apply(net, plan, seed=1)
    assert looks == {"shape": 100, "dtype": 100, "data_ptr": 100}


def calls_of_an_apply(init: str) -> int:
    """Returns how often anything is called while a plan is applied to one small parameter for the second time."""
    net = nn.SequentialCell([nn.Dense(8, 8, has_bias=False)])
    plan = mik.plan(net, recipe(f'{{match: "**", init: {init}}}'))
    mik.apply(net, plan, seed=1)
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        del frame, argument
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        mik.apply(net, plan, seed=1)
    finally:
        sys.setprofile(before)
    return calls


def test_an_apply_of_a_plan_to_one_small_parameter_is_a_few_hundred_calls() -> None:
    """It is to take less than MindSpore's own way: what is the same every time is found out once."""
    assert calls_of_an_apply("{normal: 0.02}") < 400


@pytest.mark.parametrize("constant", ["zeros", "ones", "0.02"])
def test_a_constant_calls_no_more_than_what_is_drawn(constant: str) -> None:
    assert calls_of_an_apply(constant) <= calls_of_an_apply("{normal: 0.02}")
