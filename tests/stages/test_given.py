"""Stages take plans and reports, and no recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ms_initkit as mik
from tests.networks import Mlp
from tests.recipes import recipe

RULES = "{match: {param: weight}, init: {normal: 0.02}}\n{match: {param: bias}, init: zeros}"


def test_a_report_is_taken_for_its_plan_and_a_recipe_is_not() -> None:
    net = Mlp()
    report = mik.apply(net, recipe(RULES), seed=7)

    assert mik.verify(net, report, seed=7) == ()
    with pytest.raises(TypeError, match=r"verify takes a plan, not str: plan = ms_initkit.plan"):
        mik.verify(net, "mlp")  # type: ignore[arg-type]


def test_no_stage_takes_a_recipe_for_a_plan(tmp_path: Path) -> None:
    given: Any = recipe(RULES)  # the mistake

    with pytest.raises(TypeError, match="draw takes a plan, not Recipe"):
        mik.draw(given, "output.weight", seed=7)
    with pytest.raises(TypeError, match="attach takes a plan, not Recipe"):
        mik.attach(Mlp(), given, seed=7)
    with pytest.raises(TypeError, match="materialize takes a plan, not Recipe"):
        mik.materialize(given, tmp_path / "out", seed=7)
    assert not (tmp_path / "out").exists()
