"""muP by --set mup_base_width: what mup's `normal_` makes of a network m times as wide as its base.

mup 1.0.0, executed at m = 16, gave matrices between two hidden layers sigma / sqrt(m), and embeddings and readouts
sigma.
"""

from __future__ import annotations

from math import sqrt

import pytest

from ms_initkit.networks.manifest import read_manifest
from ms_initkit.stages.plan import plan_infos
from tests.reference.comparison import MANIFESTS

WIDTH = 256
M = 16
SIGMA = 0.02


def stds(network: str, recipe: str, **variables: float | bool) -> dict[str, float | None]:
    infos = read_manifest(MANIFESTS / f"mindone-{network}.json")
    return {line.name: line.moments.std for line in plan_infos(infos, recipe, variables).assignments}


@pytest.mark.parametrize(
    ("network", "recipe", "hidden", "residual", "inputs", "depth"),
    [
        (
            "GPT2LMHeadModel",
            "gpt2",
            "transformer.h.0.attn.c_attn.weight",
            "transformer.h.1.mlp.c_proj.weight",
            "transformer.wte.embedding_table",
            4,
        ),
        ("LlamaForCausalLM", "llama", "model.layers.0.mlp.up_proj.weight", None, "model.embed_tokens.weight", 2),
        (
            "BertForPreTraining",
            "bert",
            "bert.encoder.layer.0.intermediate.dense.weight",
            None,
            "bert.embeddings.position_embeddings.weight",
            2,
        ),
        (
            "LlamaForCausalLM",
            "megatron",
            "model.layers.0.mlp.up_proj.weight",
            "model.layers.1.mlp.down_proj.weight",
            "model.embed_tokens.weight",
            2,
        ),
    ],
)
def test_only_matrices_between_hidden_layers_shrink_with_width(
    network: str, recipe: str, hidden: str, residual: str | None, inputs: str, depth: int
) -> None:
    found = stds(network, recipe, mup_base_width=WIDTH / M)

    assert found[hidden] == pytest.approx(SIGMA / sqrt(M), rel=1e-9)
    assert found[inputs] == pytest.approx(SIGMA, rel=1e-9)
    if residual is not None:
        assert found[residual] == pytest.approx(SIGMA / sqrt(2 * depth) / sqrt(M), rel=1e-9)


def test_the_readout_keeps_its_spread_or_is_zero() -> None:
    base = WIDTH / M

    assert stds("LlamaForCausalLM", "llama", mup_base_width=base)["lm_head.weight"] == pytest.approx(SIGMA)
    assert stds("LlamaForCausalLM", "llama", mup_base_width=base, mup_zero_readout=True)["lm_head.weight"] == 0


@pytest.mark.parametrize(
    ("network", "recipe", "name"),
    [
        ("BertForPreTraining", "bert", "cls.seq_relationship.weight"),
        ("WhisperForConditionalGeneration", "whisper", "model.encoder.conv1.weight"),
        ("MixtralForCausalLM", "mixtral", "model.layers.0.block_sparse_moe.gate.weight"),
    ],
)
def test_a_matrix_with_one_side_that_does_not_grow_keeps_its_spread(network: str, recipe: str, name: str) -> None:
    assert stds(network, recipe, mup_base_width=WIDTH / M)[name] == pytest.approx(SIGMA, rel=1e-9)


def test_a_tied_readout_stays_the_embedding_and_the_plan_says_so() -> None:
    infos = read_manifest(MANIFESTS / "mindone-GPT2LMHeadModel.json")

    plan = plan_infos(infos, "gpt2", {"mup_zero_readout": True})

    assert plan["lm_head.weight"].moments.std == pytest.approx(SIGMA)
    assert [finding.code for finding in plan.findings if "zero-readout" in finding.message] == ["shadowed-rule"]


@pytest.mark.parametrize("recipe", ["gpt2", "gpt2-openai", "nanogpt"])
def test_at_the_base_width_nothing_changes(recipe: str) -> None:
    assert stds("GPT2LMHeadModel", recipe, mup_base_width=WIDTH) == stds("GPT2LMHeadModel", recipe)


def test_small_init_is_that_of_the_base_width() -> None:
    found = stds("GPTNeoXForCausalLM", "gpt-neox", mup_base_width=WIDTH / M)

    at_base = sqrt(2 / (5 * WIDTH / M))
    assert found["gpt_neox.embed_in.weight"] == pytest.approx(at_base)
    assert found["gpt_neox.layers.0.mlp.dense_h_to_4h.weight"] == pytest.approx(at_base / sqrt(M))
