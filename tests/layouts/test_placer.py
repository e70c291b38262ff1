"""Rules of a layout, for the parameters of a rank."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import PlanError
from ms_initkit.layouts.python import layout, place, split
from ms_initkit.stages.plan import plan_infos
from tests.layouts.sharded import info


def test_a_parameter_without_a_rule_is_an_error_unless_the_default_is_whole(anything: Path) -> None:
    infos = [info("w", 4), info("b", 4)]
    rules = [place("w", split(0, "tp"))]

    with pytest.raises(PlanError, match=r"error\[unplaced-parameter\]: no rule of the layout selects 1 of 2"):
        plan_infos(infos, anything, layout=layout({"tp": 2}, rules).at(0))
    plan = plan_infos(infos, anything, layout=layout({"tp": 2}, rules, default="whole").at(0))
    assert plan["b"].window is None


def test_a_rule_that_selects_nothing_is_an_error(anything: Path) -> None:
    made = layout({"tp": 2}, [place("w", split(0, "tp")), place("x", split(0, "tp"))])

    with pytest.raises(PlanError, match="rule '2' of the layout selects no parameter of rank 0"):
        plan_infos([info("w", 4)], anything, layout=made.at(0))


def test_two_parameters_cannot_be_the_same_slice(anything: Path) -> None:
    made = layout({"tp": 2}, [place("{a,b}.w", split(0, "tp"), to="c.w")])

    with pytest.raises(PlanError, match=r"'a\.w' and 'b\.w' are the same part of 'c\.w'"):
        plan_infos([info("a.w", 4), info("b.w", 4)], anything, layout=made.at(0))
