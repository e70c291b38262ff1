"""The callback: a model is initialised once, when its training begins, and what it writes is proven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mindspore import nn
from mindspore.dataset import NumpySlicesDataset
from mindspore.train import Model

import ms_initkit as mik
from tests.networks import Mlp

RECIPE = {"**.weight": {"normal": 0.02}, "**.bias": 0}


def model_of(net: Mlp) -> tuple[Model, NumpySlicesDataset]:
    rng = np.random.default_rng(0)
    data = (rng.standard_normal((8, 20), np.float32), rng.standard_normal((8, 10), np.float32))
    optimizer = nn.SGD(net.trainable_params(), learning_rate=0.0)
    return Model(net, nn.MSELoss(), optimizer), NumpySlicesDataset(data, shuffle=False).batch(4)


def test_training_begins_with_the_recipes_values(tmp_path: Path) -> None:
    net = Mlp()
    model, data = model_of(net)
    initialise = mik.ApplyRecipe(RECIPE, seed=3, report=tmp_path / "init.json")

    model.train(1, data, callbacks=[initialise], dataset_sink_mode=False)

    assert initialise.done is not None
    assert not mik.verify(net, mik.plan(net, RECIPE), seed=3)
    assert (tmp_path / "init.json").is_file()


def test_training_that_goes_on_is_left_alone() -> None:
    net = Mlp()
    model, data = model_of(net)
    initialise = mik.ApplyRecipe(RECIPE, seed=3)
    model.train(1, data, callbacks=[initialise], dataset_sink_mode=False)
    mik.init_(net.hidden.weight, "ones")

    model.train(1, data, callbacks=[initialise], dataset_sink_mode=False)

    assert (net.hidden.weight.asnumpy() == 1).all()


def test_a_recipe_that_does_not_fit_stops_the_training_before_it_begins() -> None:
    model, data = model_of(Mlp())

    with pytest.raises(mik.PlanError, match="unused-rule"):
        model.train(1, data, callbacks=[mik.ApplyRecipe({"none.*": 0, **RECIPE}, seed=3)], dataset_sink_mode=False)


def test_where_a_report_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"init\.pdf"):
        mik.ApplyRecipe(RECIPE, seed=3, report=tmp_path / "init.pdf")


def test_a_configuration_asks_for_a_recipe(tmp_path: Path) -> None:
    net = Mlp()
    model, data = model_of(net)
    report = str(tmp_path / "init.txt")
    config = {"init_recipe": {"recipe": RECIPE, "seed": 3, "report": report}, "load_checkpoint": ""}

    model.train(1, data, callbacks=[mik.ApplyRecipe.from_config(config)], dataset_sink_mode=False)

    assert not mik.verify(net, mik.plan(net, RECIPE), seed=3)
    assert (tmp_path / "init.txt").is_file()


def test_a_configuration_that_loads_a_checkpoint_is_refused() -> None:
    config = {"init_recipe": {"recipe": RECIPE, "seed": 3}, "load_checkpoint": "pre.ckpt"}

    with pytest.raises(ValueError, match="`load_checkpoint` and `init_recipe`: what is loaded would be drawn over"):
        mik.ApplyRecipe.from_config(config)
