from __future__ import annotations

import time
from functools import cache
from itertools import product
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import stream
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.language.load import load_recipe
from ms_initkit.layouts.cuts import Cut, Split
from ms_initkit.layouts.load import load_layout
from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, rename, split, stretch
from ms_initkit.layouts.rules import Layout, PlaceRule, Position
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.draw import draw
from ms_initkit.stages.plan import plan_infos

Integers = NDArray[np.int64]

RECIPE = """
family: demo
vars: {n_layers: {count: "layers.{i}.**"}}
rules:
  - {match: "**.qkv.weight", init: xavier_normal, blocks: {axis: 0, sizes: [16, 8, 8]}}
  - {match: "**.out.weight", init: {normal: {sigma: 0.02 / sqrt(2 * n_layers)}}}
  - {match: "embedding.weight", init: {normal: 0.02}}
  - {match: "**.bias", init: {uniform: {scale: 0.1}}}
"""
LAYOUT = """
layout: demo
mesh: {pp: 2, dp: 2, tp: 2}
vars: {n_layers: 4, layers_per_stage: n_layers / pp_size}
names:
  - match: "layers.{i}.**"
    global: {i: i + pp_rank * layers_per_stage}
rules:
  - id: qkv
    match: "layers.{i}.qkv.{weight,bias}"
    split: {axis: 0, over: tp, blocks: [4, 2, 2]}
  - match: "layers.{i}.out.weight"
    split: [{axis: 1, over: tp}, {axis: 0, over: dp}]
  - match: "embedding.weight"
    when: pp_rank == 0
    split: {axis: 0, over: tp}
  - {match: "**.out.bias", whole: true}
"""
ANY = "family: any\nrules: [{match: '**', init: {normal: 1.0}}]\n"


class Layer(nn.Cell):
    def __init__(self, tp: int, dp: int) -> None:
        super().__init__()
        self.qkv = nn.Dense(16, 32 // tp)
        self.out = nn.Dense(16 // tp, 16 // dp)
        self.out.bias = Parameter(Tensor(np.zeros(16, np.float32)))


class Net(nn.Cell):
    def __init__(self, tp: int = 1, dp: int = 1, layers: int = 4, *, is_first: bool = True) -> None:
        super().__init__()
        if is_first:
            self.embedding = nn.Dense(16, 64 // tp, has_bias=False)
        self.layers = nn.CellList([Layer(tp, dp) for _ in range(layers)])


def values(net: nn.Cell) -> dict[str, NDArray[np.float32]]:
    return {name: parameter.asnumpy() for name, parameter in net.parameters_and_names()}


def info(name: str, *shape: int, dtype: str = "float32") -> ParamInfo:
    return ParamInfo((Owner(name, name.rpartition(".")[2]),), shape, dtype)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


@pytest.fixture
def anything(tmp_path: Path) -> Path:
    (tmp_path / "any.yaml").write_text(ANY)
    return tmp_path / "any.yaml"


def write(folder: Path, text: str) -> Path:
    (folder / "layout.yaml").write_text(text)
    return folder / "layout.yaml"


# Ranks hold slices of what one process would have.


@pytest.mark.parametrize("rank", range(8))
def test_every_rank_holds_its_slices_of_the_whole_model(recipe: Path, tmp_path: Path, rank: int) -> None:
    whole = Net()
    mik.apply(whole, recipe, seed=1)
    everything = values(whole)
    position = load_layout(write(tmp_path, LAYOUT)).at(rank)
    pp, dp, tp = position.coordinates
    net = Net(2, 2, 2, is_first=pp == 0)

    report = mik.apply(net, recipe, seed=1, layout=position)

    own = values(net)
    for local in range(2):
        there, here = f"layers.{local + 2 * pp}.", f"layers.{local}."
        for leaf in ("weight", "bias"):
            q, k, v = np.split(everything[f"{there}qkv.{leaf}"], [16, 24])
            heads = np.concatenate([np.split(part, 2)[tp] for part in (q, k, v)])
            np.testing.assert_array_equal(own[f"{here}qkv.{leaf}"], heads)
        rows = np.split(everything[f"{there}out.weight"], 2)[dp]
        np.testing.assert_array_equal(own[f"{here}out.weight"], np.split(rows, 2, axis=1)[tp])
        np.testing.assert_array_equal(own[f"{here}out.bias"], everything[f"{there}out.bias"])
    if pp == 0:
        np.testing.assert_array_equal(own["embedding.weight"], np.split(everything["embedding.weight"], 2)[tp])
    assert mik.verify(net, report.plan, seed=1) == ()


def test_fans_and_counts_are_the_whole_models(recipe: Path, tmp_path: Path) -> None:
    whole = mik.plan(Net(), recipe)
    position = load_layout(write(tmp_path, LAYOUT)).at(pp_rank=1)

    part = mik.plan(Net(2, 2, 2, is_first=False), recipe, layout=position)

    for leaf in ("qkv.weight", "qkv.bias", "out.weight", "out.bias"):
        own, theirs = part[f"layers.0.{leaf}"], whole[f"layers.2.{leaf}"]
        assert (own.draw, own.fans, own.moments, own.shape) == (theirs.draw, theirs.fans, theirs.moments, theirs.shape)


def test_a_wrong_value_of_a_slice_is_found(recipe: Path, tmp_path: Path) -> None:
    position = load_layout(write(tmp_path, LAYOUT)).at(1)
    net = Net(2, 2, 2)
    plan = mik.apply(net, recipe, seed=1, layout=position).plan
    net.layers[1].qkv.weight.asnumpy()[3, 5] += 1

    (finding,) = mik.verify(net, plan, seed=1)

    assert finding.code == "different-values"
    assert "1 of 256 values are not those of seed 1, the first at [3, 5]" in finding.message


def test_a_plan_of_slices_goes_to_json_and_comes_back(recipe: Path, tmp_path: Path) -> None:
    position = load_layout(write(tmp_path, LAYOUT)).at(1)
    plan = mik.plan(Net(2, 2, 2), recipe, layout=position)

    again = Plan.from_json(plan.to_json())

    assert again.assignments == plan.assignments
    assert again.fingerprint == plan.fingerprint


def test_ranks_with_other_slices_have_other_fingerprints(recipe: Path, tmp_path: Path) -> None:
    demo = load_layout(write(tmp_path, LAYOUT))

    plans = [mik.plan(Net(2, 2, 2), recipe, layout=demo.at(tp_rank=rank)) for rank in (0, 1)]

    assert plans[0].fingerprint != plans[1].fingerprint


def test_the_plan_says_which_slice_of_what_a_parameter_is(recipe: Path, tmp_path: Path) -> None:
    position = load_layout(write(tmp_path, LAYOUT)).at(5)

    text = str(mik.plan(Net(2, 2, 2, is_first=False), recipe, layout=position))

    assert "16x16 = layers.2.qkv.weight[8:16+20:24+28:32, :] of 32x16" in text
    assert "rank 5 (pp_rank=1, dp_rank=0, tp_rank=1) of layout 'demo': 8 parameters, 6 of them slices" in text


def test_python_and_yaml_say_the_same(recipe: Path, tmp_path: Path) -> None:
    written = layout(
        {"pp": 2, "dp": 2, "tp": 2},
        [
            place("layers.{i}.qkv.{weight,bias}", split(0, "tp", blocks=(4, 2, 2))),
            place("layers.{i}.out.weight", split(1, "tp"), split(0, "dp")),
            place("embedding.weight", split(0, "tp"), when="pp_rank == 0"),
            place("**.out.bias"),
        ],
        names=[rename("layers.{i}.**", {"i": "i + pp_rank * layers_per_stage"})],
        vars={"n_layers": 4, "layers_per_stage": "n_layers / pp_size"},
        name="demo",
    )
    read = load_layout(write(tmp_path, LAYOUT))

    plans = [mik.plan(Net(2, 2, 2), recipe, layout=one.at(3)) for one in (written, read)]

    assert plans[0].assignments == plans[1].assignments


# Random cuts on random meshes against NumPy.


@st.composite
def cut_tensors(drawing: st.DrawFn) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...], list[Cut]]:
    """A global shape, a mesh, and cuts that come out even."""
    mesh = tuple((axis, drawing(st.integers(1, 4))) for axis in ("a", "b", "c"))
    sizes = dict(mesh)
    shape = [1] * drawing(st.integers(1, 3))
    cuts: list[Cut] = []
    choices: list[list[str | tuple[str, ...]]] = [
        [],
        ["a"],
        ["a", "b"],
        ["b", "a", "c"],
        [("a", "b")],
        [("c", "a"), "b"],
    ]
    for axes in drawing(st.sampled_from(choices)):
        over = (axes,) if isinstance(axes, str) else axes
        parts = int(np.prod([sizes[one] for one in over]))
        axis = drawing(st.integers(0, len(shape) - 1))
        blocks = drawing(st.sampled_from([None, 2, (1, 2), (4, 1, 1)]))
        divisors = [n for n in range(1, parts + 1) if parts % n == 0]
        copies: int | tuple[int, ...] = drawing(st.sampled_from(divisors))
        if isinstance(blocks, tuple):
            copies = tuple(drawing(st.sampled_from(divisors)) for _ in blocks)
        total = sum(blocks) if isinstance(blocks, tuple) else blocks or 1
        shape[axis] *= parts * total
        cuts.append(split(axis, over, blocks=blocks, copies=copies))
    for axis in range(len(shape)):
        shape[axis] *= drawing(st.integers(1, 2 if shape[axis] > 16 else 5))
    return tuple(shape), mesh, cuts


def cut_by_numpy(whole: Integers, cut: Split, ranks: dict[str, int], sizes: dict[str, int]) -> Integers:
    """Returns what ``cut`` leaves of ``whole``: blocks, each in parts, the same part of each."""
    index, parts = 0, 1
    for axis in cut.over:
        index, parts = index * sizes[axis] + ranks[axis], parts * sizes[axis]
    ratio = [1]
    if isinstance(cut.blocks, tuple):
        ratio = [int(weight.text) for weight in cut.blocks]
    elif cut.blocks is not None:
        ratio = [1] * int(cut.blocks.text)
    copies = [int(times.text) for times in cut.copies] * (len(ratio) if len(cut.copies) == 1 else 1)
    unit = whole.shape[cut.axis] // sum(ratio)
    blocks = np.split(whole, np.cumsum(np.array(ratio) * unit)[:-1], axis=cut.axis)
    held = [
        np.split(block, parts // times, axis=cut.axis)[index // times]
        for block, times in zip(blocks, copies, strict=True)
    ]
    return np.concatenate(held, axis=cut.axis)


@given(cut_tensors(), st.data())
def test_any_cut_on_any_mesh_is_numpys(
    case: tuple[tuple[int, ...], tuple[tuple[str, int], ...], list[Cut]], data: st.DataObject
) -> None:
    shape, mesh, cuts = case
    sizes = dict(mesh)
    made = layout(sizes, [place("w", *cuts)])
    numbers = np.arange(np.prod(shape)).reshape(shape)
    held: dict[Position, Integers] = {}
    for coordinates in product(*(range(size) for size in sizes.values())):
        ranks = dict(zip(sizes, coordinates, strict=True))
        part = numbers
        for cut in cuts:
            assert isinstance(cut, Split)
            part = cut_by_numpy(part, cut, ranks, sizes)
        held[Position(made, coordinates)] = part
    position = data.draw(st.sampled_from(list(held)))
    own = held[position]
    slices = tuple(
        slice(start, data.draw(st.integers(start, extent)))
        for extent in own.shape
        for start in [data.draw(st.integers(0, extent))]
    )

    plan = plan_infos([info("w", *own.shape)], _any_recipe(), layout=position)

    everything = stream.sample(plan["w"].draw, shape, stream.key(5, "w")).reshape(-1)
    assert plan["w"].shape == shape
    np.testing.assert_array_equal(draw(plan, "w", seed=5), everything[own])
    np.testing.assert_array_equal(draw(plan, "w", seed=5, index=slices), everything[own[slices]])
    assert check_ownership(made, lambda at: [info("w", *held[at].shape)], [info("w", *shape)]) == ()


@cache
def _any_recipe() -> mik.Recipe:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.yaml"
        path.write_text(ANY)
        return load_recipe(str(path))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 3))
def test_uneven_stretches_tile_or_are_found(lengths: list[int], cells: int) -> None:
    edges = [0, *np.cumsum(lengths).tolist()]
    starts = " + ".join(f"min(max(rank - {n}, 0), 1) * {length}" for n, length in enumerate(lengths[:-1]))
    stops = " + ".join(f"min(max(rank - {n - 1}, 0), 1) * {length}" for n, length in enumerate(lengths))
    rule = place("w", stretch(0, starts or 0, stops, edges[-1]))
    made = layout({"dp": len(lengths)}, [rule])
    gap = layout({"dp": len(lengths) + 1}, [rule])

    for rank, length in enumerate(lengths):
        plan = plan_infos([info("w", length, cells)], _any_recipe(), layout=made.at(rank))
        assert plan["w"].local_shape == (length, cells)
        assert plan["w"].shape == (edges[-1], cells)
    with pytest.raises(PlanError, match=r"does not lie inside|ranks hold the element"):
        plan_infos([info("w", lengths[0], cells)], _any_recipe(), layout=gap.at(0))


# What does not fit is said.


def refused(rule: PlaceRule, *infos: ParamInfo, mesh: dict[str, int] | None = None) -> str:
    made = layout(mesh or {"dp": 2, "tp": 2}, [rule])
    with pytest.raises(PlanError) as caught:
        plan_infos(infos, _any_recipe(), layout=made.at(0))
    return str(caught.value)


def test_a_slice_that_no_rank_holds_is_found() -> None:
    assert "no rank holds the element [2, 0]" in refused(
        place("w", split(0, parts=4, index="2 * tp_rank")), info("w", 2, 3)
    )


def test_a_slice_that_two_ranks_hold_undeclared_is_found() -> None:
    assert "2 ranks hold the element [0, 0], and 1 should" in refused(
        place("w", split(0, parts=2, index="tp_rank * 0")), info("w", 2, 3)
    )


def test_one_mesh_axis_cannot_cut_twice() -> None:
    assert "no rank holds the element [0, 3]" in refused(place("w", split(0, "tp"), split(1, "tp")), info("w", 2, 3))


def test_copies_declare_that_neighbours_hold_the_same() -> None:
    made = layout({"tp": 4}, [place("kv", split(0, "tp", copies=2))])

    windows = [plan_infos([info("kv", 2, 3)], _any_recipe(), layout=made.at(n))["kv"].window for n in range(4)]

    assert windows == [(((0, 2),), ((0, 3),))] * 2 + [(((2, 4),), ((0, 3),))] * 2


def test_a_mesh_axis_that_names_cannot_cut() -> None:
    rule = place("layers.{i}.w", split(0, "tp"), to={"i": "i + 2 * tp_rank"})

    assert "the mesh axis 'tp' decides both the name and the slice" in refused(rule, info("layers.0.w", 4))


def test_a_global_shape_that_was_declared_is_held_against_the_cuts() -> None:
    assert "the cuts make a global tensor of 8x3, not of 9xany" in refused(
        place("w", split(0, "tp"), shape=(9, None)), info("w", 4, 3)
    )


def test_blocks_that_do_not_come_out_even_are_refused() -> None:
    assert "cannot be one of 2 parts of blocks in the ratio (1, 2)" in refused(
        place("w", split(0, "tp", blocks=(1, 2), copies=(2, 1))), info("w", 3)
    )


def test_an_axis_that_is_not_there_is_refused() -> None:
    assert "a tensor of 1 axes has no axis 1" in refused(place("w", split(1, "tp")), info("w", 4))


def test_a_parameter_without_a_rule_is_an_error_unless_the_default_is_whole(anything: Path) -> None:
    infos = [info("w", 4), info("b", 4)]
    rules = [place("w", split(0, "tp"))]

    with pytest.raises(PlanError, match=r"error\[unplaced-parameter\]: no rule of the layout selects 1 of 2"):
        plan_infos(infos, anything, layout=layout({"tp": 2}, rules).at(0))
    plan = plan_infos(infos, anything, layout=layout({"tp": 2}, rules, default="whole").at(0))
    assert plan["b"].window is None


def test_a_rule_that_selects_nothing_is_an_error(anything: Path) -> None:
    made = layout({"tp": 2}, [place("w", split(0, "tp")), place("x", split(0, "tp"))])

    with pytest.raises(PlanError, match="rule '2' of the layout selects no parameter of rank 0"):
        plan_infos([info("w", 4)], anything, layout=made.at(0))


def test_two_parameters_cannot_be_the_same_slice(anything: Path) -> None:
    made = layout({"tp": 2}, [place("{a,b}.w", split(0, "tp"), to="c.w")])

    with pytest.raises(PlanError, match=r"'a\.w' and 'b\.w' are the same part of 'c\.w'"):
        plan_infos([info("a.w", 4), info("b.w", 4)], anything, layout=made.at(0))


def test_several_parameters_can_be_parts_of_one(anything: Path) -> None:
    made = layout(
        {"tp": 2},
        [
            place("wq", stretch(0, "4 * tp_rank", "4 * tp_rank + 4", 12), to="wqkv", shape=(12, None)),
            place("wkv", stretch(0, "8 + 2 * tp_rank", "10 + 2 * tp_rank", 12), to="wqkv"),
        ],
    )
    infos = [info("wq", 4, 3), info("wkv", 2, 3)]
    model = [info("wqkv", 12, 3)]

    assert check_ownership(made, lambda _: infos, model) == ()


def test_a_count_of_names_needs_a_value_where_a_rank_has_a_part(recipe: Path, tmp_path: Path) -> None:
    text = LAYOUT.replace("n_layers: 4, layers_per_stage: n_layers / pp_size", "layers_per_stage: 2")
    position = load_layout(write(tmp_path, text)).at(0)

    with pytest.raises(PlanError, match="variable 'n_layers' counts names, and one rank may not have all of them"):
        mik.plan(Net(2, 2, 2), recipe, layout=position)
    plan = mik.plan(Net(2, 2, 2), recipe, {"n_layers": 4}, layout=position)
    assert dict(plan.variables)["n_layers"] == 4


def test_with_the_whole_model_at_hand_counts_are_right_and_strangers_found(recipe: Path, tmp_path: Path) -> None:
    from ms_initkit.networks import manifest
    from ms_initkit.networks.describe import describe

    (tmp_path / "model.json").write_text(manifest.to_json(describe(Net())))
    text = LAYOUT.replace("n_layers: 4, layers_per_stage: n_layers / pp_size", "layers_per_stage: 2")
    text = text.replace("mesh:", "model: model.json\nmesh:")
    made = load_layout(write(tmp_path, text))

    plan = mik.plan(Net(2, 2, 2), recipe, layout=made.at(0))

    assert dict(plan.variables)["n_layers"] == 4
    with pytest.raises(PlanError, match="which the model has not"):
        mik.plan(Net(2, 2, 3, is_first=False), recipe, layout=made.at(pp_rank=1))


def test_a_plan_has_its_layout_already(recipe: Path, tmp_path: Path) -> None:
    position = load_layout(write(tmp_path, LAYOUT)).at(0)
    plan = mik.plan(Net(2, 2, 2), recipe, layout=position)

    with pytest.raises(TypeError, match="a plan has its variables and layout"):
        mik.apply(Net(2, 2, 2), plan, seed=1, layout=position)


def test_the_rank_must_be_known(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK_ID", "RANK_SIZE", "MS_WORKER_NUM"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(PlanError, match=r"the mesh has 8 ranks \(pp=2, dp=2, tp=2\), and this is one process alone"):
        mik.plan(Net(2, 2, 2), recipe, layout=write(tmp_path, LAYOUT))


def test_the_rank_comes_from_the_launcher(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK_ID", "3")
    monkeypatch.setenv("RANK_SIZE", "8")

    plan = mik.plan(Net(2, 2, 2), recipe, layout=write(tmp_path, LAYOUT))

    assert "rank 3 (pp_rank=0, dp_rank=1, tp_rank=1)" in str(plan)


def test_another_number_of_processes_is_refused(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK_ID", "3")
    monkeypatch.setenv("RANK_SIZE", "4")

    with pytest.raises(PlanError, match=r"the mesh has 8 ranks \(pp=2, dp=2, tp=2\), and 4 processes are running"):
        mik.plan(Net(2, 2, 2), recipe, layout=write(tmp_path, LAYOUT))


# Places in the mesh.


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_ranks_count_row_by_row(sizes: list[int], data: st.DataObject) -> None:
    made = layout({f"m{n}": size for n, size in enumerate(sizes)}, [])
    rank = data.draw(st.integers(0, made.world_size - 1))

    position = made.at(rank)

    assert position.coordinates == tuple(int(n) for n in np.unravel_index(rank, sizes))
    assert position.rank == rank
    assert made.at(**{f"m{n}_rank": at for n, at in enumerate(position.coordinates)}) == position


def test_a_mesh_has_the_ranks_it_has() -> None:
    made = layout({"tp": 2}, [])

    with pytest.raises(ValueError, match=r"rank 2 is not in a mesh of 2 \(tp=2\)"):
        made.at(2)
    with pytest.raises(ValueError, match="the mesh has no 'pp_rank'; it has tp_rank"):
        made.at(pp_rank=0)
    with pytest.raises(ValueError, match="tp_rank is 0 to 1, not 2"):
        made.at(tp_rank=2)
    assert made.resized(tp=4).world_size == 4


# Reading.


def test_every_problem_of_a_layout_is_said_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """layout: bad
mesh: {pp: 2, tp: 0}
vars: {tp_size: 3, n: {count: "layers.{i}.**"}}
naems: []
names:
  - {match: "layers.{i}.**", global: {j: i + pp_rank}}
rules:
  - {match: "a", split: {axis: 0, ovr: tp}}
  - {match: "b", split: {axis: 0, over: tq}}
  - {match: "c", split: {axis: 0, parts: 2}}
  - {match: "d", split: {axis: 0, parts: tp_sice, index: 0}}
  - {match: "e"}
  - {match: "f", whole: true, split: {axis: 0, over: tp}}
  - {match: "g.{i}", global: "h.{i + ofset}"}
""",
    )

    with pytest.raises(RecipeError) as caught:
        load_layout(path)

    found = {(finding.span.line, finding.code) for finding in caught.value.findings if finding.span}
    assert found == {
        (2, "wrong-type"),
        (3, "wrong-type"),
        (4, "unknown-key"),
        (8, "unknown-key"),
        (8, "missing-key"),
        (10, "missing-key"),
        (12, "missing-key"),
        (13, "conflicting-keys"),
    }


def test_unknown_names_are_guessed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """layout: bad
mesh: {pp: 2, tensor: 2}
vars: {tensor_size: 3}
names:
  - {match: "g.{i}", global: {j: i + 1}}
rules:
  - {match: "b", split: {axis: 0, over: tenser}}
  - {match: "d", split: {axis: 0, parts: tensor_sice, index: 0}}
  - {match: "g.{i}", global: "h.{i + pp_rnk}"}
""",
    )

    with pytest.raises(RecipeError) as caught:
        load_layout(path)

    found = [(f.span.line, f.code, f.help) for f in caught.value.findings if f.span]
    assert found == [
        (3, "reserved-name", "choose another name"),
        (5, "unknown-variable", None),
        (7, "unknown-word", "did you mean 'tensor'?"),
        (8, "unknown-variable", "did you mean 'tensor_size'?"),
        (9, "unknown-variable", "did you mean 'pp_rank'?"),
    ]


def test_a_layout_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no file"):
        load_layout(tmp_path / "nowhere.yaml")


# A model of 70 billion parameters on 4,096 ranks: 8-way tensor, 16-way pipeline, 32-way data with optimizer sharding.


def llama_70b(tp: int = 1, pp: int = 1, dp: int = 1, stage: int = 0) -> tuple[ParamInfo, ...]:
    hidden, inner, vocabulary, layers, kv = 8192, 28672, 128256, 80, 1024
    shapes: list[tuple[str, int, int] | tuple[str, int]] = []
    if stage == 0:
        shapes.append(("tok_embeddings.weight", vocabulary // tp // dp, hidden))
    for i in range(layers // pp):
        p = f"layers.{i}."
        shapes += [(p + "attention_norm.weight", hidden // dp), (p + "ffn_norm.weight", hidden // dp)]
        shapes += [
            (f"{p}attention.{w}.weight", n // tp // dp, hidden) for w, n in (("wq", hidden), ("wk", kv), ("wv", kv))
        ]
        shapes += [(f"{p}feed_forward.{w}.weight", inner // tp // dp, hidden) for w in ("w1", "w3")]
        shapes.append((p + "attention.wo.weight", hidden // dp, hidden // tp))
        shapes.append((p + "feed_forward.w2.weight", hidden // dp, inner // tp))
    if stage == pp - 1:
        shapes += [("norm.weight", hidden // dp), ("output.weight", vocabulary // tp // dp, hidden)]
    return tuple(info(name, *shape, dtype="bfloat16") for name, *shape in shapes)


LLAMA = """
family: llama
vars: {n_layers: {count: "layers.{i}.**"}, sigma: 0.02}
rules:
  - {match: "**.{wo,w2}.weight", init: {normal: {sigma: sigma / sqrt(2 * n_layers)}}}
  - {match: "**.{norm,attention_norm,ffn_norm}.weight", init: ones}
  - {match: ["{tok_embeddings,output}.weight", "**.{wq,wk,wv,w1,w3}.weight"], init: {normal: sigma}}
"""


def llama_layout(model: tuple[ParamInfo, ...]) -> Layout:
    optimizer = split(0, "dp")
    return layout(
        {"pp": 16, "dp": 32, "tp": 8},
        [
            place("**.{wq,wk,wv,w1,w3}.weight", split(0, "tp"), optimizer),
            place("**.{wo,w2}.weight", split(1, "tp"), optimizer),
            place("tok_embeddings.weight", split(0, "tp"), optimizer, when="pp_rank == 0"),
            place("output.weight", split(0, "tp"), optimizer, when="pp_rank == pp_size - 1"),
            place("**.{attention_norm,ffn_norm}.weight", optimizer),
            place("norm.weight", optimizer, when="pp_rank == pp_size - 1"),
        ],
        names=[rename("layers.{i}.**", {"i": "i + pp_rank * layers_per_stage"})],
        vars={"layers_per_stage": "80 / pp_size"},
        model=model,
    )


def test_4096_ranks_hold_70_billion_parameters(tmp_path: Path) -> None:
    (tmp_path / "llama.yaml").write_text(LLAMA)
    model = llama_70b()
    made = llama_layout(model)
    stages = [llama_70b(8, 16, 32, stage) for stage in range(16)]
    recipe = load_recipe(str(tmp_path / "llama.yaml"))
    position = made.at(pp_rank=9, dp_rank=21, tp_rank=5)

    began = time.process_time()
    whole = plan_infos(model, recipe)
    planned = time.process_time()
    plan = plan_infos(stages[9], recipe, layout=position)

    assert time.process_time() - planned < 20 * (planned - began)
    assert sum(parameter.size for parameter in model) == 70_553_706_496
    assert check_ownership(made, lambda at: stages[at.coordinates[0]]) == ()
    for leaf, start in (("attention.wq.weight", 5 * 1024 + 21 * 32), ("feed_forward.w1.weight", 5 * 3584 + 21 * 112)):
        spot = draw(plan, f"layers.3.{leaf}", seed=7, index=(slice(2, 4), slice(100, 108)))
        index = (slice(start + 2, start + 4), slice(100, 108))
        np.testing.assert_array_equal(spot, draw(whole, f"layers.48.{leaf}", seed=7, index=index))
    spot = draw(plan, "layers.4.attention.wo.weight", seed=7, index=(7, slice(100, 108)))
    index_49 = (21 * 256 + 7, slice(5 * 1024 + 100, 5 * 1024 + 108))
    np.testing.assert_array_equal(spot, draw(whole, "layers.49.attention.wo.weight", seed=7, index=index_49))


def test_stages_that_forget_their_offset_leave_layers_without_an_owner() -> None:
    model = [info(f"layers.{i}.w", 4) for i in range(4)]
    made = layout({"pp": 2}, [place("layers.{i}.w")])

    found = check_ownership(made, lambda _: [info("layers.0.w", 4), info("layers.1.w", 4)], model)

    assert [finding.message for finding in found] == [
        "no rank holds a part of 'layers.2.w' (4,)",
        "no rank holds a part of 'layers.3.w' (4,)",
    ]


def test_experts_of_each_rank_are_their_own(anything: Path) -> None:
    rule = place("experts.{e}.w", split(1, "tp"), to={"e": "e + ep_rank * 2"})
    made = layout({"ep": 2, "tp": 2}, [rule])
    infos = [info("experts.0.w", 6, 2), info("experts.1.w", 6, 2)]
    model = [info(f"experts.{e}.w", 6, 4) for e in range(4)]

    plan = plan_infos(infos, anything, layout=made.at(ep_rank=1, tp_rank=1))

    assert [(line.stream, line.window) for line in plan.assignments] == [
        ("experts.2.w", (((0, 6),), ((2, 4),))),
        ("experts.3.w", (((0, 6),), ((2, 4),))),
    ]
    assert check_ownership(made, lambda _: infos, model) == ()


def test_gated_mlps_are_cut_gate_and_up_each(anything: Path) -> None:
    made = layout({"tp": 2}, [place("gate_up.weight", split(0, "tp", blocks=2))])
    whole = plan_infos([info("gate_up.weight", 8, 3)], anything)

    parts = [
        draw(plan_infos([info("gate_up.weight", 4, 3)], anything, layout=made.at(n)), "gate_up.weight", seed=1)
        for n in (0, 1)
    ]

    everything = draw(whole, "gate_up.weight", seed=1)
    gate, up = np.split(everything, 2)
    np.testing.assert_array_equal(np.concatenate([part[:2] for part in parts]), gate)
    np.testing.assert_array_equal(np.concatenate([part[2:] for part in parts]), up)


def test_orthogonal_slices_are_slices_of_the_whole_draw(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("family: o\nrules: [{match: '**', init: orthogonal}]\n")
    made = layout({"tp": 2}, [place("w", split(1, "tp", blocks=2))])
    whole = draw(plan_infos([info("w", 6, 8)], tmp_path / "o.yaml"), "w", seed=1)

    part = draw(plan_infos([info("w", 6, 4)], tmp_path / "o.yaml", layout=made.at(1)), "w", seed=1)

    np.testing.assert_array_equal(part, whole[:, [2, 3, 6, 7]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_slices_of_other_types_are_slices_too(dtype: str, tmp_path: Path) -> None:
    from ms_initkit.draws.dtypes import storage
    from ms_initkit.stages.draw import fill_line

    init = "{normal: 1.0}" if "float" in dtype else "3"
    (tmp_path / "r.yaml").write_text(f"family: r\nrules: [{{match: '**', init: {init}}}]\n")
    made = layout({"tp": 2}, [place("w", split(1, "tp", blocks=2))])
    whole = plan_infos([info("w", 6, 8, dtype=dtype)], tmp_path / "r.yaml")["w"]
    part = plan_infos([info("w", 6, 4, dtype=dtype)], tmp_path / "r.yaml", layout=made.at(1))["w"]
    everything, own = np.empty((6, 8), storage(dtype)), np.empty((6, 4), storage(dtype))

    fill_line(everything, whole, 3)
    fill_line(own, part, 3)

    np.testing.assert_array_equal(own, everything[:, [2, 3, 6, 7]])


def test_indices_of_any_length_take_each_others_places(anything: Path) -> None:
    names = [rename("layers.{i}.experts.{e}.w", {"i": "i + 98", "e": "e + 1000 * ep_rank"})]
    made = layout({"ep": 2}, [place("**")], names=names)

    plan = plan_infos([info("layers.1.experts.12.w", 4)], anything, layout=made.at(1))

    assert plan.assignments[0].stream == "layers.99.experts.1012.w"


def test_what_the_recipe_leaves_over_counts_for_one_rank(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("family: r\nrules: [{match: a, init: ones}, {match: elsewhere, init: ones}]\n")
    made = layout({"tp": 2}, [place("**")])

    plan = plan_infos([info("a", 4)], tmp_path / "r.yaml", layout=made.at(0))

    assert [(finding.code, finding.severity) for finding in plan.findings] == [
        ("unused-rule", "note"),
        ("layout", "note"),
    ]
    with pytest.raises(PlanError, match=r"error\[unmatched-parameter\]: no rule selects 1 parameter of 2"):
        plan_infos([info("a", 4), info("b", 4)], tmp_path / "r.yaml", layout=made.at(0))
