"""Networks of one's own, their classes named freely: the right family or none, and never a recipe that harms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.manifest import with_siblings
from ms_initkit.plans.suggest import BASE, Classes, Suggestion, suggest
from ms_initkit.stages.plan import plan_infos
from tests.recipes import info

if TYPE_CHECKING:
    from ms_initkit.networks.params import ParamInfo

MINE = Classes(("Mine",), ("my_nets",))


def dense(name: str, rows: int, columns: int, *, has_bias: bool = True) -> list[ParamInfo]:
    return [info(f"{name}.weight", (rows, columns))] + [info(f"{name}.bias", (rows,))] * has_bias


def conv(name: str, outputs: int, inputs: int, size: int = 3) -> list[ParamInfo]:
    return [info(f"{name}.weight", (outputs, inputs, size, size), "Conv2d")]


def norm(name: str, width: int, cell: str = "LayerNorm") -> list[ParamInfo]:
    return [info(f"{name}.gamma", (width,), cell), info(f"{name}.beta", (width,), cell)]


def scale(name: str, width: int) -> list[ParamInfo]:
    return [info(f"{name}.weight", (width,), "RMSNorm")]


def table(name: str, rows: int, width: int) -> list[ParamInfo]:
    return [info(f"{name}.embedding_table", (rows, width), "Embedding")]


CNN = conv("conv1", 8, 3) + norm("bn1", 8, "BatchNorm2d") + conv("conv2", 16, 8) + norm("bn2", 16, "BatchNorm2d")
UNET = [
    *conv("down.0.conv", 8, 3), *norm("down.0.bn", 8, "BatchNorm2d"), *conv("bottom.conv", 16, 8),
    info("up.0.weight", (16, 8, 2, 2), "Conv2dTranspose", is_transposed=True), *conv("head", 2, 8, 1),
]  # fmt: skip
MLP = dense("fc1", 16, 8) + dense("fc2", 16, 16) + dense("head", 4, 16)
LSTM = [
    *table("source", 50, 8), *table("target", 50, 8),
    info("encoder.weight_ih_l0", (64, 8), "LSTM"), info("encoder.weight_hh_l0", (64, 16), "LSTM"),
    info("decoder.weight_ih_l0", (64, 8), "LSTM"), info("decoder.weight_hh_l0", (64, 16), "LSTM"),
    *dense("out", 50, 16),
]  # fmt: skip


def gpt() -> list[ParamInfo]:
    """nanoGPT's names, the output layer tied to the embedding."""
    out = table("wte", 50, 16) + table("wpe", 32, 16) + norm("ln_f", 16)
    for i in range(2):
        out += norm(f"h.{i}.ln_1", 16) + norm(f"h.{i}.ln_2", 16)
        out += dense(f"h.{i}.attn.c_attn", 48, 16) + dense(f"h.{i}.attn.c_proj", 16, 16)
        out += dense(f"h.{i}.mlp.c_fc", 64, 16) + dense(f"h.{i}.mlp.c_proj", 16, 64)
    return out


def llama() -> list[ParamInfo]:
    out = table("model.embed_tokens", 50, 16) + scale("model.norm", 16) + dense("lm_head", 50, 16, has_bias=False)
    for i in range(2):
        layer = f"model.layers.{i}"
        out += scale(f"{layer}.input_layernorm", 16) + scale(f"{layer}.post_attention_layernorm", 16)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            out += dense(f"{layer}.self_attn.{name}", 16, 16, has_bias=False)
        for name, rows, columns in (("gate_proj", 32, 16), ("up_proj", 32, 16), ("down_proj", 16, 32)):
            out += dense(f"{layer}.mlp.{name}", rows, columns, has_bias=False)
    return out


def experts() -> list[ParamInfo]:
    """A mixture of experts that is called as nobody else's."""
    out = table("tokens", 50, 16)
    for i in range(2):
        out += dense(f"layer.{i}.mix", 16, 16) + dense(f"layer.{i}.router", 4, 16, has_bias=False)
        out += [
            info(f"layer.{i}.experts.up", (4, 16, 32), "Experts"),
            info(f"layer.{i}.experts.down", (4, 32, 16), "Experts"),
        ]
    return out


def vit() -> list[ParamInfo]:
    out = [info("cls_token", (1, 1, 16), "Mine"), info("pos_embed", (1, 17, 16), "Mine")]
    out += [*conv("patch_embed.proj", 16, 3, 8), info("patch_embed.proj.bias", (16,), "Conv2d"), *norm("norm", 16)]
    for i in range(2):
        out += norm(f"blocks.{i}.norm1", 16) + norm(f"blocks.{i}.norm2", 16)
        out += dense(f"blocks.{i}.attn.qkv", 48, 16) + dense(f"blocks.{i}.attn.proj", 16, 16)
        out += dense(f"blocks.{i}.mlp.fc1", 64, 16) + dense(f"blocks.{i}.mlp.fc2", 16, 64)
    return out + dense("head", 4, 16)


def found(infos: list[ParamInfo]) -> Suggestion:
    return suggest(with_siblings(infos), MINE, shipped(), load_recipe)


@pytest.mark.parametrize(
    ("infos", "recipe"), [(gpt(), "hf/gpt2"), (llama(), "hf/llama"), (vit(), "timm/vit")], ids=["gpt", "llama", "vit"]
)
def test_a_family_is_told_whatever_its_class_is_called(infos: list[ParamInfo], recipe: str) -> None:
    answer = found(infos)

    assert (answer.answer, answer.recipe) == ("family", recipe)
    assert not plan_infos(with_siblings(infos), recipe).findings


@pytest.mark.parametrize(
    "infos", [CNN, UNET, MLP, LSTM, experts()], ids=["cnn", "unet", "mlp", "seq2seq lstm", "mixture of experts"]
)
def test_nothing_is_recommended_for_a_network_that_is_of_no_family(infos: list[ParamInfo]) -> None:
    answer = found(infos)

    assert (answer.answer, answer.recipe) == ("unknown", None)
    assert [one.recipe for one in answer.candidates] == [BASE]


def bare(infos: list[ParamInfo]) -> list[ParamInfo]:
    """As an index of safetensors tells it: no cells."""
    weights = {"embed_tokens.embedding_table": "embed_tokens.weight"}
    out = []
    for one in infos:
        name = one.name
        for own, published in weights.items():
            name = name.replace(own, published)
        out.append(one._replace(owners=(one.owners[0]._replace(name=name, leaf="weight", cell=()),)))
    return out


def test_a_published_models_index_is_told_and_planned_by_its_names() -> None:
    infos = bare(llama())
    plan = plan_infos(infos, "llama")

    assert suggest(infos, Classes(), shipped(), load_recipe).recipe == "hf/llama"
    assert plan["model.layers.1.input_layernorm.weight"].moments.mean == 1
    assert plan["model.layers.1.mlp.down_proj.weight"].moments.std == pytest.approx(0.02)
    assert plan["model.embed_tokens.weight"].moments.std == pytest.approx(0.02)
    assert not plan.findings
