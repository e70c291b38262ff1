"""A plan from a file is held to what binding promises: what it could not have made is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

import ms_initkit as mik
from tests.plans.small import RULES, Net
from tests.recipes import recipe


def test_a_plan_comes_back_as_it_was(document: dict[str, Any]) -> None:
    plan = mik.plan(Net(), recipe(RULES))
    again = mik.Plan.from_json(plan.to_json())
    assert again == plan
    assert len(again.columns.kinds) == len(plan.columns.kinds)
    assert mik.apply(Net(), again, seed=1).plan == plan


@pytest.mark.parametrize(
    "text", ["", "{", "5", "[]", "null", '{"format": 1}', "[" * 100_000, '{"format": 1, "format": 1}']
)
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a plan"):
        mik.Plan.from_json(text)
