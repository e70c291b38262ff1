"""The recipe `auto`: the one that is known to be right."""

from __future__ import annotations

import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.language import library
from tests.networks import Mlp


def test_auto_takes_the_recipe_that_is_known_and_stops_where_none_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from ms_initkit.language.audience import Audience
    from ms_initkit.language.audience import Classes as Listed

    head = library.Shipped("torch/default", "", (), Audience((Listed("tests.networks", ("Mlp",)),)))
    monkeypatch.setattr("ms_initkit.stages.choose.shipped", lambda: (head,))

    assert mik.apply(Mlp(), "auto", seed=1).plan.recipe == "recipes/torch/default.yaml"
    with pytest.raises(mik.RecipeError, match="no recipe is known for SequentialCell"):
        mik.plan(nn.SequentialCell(nn.Dense(2, 2)), "auto")


def test_a_plan_of_a_recipe_for_other_networks_says_so() -> None:
    plan = mik.plan(Mlp(), "hf/siglip", strict=False)

    assert "foreign-recipe" in {finding.code for finding in plan.findings}
    assert "foreign-recipe" not in {finding.code for finding in mik.plan(Mlp(), "torch/default").findings}
