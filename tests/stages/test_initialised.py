"""Factories whose networks come out initialised, in the packages that have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from tests.networks import Mlp

RECIPE = {"**.weight": {"normal": 0.02}, "**.bias": 0}


def test_what_a_factory_makes_is_what_apply_writes() -> None:
    net = Mlp()
    mik.apply(net, RECIPE, seed=3)

    made = mik.initialised(Mlp, RECIPE, seed=3)()

    for name, parameter in net.parameters_and_names():
        assert np.array_equal(dict(made.parameters_and_names())[name].asnumpy(), parameter.asnumpy())


def test_a_factory_keeps_its_name_and_its_arguments() -> None:
    def build(width: int, *, classes: int = 2) -> nn.Cell:
        """Builds."""
        return nn.Dense(width, classes)

    made = mik.initialised(build, {"weight": "ones", "bias": 0}, seed=3)

    assert (made.__name__, made.__doc__) == ("build", "Builds.")
    assert made(4, classes=3).weight.shape == (3, 4)


def test_a_constructor_that_computes_with_its_weights_has_them() -> None:
    class Computing(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Dense(4, 4)
            self.largest = float(self.dense.weight.asnumpy().max())

    made = mik.initialised(Computing, RECIPE, seed=3)()

    assert made.largest != 0
    assert not mik.verify(made, mik.plan(made, RECIPE), seed=3)


def test_a_recipe_that_does_not_fit_is_told() -> None:
    with pytest.raises(mik.PlanError, match="unused-rule"):
        mik.initialised(Mlp, {"none.*": 0, **RECIPE}, seed=3)()


def test_mindcv_creates_models_that_are_initialised() -> None:
    from mindcv.models import create_model

    net = mik.initialised(create_model, "auto", seed=42)("resnet18", num_classes=10)

    assert net.classifier.weight.shape[0] == 10
    assert not mik.verify(net, mik.plan(net, "timm/resnet"), seed=42)


@pytest.mark.filterwarnings("ignore")
def test_mindone_makes_models_of_configurations_that_are_initialised() -> None:
    from mindone.transformers import BertModel
    from transformers import BertConfig

    config = BertConfig(  # type: ignore[no-untyped-call]  # it has no types
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        vocab_size=50,
        initializer_range=0.5,
    )
    net = mik.initialised(BertModel._from_config, "auto", seed=42)(config)

    assert not mik.verify(net, mik.plan(net, "hf/bert"), seed=42)
    assert abs(net.pooler.dense.weight.asnumpy().std() - 0.5) < 0.5 * 5 / np.sqrt(2 * 32 * 32)


def test_mindformers_makes_models_that_are_initialised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # its logs
    llama = pytest.importorskip("mindformers.models.llama", reason="mindformers is not installed")

    config = llama.LlamaConfig(hidden_size=32, num_layers=1, num_heads=2, vocab_size=50, seq_length=8, batch_size=1)
    net = mik.initialised(llama.LlamaForCausalLM, "hf/llama", seed=42)(config)

    assert not mik.verify(net, mik.plan(net, "hf/llama"), seed=42)


def test_a_plan_of_some_names_keeps_the_others() -> None:
    net = Mlp()
    mik.apply(net, {"**": "ones"}, seed=1)

    report = mik.apply(net, mik.plan(net, RECIPE).only(["output.weight"]), seed=3)

    assert (net.hidden.weight.asnumpy() == 1).all()
    assert not (net.output.weight.asnumpy() == 1).any()
    assert not mik.verify(net, report.plan, seed=3)
    assert mik.Plan.from_json(report.plan.to_json()) == report.plan


def test_a_plan_of_a_name_that_is_none_is_refused_with_a_guess() -> None:
    with pytest.raises(KeyError, match=r"did you mean 'output\.weight'"):
        mik.plan(Mlp(), RECIPE).only(["output.wieght"])


def test_a_copy_of_what_is_kept_is_not_drawn() -> None:
    plan = mik.plan(
        nn.SequentialCell(nn.Dense(4, 4), nn.Dense(4, 4)),
        {"rules": [{"match": "1.weight", "like": "0.weight"}, {"match": "**", "init": {"normal": 0.1}}]},
    )

    with pytest.raises(
        mik.PlanError, match=r"'1\.weight' takes the values of '0\.weight', which would be kept"
    ) as found:
        plan.only(["1.weight"])
    assert found.value.findings[0].help == "add '0.weight' to the names, or leave '1.weight' out of them"
    assert not plan.only(["0.weight", "1.weight"])["1.weight"].is_kept
