"""What takes values that are there comes before what writes over them."""

from __future__ import annotations

import pytest

from ms_initkit.plans.bind import bind
from ms_initkit.plans.order import in_order, is_changed, of_the_apply, order_text, past
from ms_initkit.plans.plan import Plan
from tests.recipes import info, recipe

RULES = """
{match: drawn, init: {normal: 1}}
{match: changed, init: keep, then: [{multiply: 2}]}
{match: taker, like: changed}
{match: table, init: {normal: 1}, rows: "2:"}
{match: "**", init: keep}
"""


@pytest.fixture
def plan() -> Plan:
    infos = [info(name) for name in ("drawn", "changed", "taker", "table", "left")]
    return bind(recipe(RULES), infos, strict=True)


def test_those_that_take_come_before_those_that_are_changed(plan: Plan) -> None:
    taking = [plan.assignments[number].name for number in in_order(plan.assignments)]

    assert taking == ["taker", "changed", "table"]
    assert [is_changed(plan[name]) for name in taking] == [False, True, True]


def test_what_depends_on_what_is_written_over_is_past(plan: Plan) -> None:
    assert {line.name for line in past(plan.assignments)} == {"changed", "taker"}
    assert {line.name for line in of_the_apply(plan.assignments)} == {"changed", "taker", "table"}


def test_the_order_is_told_where_there_is_one(plan: Plan) -> None:
    assert order_text(plan.assignments) == [
        "order: what is drawn, then what takes values that are there (taker of changed), "
        "then what is changed where it lies (changed, table)"
    ]
    assert order_text([plan["drawn"]]) == []


def test_a_long_order_is_cut() -> None:
    plan = bind(recipe("{match: '**', init: keep, then: [abs]}"), [info(f"w{n}") for n in range(5)], strict=True)

    assert order_text(plan.assignments)[0].endswith("(w0, w1, w2 and 2 more)")
