from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import ms_initkit as mik
from ms_initkit.findings import PlanError
from ms_initkit.language.load import load_recipe
from ms_initkit.layouts.load import load_layout
from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, rename, split
from ms_initkit.layouts.rules import Layout
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.draw import draw
from ms_initkit.stages.plan import plan_infos
from tests.layouts.sharded import LAYOUT, Net, info, values, write

LLAMA = """
family: llama
vars: {n_layers: {count: "layers.{i}.**"}, sigma: 0.02}
rules:
  - {match: "**.{wo,w2}.weight", init: {normal: {sigma: sigma / sqrt(2 * n_layers)}}}
  - {match: "**.{norm,attention_norm,ffn_norm}.weight", init: ones}
  - {match: ["{tok_embeddings,output}.weight", "**.{wq,wk,wv,w1,w3}.weight"], init: {normal: sigma}}
"""


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


def test_orthogonal_slices_are_slices_of_the_whole_draw(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("family: o\nrules: [{match: '**', init: orthogonal}]\n")
    made = layout({"tp": 2}, [place("w", split(1, "tp", blocks=2))])
    whole = draw(plan_infos([info("w", 6, 8)], tmp_path / "o.yaml"), "w", seed=1)

    part = draw(plan_infos([info("w", 6, 4)], tmp_path / "o.yaml", layout=made.at(1)), "w", seed=1)

    np.testing.assert_array_equal(part, whole[:, [2, 3, 6, 7]])


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
