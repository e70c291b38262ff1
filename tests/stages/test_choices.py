"""Constants that a constructor chose: a family's recipe is not recommended over them, and says how they are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from mindspore import Parameter, Tensor, nn
from mindspore.common.initializer import Constant

import ms_initkit as mik
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.stages.choices import chosen_constants, contradictions

WIDTH = 8


class Part(nn.Cell):
    """Cells under names."""

    def __init__(self, **cells: nn.Cell) -> None:
        super().__init__()
        for name, cell in cells.items():
            self.insert_child_to_cell(name, cell)


class RMSNorm(nn.Cell):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.weight = Parameter(Tensor(np.full(WIDTH, value, np.float32)))


class Linear(nn.Cell):
    """A layer that waits for its values."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = Parameter(Tensor(np.zeros((WIDTH, WIDTH), np.float32)))


class Vit(nn.Cell):
    """A ViT of timm's names; tokens and positions wait for their values."""

    def __init__(self, **more: Callable[[], nn.Cell]) -> None:
        super().__init__()
        self.cls_token = Parameter(Tensor(np.zeros((1, 1, WIDTH), np.float32)))
        self.pos_embed = Parameter(Tensor(np.zeros((1, 5, WIDTH), np.float32)))
        self.patch_embed = Part(proj=nn.Conv2d(3, WIDTH, 4, has_bias=True))
        self.blocks = nn.CellList(
            [
                Part(
                    norm1=nn.LayerNorm((WIDTH,)),
                    attn=Part(qkv=nn.Dense(WIDTH, 3 * WIDTH), proj=nn.Dense(WIDTH, WIDTH, bias_init="zeros")),
                    mlp=Part(fc1=nn.Dense(WIDTH, WIDTH), fc2=nn.Dense(WIDTH, WIDTH)),
                    **{name: make() for name, make in more.items()},
                )
                for _ in range(2)
            ]
        )


class Llama(nn.Cell):
    def __init__(self, gain: float) -> None:
        super().__init__()
        layer = Part(
            input_layernorm=RMSNorm(gain),
            self_attn=Part(**{f"{name}_proj": nn.Dense(WIDTH, WIDTH, has_bias=False) for name in "qkvo"}),
            mlp=Part(**{f"{name}_proj": nn.Dense(WIDTH, WIDTH, has_bias=False) for name in ("gate", "up", "down")}),
            post_attention_layernorm=RMSNorm(gain),
        )
        self.model = Part(embed_tokens=nn.Embedding(20, WIDTH), layers=nn.CellList([layer]), norm=RMSNorm(gain))


def zero_layer() -> nn.Dense:
    return nn.Dense(WIDTH, 6, weight_init="zeros", bias_init="zeros")


def prior() -> nn.Dense:
    return nn.Dense(WIDTH, 6, bias_init=Constant(-4.595))


@pytest.mark.parametrize(
    "make", [Vit, lambda: Llama(1), lambda: Vit(adapter=Linear)], ids=["vit", "llama", "placeholders"]
)
def test_zero_biases_tokens_and_placeholders_are_no_choice(make: Callable[[], nn.Cell]) -> None:
    net = make()

    found = mik.suggest(net)

    assert found.answer == "family"
    assert found.recipe in ("timm/vit", "hf/llama")
    assert not found.advice
    mik.apply(net, "auto", seed=1)


@pytest.mark.parametrize(
    ("make", "names", "line"),
    [
        (
            lambda: Vit(modulation=zero_layer),
            ["blocks.0.modulation.weight", "blocks.1.modulation.weight"],
            "Dense weights, 0 -> std 0.02: the constructor's choice, blocks.0.modulation.weight",
        ),
        (
            lambda: Vit(cls=prior),
            ["blocks.0.cls.bias", "blocks.1.cls.bias"],
            "Dense biases, -4.595 -> 0: the constructor's choice, blocks.0.cls.bias",
        ),
        (
            lambda: Llama(0),
            [
                "model.layers.0.input_layernorm.weight",
                "model.layers.0.post_attention_layernorm.weight",
                "model.norm.weight",
            ],
            "3 RMSNorm weights, 0 -> 1: the constructor's choice, model.layers.0.input_layernorm.weight",
        ),
    ],
    ids=["zero weight", "prior bias", "norms from zero"],
)
def test_auto_stops_before_what_a_constructor_chose_and_says_how_it_is_kept(
    make: Callable[[], nn.Cell], names: list[str], line: str, tmp_path: Path
) -> None:
    net = make()
    before = {one: parameter.asnumpy().copy() for one, parameter in net.parameters_and_names()}
    found = mik.suggest(net)

    assert (found.answer, found.recipe) == ("family", None)
    assert names[0] in found.reason
    assert any(line in said for said in found.changes or ())
    with pytest.raises(mik.RecipeError, match="the constructor chose"):
        mik.apply(net, "auto", seed=1)
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(found.advice[1].partition(": ")[2], encoding="utf-8")
    assert yaml.safe_load(recipe.read_text(encoding="utf-8"))["extends"] == found.candidates[0].recipe
    plan = mik.apply(net, recipe, seed=1).plan
    assert all(plan[name].is_kept for name in names)
    after = dict(net.parameters_and_names())
    assert all((before[name] == after[name].asnumpy()).all() for name in names)
    kept = [one for one in plan.assignments if one.is_kept]
    assert len(kept) <= 2 * len(names)


def test_what_is_asked_for_counts_before_there_are_values() -> None:
    with mik.deferred():
        net = Vit(modulation=zero_layer)

    found = contradictions(net, "timm/vit")

    assert [one.value for one in found] == [0, 0]
    assert found[0].glob == "blocks.*.modulation.*"


def test_a_network_of_placeholders_chose_nothing() -> None:
    net = Part(first=zero_layer(), second=zero_layer())

    assert not chosen_constants(*describe_with_parameters(net))
