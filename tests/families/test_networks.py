"""Networks that somebody else wrote, initialised end to end; skipped only where their package is absent."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import nn
from mindspore.nn import Cell

import ms_initkit as mik


def mindcv_network(name: str) -> Cell:
    mindcv = pytest.importorskip("mindcv")
    return mindcv.create_model(name)


def gpt2() -> Cell:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another package's business
        transformers = pytest.importorskip("mindone.transformers")
        from transformers import GPT2Config

        return transformers.GPT2LMHeadModel(GPT2Config(n_layer=4, n_embd=256, n_head=4, vocab_size=1000))  # type: ignore[no-untyped-call]


NETWORKS: list[tuple[str, Callable[[], Cell], str, int]] = [
    ("resnet50", lambda: mindcv_network("resnet50"), "resnet", 267),
    ("vit_b_16", lambda: mindcv_network("vit_b_16_224"), "vit", 152),
    ("lstm", lambda: nn.LSTM(32, 64, 2, bidirectional=True), "lstm", 16),
    ("gpt2", gpt2, "gpt2", 52),
]


@pytest.mark.parametrize(("make", "recipe", "tensors"), [row[1:] for row in NETWORKS], ids=[row[0] for row in NETWORKS])
def test_every_tensor_is_claimed_written_proven_and_loaded_back(
    make: Callable[[], Cell], recipe: str, tensors: int, tmp_path: Path
) -> None:
    from ms_initkit.files.saving import save

    net = make()
    report = mik.apply(net, recipe, seed=42)
    # A .ckpt as large as this MindSpore refuses to load where most free memory holds the pages of files.
    save(net, tmp_path / "net.safetensors")
    loaded = mindspore.load_checkpoint(str(tmp_path / "net.safetensors"), format="safetensors")

    assert len(report.plan.assignments) == tensors
    assert all(line.rule for line in report.plan.assignments)
    assert mik.verify(net, report.plan, seed=42) == ()
    assert mik.verify(net, report.plan) == ()
    for parameter in net.get_parameters():
        np.testing.assert_array_equal(loaded[parameter.name].asnumpy(), parameter.asnumpy())


@pytest.mark.parametrize(("make", "recipe"), [(row[1], row[2]) for row in NETWORKS], ids=[row[0] for row in NETWORKS])
def test_deferred_construction_gives_the_same_values(make: Callable[[], Cell], recipe: str) -> None:
    built = make()
    with mik.deferred():
        deferred = make()

    mik.apply(built, recipe, seed=42)
    mik.apply(deferred, recipe, seed=42)

    for left, right in zip(built.get_parameters(), deferred.get_parameters(), strict=True):
        np.testing.assert_array_equal(left.asnumpy(), right.asnumpy(), err_msg=left.name)


def test_zero_init_residual_zeroes_the_last_norm_of_every_branch() -> None:
    net = mindcv_network("resnet50")

    plan = mik.apply(net, "resnet", seed=42, vars={"zero_init_residual": True}).plan

    assert net.layer1[0].bn3.gamma.asnumpy().max() == 0
    assert net.layer1[0].bn2.gamma.asnumpy().min() == 1
    assert sum(line.rule == "last-norm-bottleneck" for line in plan.assignments) == 16


def test_gpt2_scales_its_residual_projections_by_depth() -> None:
    plan = mik.plan(gpt2(), "gpt2")

    std = plan["transformer.h.3.mlp.c_proj.weight"].moments.std
    assert std == pytest.approx(0.02 / math.sqrt(2 * 4), rel=1e-12)
    assert plan["lm_head.weight"] is plan["transformer.wte.embedding_table"]


def test_the_forget_gate_gets_its_bias_once() -> None:
    net = nn.LSTM(32, 64)

    mik.apply(net, "lstm", seed=42, vars={"forget_bias": 1})

    biases = {name: parameter.asnumpy() for name, parameter in net.parameters_and_names() if "bias" in name}
    forget = slice(64, 128)
    assert (biases["bias_ih_l0"][forget] + biases["bias_hh_l0"][forget] == 1).all()
    assert abs(biases["bias_ih_l0"][:64]).max() <= 1 / 8
