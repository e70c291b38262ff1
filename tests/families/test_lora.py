"""Recipes of peft: what is drawn as peft draws it, and adapters that change nothing at first."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray
from safetensors.numpy import save_file

import ms_initkit as mik
from ms_initkit.draws import low_rank
from ms_initkit.plans.plan import Plan

PEFT = json.loads((Path(__file__).parent / "lora_by_peft.json").read_text())


class Adapted(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.base = nn.Dense(256, 128)
        self.lora_A = nn.CellDict({"default": nn.Dense(256, 16, has_bias=False)})
        self.lora_B = nn.CellDict({"default": nn.Dense(16, 128, has_bias=False)})


class Bare(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.lora_a = Parameter(Tensor(np.ones((16, 256), np.float32)), name="lora_a")
        self.lora_b = Parameter(Tensor(np.ones((128, 16), np.float32)), name="lora_b")


def test_a_is_drawn_b_is_zero_and_the_rest_is_kept() -> None:
    net = nn.SequentialCell(Adapted())
    before = net[0].base.weight.asnumpy().copy()

    report = mik.apply(net, "peft/lora", seed=1)

    # Kaiming's uniform with a slope of sqrt(5) is U(-b, b), b = 1 / sqrt(fan_in).
    a = net[0].lora_A["default"].weight.asnumpy()
    assert abs(a).max() <= 1 / 16
    assert abs(a.std() * math.sqrt(3) * 16 - 1) < 0.05  # five standard errors of 4,096: 5 * sqrt(0.2 / 4096)
    assert (net[0].lora_B["default"].weight.asnumpy() == 0).all()
    assert np.array_equal(net[0].base.weight.asnumpy(), before)
    assert mik.verify(net, report) == ()


def test_the_gaussian_scheme_has_the_ranks_spread() -> None:
    net = nn.SequentialCell(Bare())
    recipe = mik.load_recipe({"family": "mine", "extends": "peft/lora", "vars": {"scheme": "gaussian"}, "rules": []})

    mik.apply(net, recipe, seed=1)

    assert abs(net[0].lora_a.asnumpy().std() * 16 - 1) < 5 / math.sqrt(2 * 4096)
    assert (net[0].lora_b.asnumpy() == 0).all()


class Layer(nn.Cell):
    """An adapted layer as peft names its parts, on mindone as on torch."""

    def __init__(self, base: nn.Cell, a: nn.Cell, b: nn.Cell) -> None:
        super().__init__()
        self.base_layer, self.lora_A, self.lora_B = base, nn.CellDict({"default": a}), nn.CellDict({"default": b})
        for parameter in base.get_parameters():
            parameter.requires_grad = False


class Words(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.base_layer = nn.Embedding(1024, 64)
        self.lora_embedding_A = Parameter(Tensor(np.ones((16, 1024), np.float32)), name="lora_embedding_A")
        self.lora_embedding_B = Parameter(Tensor(np.ones((64, 16), np.float32)), name="lora_embedding_B")


class PeftNet(nn.Cell):
    """The network of ``lora_by_peft.py``."""

    def __init__(self) -> None:
        super().__init__()
        self.large = Layer(
            nn.Dense(512, 256, has_bias=False), nn.Dense(512, 16, has_bias=False), nn.Dense(16, 256, has_bias=False)
        )
        self.conv = Layer(nn.Conv2d(64, 32, 3), nn.Conv2d(64, 16, 3), nn.Conv2d(16, 32, 1))
        self.words = Words()


@pytest.mark.parametrize(("name", "theirs"), PEFT["drawn"].items())
def test_what_is_drawn_is_distributed_as_peft_draws_it(name: str, theirs: dict[str, Any]) -> None:
    scheme, name = name.split()
    net = PeftNet()
    recipe = {"family": "mine", "extends": "peft/lora", "rules": []}
    mik.apply(net, recipe | {"vars": {"scheme": "kaiming" if scheme == "True" else scheme}}, seed=1)
    drawn = {key: parameter.asnumpy() for key, parameter in net.parameters_and_names()}
    name = name if name in drawn else name.removesuffix(".default")

    assert list(drawn[name].shape) == theirs["shape"]
    # Five standard errors of either sample's deviation; that of a uniform is smaller.
    assert abs(drawn[name].std() - theirs["std"]) <= 5 * theirs["std"] * math.sqrt(2 / 2 / drawn[name].size)
    if scheme == "True" and theirs["std"] and "embedding" not in name:
        # Bounds are reached to a share of 1 / size, and passed by neither.
        bound = 1 / math.sqrt(math.prod(drawn[name].shape[1:]))
        assert max(np.abs(drawn[name]).max(), theirs["largest"]) <= bound * (1 + 2.0**-23)


def adapted() -> Layer:
    return Layer(nn.Dense(64, 32, has_bias=False), nn.Dense(64, 8, has_bias=False), nn.Dense(8, 32, has_bias=False))


def parts(layer: Layer) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    return (
        layer.base_layer.weight.asnumpy().copy(),
        layer.lora_A["default"].weight.asnumpy(),
        layer.lora_B["default"].weight.asnumpy(),
    )


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
def test_base_and_adapter_are_the_weight_that_there_was(scheme: str) -> None:
    net = nn.SequentialCell(adapted(), adapted())
    before = [parts(layer)[0] for layer in net]

    report = mik.apply(net, f"peft/{scheme}", vars={"alpha": 16}, seed=1)

    for layer, weight in zip(net, before, strict=True):
        base, a, b = parts(layer)
        # Every product and sum is rounded once to float32, of norms no larger than the weight's.
        assert np.abs(base + 2 * b @ a - weight).max() <= 16 * 2.0**-24 * np.linalg.norm(weight)
        assert not np.array_equal(base, weight)
        assert a.std() > 0
    assert mik.verify(net, report) == ()
    assert "by LAPACK [drawn whole]" in str(report.plan)
    assert Plan.from_json(report.plan.to_json()) == report.plan


class Direct(nn.Cell):
    """An adapted layer whose adapter is not in a table of adapters."""

    def __init__(self) -> None:
        super().__init__()
        self.base_layer = nn.Dense(64, 32, has_bias=False)
        self.lora_A, self.lora_B = nn.Dense(64, 8, has_bias=False), nn.Dense(8, 32, has_bias=False)


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_adapter_may_be_a_layer_itself(scheme: str, wrapped: bool) -> None:
    layer = Direct()
    weight = layer.base_layer.weight.asnumpy().copy()

    mik.apply(nn.SequentialCell(layer) if wrapped else layer, f"peft/{scheme}", vars={"alpha": 16}, seed=1)

    base, a, b = (cell.weight.asnumpy() for cell in (layer.base_layer, layer.lora_A, layer.lora_B))
    assert np.abs(base + 2 * b @ a - weight).max() <= 16 * 2.0**-24 * np.linalg.norm(weight)
    assert a.std() > 0


def ranked(rank: int) -> Layer:
    a, b = nn.Dense(64, rank, has_bias=False), nn.Dense(rank, 32, has_bias=False)
    return Layer(nn.Dense(64, 32, has_bias=False), a, b)


def test_adapters_of_another_rank_have_rules_of_their_own() -> None:
    net = nn.SequentialCell(ranked(8), ranked(4))
    said = (
        "this is an adapter of rank 4, and `rank` is 8: give adapters of another rank, and their bases, "
        "rules of their own, with their `rank` and `scale` in `low_rank`"
    )
    with pytest.raises(mik.PlanError, match=re.escape(said)):
        mik.plan(net, "peft/pissa")

    weight = parts(net[1])[0]
    like = {"name": "1.base_layer.weight", "then": False}
    rules = [
        {"match": "1.lora_A.**", "like": like, "then": [part("a", 4, 2)]},
        {"match": "1.lora_B.**", "like": like, "then": [part("b", 4, 2)]},
        {"match": named("1.base_layer.weight"), "init": "keep", "then": [part("rest", 4, 2)]},
    ]
    mik.apply(net, {"family": "mine", "extends": "peft/pissa", "rules": rules}, seed=1)

    base, a, b = parts(net[1])
    assert a.shape == (4, 64)
    assert np.abs(base + 2 * b @ a - weight).max() <= 16 * 2.0**-24 * np.linalg.norm(weight)


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
def test_a_file_has_the_weight_as_well(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = nn.SequentialCell(adapted())
    weight = np.random.default_rng(0).normal(size=(32, 64)).astype(np.float32)
    save_file({"0.weight": weight}, tmp_path / "base.safetensors")
    base = {
        "id": "base",
        "match": {"name": "{layer:**}.base_layer.weight", "trainable": "any"},
        "from": {"path": str(tmp_path / "base.safetensors"), "key": "{layer}.weight"},
        "then": [{"low_rank": {"scheme": scheme, "part": "rest", "rank": "rank", "scale": "scale"}}],
    }

    report = mik.apply(net, {"family": "mine", "extends": f"peft/{scheme}", "rules": [base]}, seed=1)

    base_weight, a, b = parts(net[0])
    assert np.abs(base_weight + b @ a - weight).max() <= 16 * 2.0**-24 * np.linalg.norm(weight)
    assert mik.verify(net, report.plan, seed=1) == ()
    assert mik.verify(net, report.plan) == ()
    differ_by(1e-10, monkeypatch)
    assert mik.verify(net, report.plan, seed=1) == ()
    differ_by(1e-3, monkeypatch)
    assert {finding.code for finding in mik.verify(net, report.plan, seed=1)} == {"different-values"}


def differ_by(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets LAPACK be another one, whose results differ by a share."""
    made = low_rank._made
    low_rank._known.clear()

    def other(*arguments: object) -> low_rank.Factors:
        a, b = made(*arguments)  # type: ignore[arg-type]  # what it was given
        return low_rank.Factors(a * (1 + share), b * (1 - share))

    monkeypatch.setattr(low_rank, "_made", other)


def by_hand(base: list[object], factor: list[object], **like: object) -> list[dict[str, object]]:
    """Rules for one adapted layer: the steps of its base and those of A before it is taken apart; B is as PiSSA's."""
    return [
        {"match": "**.base_layer.weight", "init": {"normal": 1}, "then": base},
        {"match": "**.lora_A.**", "like": {"name": "0.base_layer.weight", **like}, "then": factor},
        {"match": "**.lora_B.**", "like": {"name": "0.base_layer.weight", **like}, "then": [*factor[:-1], part("b")]},
    ]


def part(name: str, rank: int = 8, scale: float = 1, scheme: str = "pissa") -> dict[str, object]:
    return {"low_rank": {"scheme": scheme, "part": name, "rank": rank, "scale": scale}}


OTHER_VALUES = "of other values than those that '0.base_layer.weight' keeps the rest of"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (by_hand([{"multiply": 2}, part("rest")], [part("a")], then=False), OTHER_VALUES),
        (by_hand([part("rest")], [{"multiply": 2}, part("a")], then=False), OTHER_VALUES),
        (by_hand([part("rest")], [part("a")]), "make `low_rank` the first step of both, this one `like: {name: 0."),
        (
            by_hand([{"add": {"normal": 1}}, part("rest")], [{"add": {"normal": 1}}, part("a")], then=False),
            OTHER_VALUES,
        ),
        (by_hand([part("rest", 8, 2)], [part("a")], then=False), "by pissa, rank 8, scale 1, and '0.base_layer"),
        (
            by_hand([part("rest", 8, 1, "olora")], [part("a")], then=False),
            "has the same scheme, rank and scale in both",
        ),
    ],
)
def test_factors_and_rest_are_of_one_matrix(rules: list[dict[str, object]], said: str) -> None:
    with pytest.raises(mik.PlanError, match=re.escape(said)):
        mik.plan(nn.SequentialCell(adapted()), [{**rule, "match": named(rule["match"])} for rule in rules])


def named(name: object) -> dict[str, object]:
    return {"name": name, "trainable": "any"}


def test_factors_of_values_after_the_same_steps_are_of_one_matrix() -> None:
    net = nn.SequentialCell(adapted())
    rules = by_hand([{"multiply": 2}, part("rest")], [{"multiply": 2}, part("a")], then=False)
    rules = [{**rule, "match": named(rule["match"])} for rule in rules]

    mik.apply(net, rules, seed=1)

    base, a, b = parts(net[0])
    drawn = nn.SequentialCell(adapted())
    mik.apply(drawn, [{**rules[0], "then": [{"multiply": 2}]}, ("**", "zeros")], seed=1)
    weight = parts(drawn[0])[0]
    assert np.abs(base + b @ a - weight).max() <= 16 * 2.0**-24 * np.linalg.norm(weight)


def test_doras_magnitudes_are_the_norms_of_the_rows() -> None:
    net = nn.SequentialCell(adapted())
    magnitude = Parameter(Tensor(np.ones(32, np.float32)), name="weight")
    net[0].lora_magnitude_vector = nn.CellDict({"default": nn.Cell()})
    net[0].lora_magnitude_vector["default"].weight = magnitude

    mik.apply(net, "peft/dora", seed=1)

    weight = parts(net[0])[0]
    assert np.allclose(magnitude.asnumpy(), np.linalg.norm(weight.astype(np.float64), axis=1), rtol=2.0**-23, atol=0)
    assert not parts(net[0])[2].any()


def test_peft_takes_the_norms_of_rows_too() -> None:
    weight = (((np.arange(35) * 37) % 101) / 4.0 - 12.0).reshape(5, 7)

    assert np.allclose(PEFT["made"]["dora"]["magnitude"], np.linalg.norm(weight, axis=1), rtol=2.0**-21, atol=0)


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ({"name": "b.weight", "then": False}, "'b.weight' has no steps of its own"),
        ({"name": "c.weight", "then": False}, "'c.weight' takes those of another one"),
    ],
)
def test_before_the_steps_there_have_to_be_steps(like: dict[str, object], said: str) -> None:
    net = nn.Cell()
    net.a, net.b, net.c = (nn.Dense(4, 4, has_bias=False) for _ in range(3))
    rules = [
        {"match": "a.weight", "like": like},
        {"match": "c.weight", "like": "b.weight", "then": [{"multiply": 2}]},
        {"match": "b.weight", "init": "ones"},
    ]

    with pytest.raises(mik.PlanError, match=said):
        mik.plan(net, rules)


def test_values_are_taken_before_the_steps_of_the_other() -> None:
    net = nn.Cell()
    net.a, net.b = (nn.Dense(4, 4, has_bias=False) for _ in range(2))
    rules = [
        {"match": "a.weight", "like": {"name": "b.weight", "then": False}},
        {"match": "b.weight", "init": {"normal": 1}, "then": [{"multiply": 2}]},
    ]

    report = mik.apply(net, rules, seed=1)

    assert np.array_equal(2 * net.a.weight.asnumpy(), net.b.weight.asnumpy())
    assert report.plan["a.weight"].initializer == "like b.weight before its steps"
    assert mik.verify(net, report.plan, seed=1) == ()


class Plain(nn.Cell):
    """A network that is adapted by replacing its layer."""

    def __init__(self, layer: nn.Cell) -> None:
        super().__init__()
        self.fc = layer

    def construct(self, x: Tensor) -> Tensor:
        return self.fc(x)


@pytest.mark.filterwarnings("ignore")  # of mindone, while it is imported
@pytest.mark.parametrize("recipe", ["peft/lora", "peft/pissa", "peft/olora"])
def test_a_network_that_mindone_adapts_computes_what_it_did(recipe: str) -> None:
    peft = pytest.importorskip("mindone.peft")
    from mindspore import mint

    net = Plain(mint.nn.Linear(64, 48, bias=False))
    x = Tensor(np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32))
    before = net(x).asnumpy()
    adapted = peft.get_peft_model(net, peft.LoraConfig(r=8, lora_alpha=16, target_modules=["fc"]))

    report = mik.apply(adapted, recipe, seed=1, vars={} if recipe == "peft/lora" else {"alpha": 16})

    # Sums of 64 products of numbers around 1, in float32 and in an order of their own.
    assert np.abs(adapted(x).asnumpy() - before).max() <= 64 * 2.0**-24 * np.abs(x.asnumpy()).max()
    assert mik.verify(adapted, report) == ()
    assert not report.plan.findings
