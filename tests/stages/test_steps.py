"""Steps that need more than an element are drawn alike everywhere: by slices, ranks, shards, frameworks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray
from safetensors.numpy import load_file

import ms_initkit as mik
from ms_initkit.stages.plan import plan_infos
from tests.recipes import info

RULES: list[dict[str, object]] = [
    {"match": "g.weight", "like": "v.weight", "then": [{"norm": {"axis": 1}}, {"multiply": 0.5}]},
    {"match": "v.weight", "init": {"normal": 1}, "then": [{"normalize": {"axis": 0, "to": 3}}, {"mask": "lower"}]},
    {"match": "u.weight", "init": {"uniform": 1}, "then": ["normalize", {"set": {"at": [":", 1], "to": 7}}]},
    {"match": "s.weight", "like": "v.weight", "then": [{"normalize": {"norm": "spectral"}}]},
]
SHAPES = {"g": (24, 1), "v": (24, 36), "u": (24, 36), "s": (24, 36)}


class Net(nn.Cell):
    def __init__(self, rows: int = 24) -> None:
        super().__init__()
        for name, (_, columns) in SHAPES.items():
            cell = nn.Cell()
            cell.weight = Parameter(Tensor(np.zeros((rows, columns), np.float32)))
            setattr(self, name, cell)


def held(net: nn.Cell) -> dict[str, NDArray[np.float32]]:
    return {name: parameter.asnumpy() for name, parameter in net.parameters_and_names()}


@pytest.fixture(scope="module")
def whole() -> dict[str, NDArray[np.float32]]:
    net = Net()
    report = mik.apply(net, RULES, seed=5)
    assert mik.verify(net, report.plan, seed=5) == ()
    assert mik.verify(net, report.plan) == ()
    return held(net)


def test_what_is_applied_is_what_the_steps_say(whole: dict[str, NDArray[np.float32]]) -> None:
    v = whole["v.weight"]

    assert (v == np.tril(v)).all()
    assert whole["g.weight"][:, 0] == pytest.approx(0.5 * np.linalg.norm(v, axis=1), rel=1e-6)
    assert np.linalg.norm(whole["s.weight"], 2) == pytest.approx(1.0, rel=1e-6)
    assert (whole["u.weight"][:, 1] == 7).all()


def test_any_slice_is_drawn_alone(whole: dict[str, NDArray[np.float32]]) -> None:
    plan = mik.plan(Net(), RULES)

    for name, values in whole.items():
        for index in (np.s_[3:9], np.s_[:, :1], np.s_[20:, 0:1]):
            assert np.array_equal(mik.draw(plan, name, seed=5, index=index), values[index])


@pytest.mark.parametrize("rank", range(2))
def test_each_rank_draws_its_part(rank: int, whole: dict[str, NDArray[np.float32]]) -> None:
    layout = mik.layouts.layout({"tp": 2}, [mik.layouts.place("**", mik.layouts.split(0, over="tp"))])
    net = Net(rows=12)

    mik.apply(net, RULES, seed=5, layout=layout.at(rank))

    for name, values in held(net).items():
        assert np.array_equal(values, whole[name][12 * rank : 12 * rank + 12])


def test_shards_have_them(whole: dict[str, NDArray[np.float32]], tmp_path: Path) -> None:
    plan = plan_infos([info(f"{name}.weight", shape) for name, shape in SHAPES.items()], RULES)

    mik.materialize(plan, tmp_path, seed=5, shard_size=2000)

    found = {name: values for file in tmp_path.glob("*.safetensors") for name, values in load_file(file).items()}
    assert found.keys() == whole.keys()
    for name, values in whole.items():
        assert np.array_equal(found[name], values)


def test_frameworks_get_slices_of_them(whole: dict[str, NDArray[np.float32]]) -> None:
    with mik.deferred():
        net = nn.SequentialCell(nn.Dense(36, 24, has_bias=False))
    rules = [{**RULES[1], "match": "0.weight"}]
    plan = mik.plan(net, rules)
    mik.attach(net, plan, seed=5)

    part = net[0].weight.init_mode.init_data(1, (24, 18))

    assert np.array_equal(part.asnumpy(), mik.draw(plan, "0.weight", seed=5)[:, 18:])


def test_what_is_changed_is_held_once() -> None:
    net = nn.SequentialCell(nn.Dense(4096, 2048, has_bias=False))
    rules = [{"match": "**", "init": "keep", "then": [{"normalize": {"axis": 0}}, {"add": {"normal": 0.1}}]}]
    plan = mik.plan(net, rules)
    mik.apply(net, plan, seed=1)

    tracemalloc.start()
    mik.apply(net, plan, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < net[0].weight.size * 4 / 2  # of the 32 MiB that the parameter takes


def test_the_page_and_the_figures_of_what_has_no_law(tmp_path: Path) -> None:
    net = Net()
    report = mik.apply(net, [{"match": "v.weight", "init": "keep", "then": [{"add": 1}]}, ("**", "keep")], seed=5)

    text = report.to_html(tmp_path / "report.html").read_text()

    assert "keep, then add 1" in text
    assert report.to_file_text().endswith("verified: bit for bit the values of seed 5\n")
