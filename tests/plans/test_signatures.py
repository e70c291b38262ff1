"""Networks of one's own, their classes named freely: the right family or none, and never a recipe that harms."""

from __future__ import annotations

import pytest

from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.manifest import with_siblings
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.suggest import BASE, Classes, suggest
from ms_initkit.plans.suggestion import Suggestion
from ms_initkit.stages.plan import plan_infos
from tests.plans.shelf import Shelf
from tests.recipes import info

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
    *conv("down.0.conv", 8, 3),
    *norm("down.0.bn", 8, "BatchNorm2d"),
    *conv("bottom.conv", 16, 8),
    info("up.0.weight", (16, 8, 2, 2), "Conv2dTranspose", is_transposed=True),
    *conv("head", 2, 8, 1),
]
MLP = dense("fc1", 16, 8) + dense("fc2", 16, 16) + dense("head", 4, 16)
LSTM = [
    *table("source", 50, 8),
    *table("target", 50, 8),
    info("encoder.weight_ih_l0", (64, 8), "LSTM"),
    info("encoder.weight_hh_l0", (64, 16), "LSTM"),
    info("decoder.weight_ih_l0", (64, 8), "LSTM"),
    info("decoder.weight_hh_l0", (64, 16), "LSTM"),
    *dense("out", 50, 16),
]


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


def below(prefix: str, infos: list[ParamInfo]) -> list[ParamInfo]:
    """The same network as a part of another."""
    return [
        one._replace(owners=(one.owners[0]._replace(name=f"{prefix}.{one.name}"), *one.owners[1:])) for one in infos
    ]


def block(name: str, width: int = 16) -> list[ParamInfo]:
    return [
        *dense(f"{name}.attention.wq", width, width),
        *dense(f"{name}.attention.wo", width, width),
        *dense(f"{name}.feed_forward.w1", 32, width),
        *dense(f"{name}.feed_forward.w2", width, 32),
        *norm(f"{name}.attention_norm", width),
        *norm(f"{name}.ffn_norm", width),
    ]


def bert() -> list[ParamInfo]:
    out = [one for kind in ("word", "position", "token_type") for one in table(f"embeddings.{kind}_embeddings", 20, 16)]
    out += norm("embeddings.LayerNorm", 16)
    for i in range(2):
        layer = f"encoder.layer.{i}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            out += dense(f"{layer}.{name}", 16, 16)
        out += dense(f"{layer}.intermediate.dense", 32, 16) + dense(f"{layer}.output.dense", 16, 32)
        out += norm(f"{layer}.attention.output.LayerNorm", 16) + norm(f"{layer}.output.LayerNorm", 16)
    return out


def resnet(short: str = "downsample") -> list[ParamInfo]:
    out = conv("conv1", 8, 3, 7) + norm("bn1", 8, "BatchNorm2d")
    for i in range(1, 5):
        for n in range(2):
            layer = f"layer{i}.{n}"
            for k in (1, 2):
                out += conv(f"{layer}.conv{k}", 8, 8) + norm(f"{layer}.bn{k}", 8, "BatchNorm2d")
        if i > 1:
            out += conv(f"layer{i}.0.{short}.0", 8, 8, 1) + norm(f"layer{i}.0.{short}.1", 8, "BatchNorm2d")
    return out + dense("fc", 10, 8)


def mixtral() -> list[ParamInfo]:
    out = [one for one in llama() if ".mlp." not in one.name]
    for i in range(2):
        moe = f"model.layers.{i}.block_sparse_moe"
        out += dense(f"{moe}.gate", 4, 16, has_bias=False)
        for n in range(4):
            for name, rows, columns in (("w1", 32, 16), ("w2", 16, 32), ("w3", 32, 16)):
                out += dense(f"{moe}.experts.{n}.{name}", rows, columns, has_bias=False)
    return out


def gemma() -> list[ParamInfo]:
    out = llama()
    for i in range(2):
        for side in ("pre", "post"):
            out += scale(f"model.layers.{i}.{side}_feedforward_layernorm", 16)
    return out


def translator(cell: str) -> list[ParamInfo]:
    """A sequence-to-sequence network with attention, as tutorials write it."""
    gates = {"LSTM": 4, "GRU": 3}[cell] * 16
    out = table("encoder.embedding", 50, 8) + table("decoder.embedding", 50, 8)
    for side in ("encoder", "decoder"):
        out += [
            info(f"{side}.rnn.weight_ih_l0", (gates, 8), cell),
            info(f"{side}.rnn.weight_hh_l0", (gates, 16), cell),
            info(f"{side}.rnn.bias_ih_l0", (gates,), cell),
            info(f"{side}.rnn.bias_hh_l0", (gates,), cell),
        ]
    return out + dense("decoder.attn", 16, 32) + dense("decoder.fc_out", 50, 16)


def found(infos: list[ParamInfo]) -> Suggestion:
    return suggest(with_siblings(infos), MINE, shipped(), load_recipe)


@pytest.mark.parametrize(
    ("infos", "recipe"),
    [
        (gpt(), "hf/gpt2"),
        (below("transformer", gpt()) + dense("lm_head", 50, 16, has_bias=False), "hf/gpt2"),
        (llama(), "hf/llama"),
        (below("_backbone", llama()), "hf/llama"),
        (gemma(), "hf/gemma"),
        (mixtral(), "hf/mixtral"),
        (vit(), "timm/vit"),
        (below("encoder", vit()) + dense("classifier", 4, 16), "timm/vit"),
        (bert(), "hf/bert"),
        (below("encoder", bert()) + dense("classifier", 2, 16), "hf/bert"),
        (below("query", bert()) + below("passage", bert()), "hf/bert"),
        (resnet(), "torchvision/resnet"),
        (resnet("down_sample"), "torchvision/resnet"),
    ],
    ids=[
        "gpt",
        "gpt-untied",
        "llama",
        "llama-wrapped",
        "gemma",
        "mixtral",
        "vit",
        "vit-inside",
        "bert",
        "bert-inside",
        "two-berts",
        "resnet",
        "mindcv",
    ],
)
def test_a_family_is_told_whatever_its_class_is_called(infos: list[ParamInfo], recipe: str) -> None:
    answer = found(infos)

    assert (answer.answer, answer.recipe) == ("family", recipe)
    assert not [one for one in plan_infos(with_siblings(infos), recipe).findings if one.severity != "note"]


@pytest.mark.parametrize(
    "infos",
    [
        CNN,
        UNET,
        MLP,
        LSTM,
        translator("LSTM"),
        translator("GRU"),
        experts(),
        [one for i in range(2) for one in block(f"layers.{i}")] + table("tok_embeddings", 50, 16),
        below("0", CNN) + dense("1", 10, 16),
        below("generator", UNET) + below("discriminator", CNN),
    ],
    ids=[
        "cnn",
        "unet",
        "mlp",
        "seq2seq-lstm",
        "seq2seq-attention",
        "seq2seq-gru",
        "experts",
        "other-spelling",
        "numbered",
        "two-networks",
    ],
)
def test_nothing_is_recommended_for_a_network_that_is_of_no_family(infos: list[ParamInfo]) -> None:
    answer = found(infos)

    assert (answer.answer, answer.recipe) == ("unknown", None)
    assert [one.recipe for one in answer.candidates] == [BASE]


@pytest.mark.parametrize(
    ("infos", "part"),
    [
        (below("text", bert()) + below("image", CNN + resnet("shortcut")), "37 of its 105 parameters, under text"),
        (
            below("vision", vit()) + [one for i in range(9) for one in block(f"decoder.{i}")],
            "28 of its 140 parameters, under vision",
        ),
    ],
    ids=["bert beside a cnn", "vit before a decoder"],
)
def test_a_network_that_only_holds_one_of_a_family_is_not_of_it(infos: list[ParamInfo], part: str) -> None:
    answer = found(infos)

    assert (answer.answer, answer.recipe) == ("unknown", None)
    assert part in answer.reason
    assert [one.recipe for one in answer.candidates] == [BASE]


def bare(infos: list[ParamInfo]) -> list[ParamInfo]:
    """As an index of safetensors tells it: no cells, torch's names."""
    torch = {"embedding_table": "weight", "gamma": "weight", "beta": "bias"}
    out = []
    for one in infos:
        cell, dot, leaf = one.name.rpartition(".")
        leaf = torch.get(leaf, leaf)
        out.append(one._replace(owners=(one.owners[0]._replace(name=cell + dot + leaf, leaf=leaf, cell=()),)))
    return out


@pytest.mark.parametrize(
    ("infos", "recipe", "scale", "weight", "std"),
    [
        (llama(), "hf/llama", "model.layers.1.input_layernorm.weight", "model.layers.1.mlp.down_proj.weight", 0.02),
        (mixtral(), "hf/mixtral", "model.norm.weight", "model.layers.1.block_sparse_moe.experts.3.w2.weight", 0.02),
        (gpt(), "hf/gpt2", "h.0.ln_1.weight", "h.0.mlp.c_proj.weight", 0.01),
        (bert(), "hf/bert", "embeddings.LayerNorm.weight", "encoder.layer.1.output.dense.weight", 0.02),
        (vit(), "timm/vit", "blocks.0.norm1.weight", "blocks.1.mlp.fc1.weight", 0.02),
        (resnet(), "torchvision/resnet", "layer2.0.downsample.1.weight", "layer1.0.conv1.weight", 1 / 6),
    ],
    ids=["llama", "mixtral", "gpt2", "bert", "vit", "resnet"],
)
def test_a_published_models_index_is_told_and_planned_by_its_names(
    infos: list[ParamInfo], recipe: str, scale: str, weight: str, std: float
) -> None:
    known = with_siblings(bare(infos))
    plan = plan_infos(known, recipe)

    assert suggest(known, Classes(), shipped(), load_recipe).recipe == recipe
    assert plan[scale].moments.mean == 1
    assert plan[weight].moments.std == pytest.approx(std, rel=1e-3)
    assert not plan.findings


def test_a_gemmas_index_is_not_taken_for_a_llamas() -> None:
    infos = with_siblings(bare(gemma()))

    assert suggest(infos, Classes(), shipped(), load_recipe).recipe == "hf/gemma"
    assert plan_infos(infos, "hf/gemma")["model.layers.0.input_layernorm.weight"].moments.mean == 0


@pytest.mark.parametrize(
    "more",
    [
        [one for name in ("q", "k", "v") for one in dense(f"model.layers.0.self_attn.{name}_proj", 16, 16)],
        [one for name in ("q", "k") for one in scale(f"model.layers.0.self_attn.{name}_norm", 4)],
        dense("model.layers.0.self_attn.kv_a_proj_with_mqa", 8, 16, has_bias=False)
        + scale("model.layers.0.self_attn.kv_a_layernorm", 8)
        + dense("model.layers.0.mlp.gate", 4, 16, has_bias=False),
    ],
    ids=["biases, as Qwen2", "norms of queries, as Qwen3", "DeepSeek"],
)
def test_llama_serves_the_index_of_its_relatives(more: list[ParamInfo]) -> None:
    infos = list({one.name: one for one in bare(llama() + more)}.values())

    assert not plan_infos(with_siblings(infos), "llama").findings


def test_a_llamas_bare_index_may_be_a_first_gemmas_and_is_said_so() -> None:
    bias = dense("model.layers.0.self_attn.q_proj", 16, 16)
    indices = [bare(llama()), bare(list({one.name: one for one in llama() + bias}.values())), llama()]

    first, *others = [suggest(with_siblings(infos), Classes(), shipped(), load_recipe) for infos in indices]

    assert first.recipe == "hf/llama"
    assert "Gemma" in first.advice[0]
    assert first.advice[0] in str(first)
    assert [one.advice for one in others] == [(), ()]


def test_the_default_of_the_layers_is_said_to_cover_what_it_covers() -> None:
    assert found(MLP).advice == (f"every layer as torch makes it, nothing left over: --recipe {BASE}",)
    assert found([*MLP, info("odd", (3, 3), "Mine")]).advice == ()


def test_two_families_at_once_are_ambiguous_and_neither_is_recommended(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')
    shelf.put("b/net", 'signature: "**.fc.bias"')

    found = shelf.suggest(Classes())

    assert (found.answer, found.recipe) == ("family", None)
    assert found.reason == "the parameters have the names of several families: a/net, b/net"
    assert [one.recipe for one in found.candidates] == ["a/net", "b/net"]


def test_a_signature_that_asks_for_more_is_the_nearer_family(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')
    shelf.put("b/net", 'signature: ["**.fc.weight", "**.fc.bias"]')

    assert shelf.suggest(Classes()).recipe == "b/net"


def test_all_of_a_signature_stands_in_one_place(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: ["**.fc.weight", "**.head.weight"]')

    assert shelf.suggest(Classes(), info("a.fc.weight"), info("a.head.weight")).recipe == "a/net"
    assert shelf.suggest(Classes(), info("a.fc.weight"), info("b.head.weight")).recipe is None


def test_a_signature_may_ask_for_shapes(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: {name: "**.fc.weight", shape: [any, 4]}')

    assert shelf.suggest(Classes(), info("fc.weight", (8, 4))).recipe == "a/net"
    assert shelf.suggest(Classes(), info("fc.weight", (8, 5))).recipe is None
    assert shelf.suggest(Classes(), info("fc.weight", (8, 4, 1))).recipe is None


def test_numbers_in_names_do_not_matter_to_a_signature(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.layers.{i}.fc.weight"')
    layers = [info(f"layers.{n}.fc.weight") for n in (3, 41)]

    assert shelf.suggest(Classes(), *layers).recipe == "a/net"


def test_digits_within_a_segment_do_matter_to_a_signature(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc1.weight"')

    assert shelf.suggest(Classes(), info("fc1.weight")).recipe == "a/net"
    assert shelf.suggest(Classes(), info("fc2.weight")).recipe is None
