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
from ms_initkit import draws
from ms_initkit.findings import PlanError
from ms_initkit.plans.bind import bind
from ms_initkit.stages.plan import plan_infos
from tests.recipes import info, recipe

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


def of_all(rule: str) -> mik.Recipe:
    return mik.load_recipe(f"{{family: x, rules: [{{match: '**', {rule}}}]}}")


def dense(shape: tuple[int, int] = (64, 64)) -> nn.Cell:
    return nn.SequentialCell(nn.Dense(shape[1], shape[0], has_bias=False))


@pytest.mark.parametrize(
    "rule",
    [
        "init: {normal: 0.02}, then: [{multiply: 0.5}, {add: {normal: 0.01}}, {zero_rows: [0]}]",
        "init: {uniform: 0.1}, then: [{add: {uniform: 0.01}}]",
        "init: {identity: {}}, then: [{add: {normal: 0.01}}]",
        "init: orthogonal, then: [{add: {normal: 0.01}}, {multiply: 2}]",
        "init: ones, then: [{zero_rows: [1]}, {add: {normal: 0.01}}]",
        "init: ones, then: [{add: {constant: 2}}]",
        "init: {normal: 1}, blocks: {axis: 0, parts: 2}, then: [{add: {orthogonal: {gain: 2}}}]",
    ],
)
def test_verify_holds_for_sums_with_a_seed_and_without(rule: str) -> None:
    net = dense()
    report = mik.apply(net, of_all(rule), seed=1)

    assert mik.verify(net, report, seed=1) == ()
    assert mik.verify(net, report) == ()


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_verify_without_a_seed_finds_another_spread_of_a_sum_of_normals(factor: float) -> None:
    net = dense((128, 128))
    due = mik.plan(net, of_all("init: {normal: 1}, then: [{add: {normal: 1}}]"))

    mik.apply(net, of_all(f"init: {{normal: 1}}, then: [{{add: {{normal: {factor}}}}}]"), seed=1)

    # 16,384 values of variance 1.25 or 5 where 2 are due: more than 25 standard errors.
    assert {finding.code for finding in mik.verify(net, due)} & {"wrong-law", "wrong-std"}


def test_noise_on_loaded_values(tmp_path: Path) -> None:
    old = np.arange(4096, dtype=np.float32).reshape(64, 64)
    np.save(tmp_path / "old.npy", old)
    net = dense()

    rule = f"from: '{tmp_path}/old.npy', then: [{{multiply: 0.5}}, {{add: {{normal: 0.1}}}}]"
    report = mik.apply(net, of_all(rule), seed=1)

    noise = net[0].weight.asnumpy() - 0.5 * old
    assert 0.09 < noise.std() < 0.11  # nine standard errors of 4,096
    assert report.plan["0.weight"].is_loaded
    assert mik.verify(net, report, seed=1) == ()
    assert mik.verify(net, report) == ()


def test_copies_with_noise_have_noise_of_their_own() -> None:
    net = nn.CellList([nn.Dense(64, 64, has_bias=False) for _ in range(3)])
    rules = "[{match: '0.weight', init: zeros}, {match: '{i}.weight', like: '0.weight', then: [{add: {normal: 1}}]}]"

    report = mik.apply(net, mik.load_recipe(f"{{family: x, rules: {rules}}}"), seed=1)

    first, second = net[1].weight.asnumpy(), net[2].weight.asnumpy()
    assert abs((first * second).mean()) < 5 / 64  # five standard errors of 4,096 products
    assert report.plan["1.weight"].initializer == "like 0.weight: zeros, then add normal(sigma=1)"
    assert mik.verify(net, report, seed=1) == ()


def test_fans_of_what_is_added_are_the_parameters() -> None:
    net = dense((32, 64))
    plan = mik.plan(net, of_all("init: zeros, then: [{add: {normal: '1 / fan_in'}}]"))

    added = draws.AddDraw(draws.Normal(0.0, 1 / 64), "then[0]")
    assert plan["0.weight"].draw == draws.Edited(draws.Constant(0.0), (added,))
    assert plan["0.weight"].initializer == "zeros, then add normal(sigma=1 / fan_in)"
    assert mik.Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "then",
    [
        "[{mask: lower}]",
        "[{mask: {upper: 1}}, {multiply: 2}]",
        "[{mask: FOLDER/mask.npy}]",
        "[{mask: {path: FOLDER/masks.npz, key: m}}]",
        "[{zero_columns: [0, -1]}]",
        "[{zero_rows: '10:'}]",
        "[{zero_rows: [0, '60:']}]",
        "[{set: {at: [3], to: -inf}}]",
        "[{set: {at: [-1, '2:5'], to: 7}}]",
        "[{set: {at: [':', 0], to: 1}}, abs]",
        "[exp]",
    ],
)
@pytest.mark.parametrize("init", ["{normal: 0.02}", "ones", "orthogonal"])
def test_verify_holds_for_edits_with_a_seed_and_without(init: str, then: str, tmp_path: Path) -> None:
    mask = (np.arange(4096).reshape(64, 64) % 3 > 0).astype(np.float32)
    np.save(tmp_path / "mask.npy", mask)
    np.savez(tmp_path / "masks.npz", m=mask)
    net = nn.SequentialCell(nn.Dense(64, 64, has_bias=False))
    rules = f"[{{match: '**', init: {init}, then: {then.replace('FOLDER', str(tmp_path))}}}]"

    report = mik.apply(net, mik.load_recipe(f"{{family: x, rules: {rules}}}"), seed=1)

    assert mik.verify(net, report.plan, seed=1) == ()
    assert mik.verify(net, report.plan) == ()
    assert mik.Plan.from_json(report.plan.to_json()) == report.plan
    values = net[0].weight.asnumpy()
    if "npy" in then or "npz" in then:
        assert ((values == 0) == (mask == 0)).all()
    if "inf" in then:
        assert np.isneginf(values[3]).all()
    if "columns" in then:
        assert (values[:, [0, -1]] == 0).all()
    if "'10:'" in then:
        assert (values[10:] == 0).all()
        assert (values[:10] != 0).any()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{zero_columns: [4]}", "there is no row 4 among 4"),
        ("{set: {at: [1, 2, 3], to: 0}}", "[1, 2, 3] is not a place in a tensor of shape (4, 4)"),
        ("{set: {at: [':', 4], to: 0}}", "there is no row 4 among 4"),
        ("{mask: {path: nothing.npz}}", "no such file"),
    ],
)
def test_what_is_not_there_is_a_finding(step: str, said: str) -> None:
    from ms_initkit.stages.plan import plan_infos

    with pytest.raises(PlanError) as caught:
        plan_infos([info("a")], recipe(f"{{match: a, init: {{normal: 1}}, then: [{step}]}}"))
    assert said in str(caught.value)


def test_vectors_have_no_columns_and_no_triangles() -> None:
    for step in ("zero_columns: 0", "mask: lower"):
        with pytest.raises(PlanError, match=r"shape \(4,\) has no (columns|triangle)"):
            bind(recipe(f"{{match: a, init: 1, then: [{{{step}}}]}}"), [info("a", (4,))], strict=True)
