"""What ranks take of values that are there."""

from __future__ import annotations

import numpy as np
import pytest
from mindspore import Parameter, nn
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, stream


def held(parameter: Parameter) -> NDArray[np.float32]:
    values = parameter.asnumpy()
    return np.asarray(values.astype(np.float32)).copy()


class Towers(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Dense(8, 4, has_bias=False), nn.Dense(8, 4, has_bias=False)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_changes_its_part(rank: int) -> None:
    layout = mik.layouts.layout({"tp": 2}, [mik.layouts.place("**.weight", mik.layouts.split(0, over="tp"))])
    rules = [
        {"match": "a.weight", "init": "keep", "then": [{"add": {"normal": 1}}]},
        {"match": "b.weight", "like": "a.weight"},
    ]
    net = Towers()
    before = held(net.a.weight)

    mik.apply(net, rules, seed=3, layout=layout.at(rank))

    noise = stream.sample(draws.Normal(0.0, 1.0), (8, 8), stream.key(stream.key(3, "a.weight"), "then[0]"))
    assert np.array_equal(held(net.a.weight), before + noise[4 * rank : 4 * rank + 4])
    assert np.array_equal(held(net.b.weight), held(net.a.weight))


def test_a_rank_does_not_compute_with_what_others_hold() -> None:
    layout = mik.layouts.layout({"tp": 2}, [mik.layouts.place("a.weight", mik.layouts.split(0, over="tp"))])
    layout = mik.layouts.layout(
        {"tp": 2},
        [
            mik.layouts.place("a.weight", mik.layouts.split(0, over="tp")),
            mik.layouts.place("b.weight", mik.layouts.split(1, over="tp")),
        ],
    )
    for rules, said in (
        ([{"match": "a.weight", "init": "keep", "then": ["normalize"]}, ("**", 0)], "computed of the whole tensor"),
        ([{"match": "b.weight", "like": "a.weight"}, ("**", "keep")], "this rank has not the same part of it"),
    ):
        net = Towers()
        net.b = nn.Dense(4, 8, has_bias=False)
        with pytest.raises(mik.PlanError, match=said):
            mik.plan(net, rules, layout=layout.at(0))
