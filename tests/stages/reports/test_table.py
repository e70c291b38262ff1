"""The tables of a report's page."""

from __future__ import annotations

from ms_initkit.plans.bind import bind
from ms_initkit.stages.reports.measure import Measured
from ms_initkit.stages.reports.table import constants_list, drawn_table, kept_table
from tests.recipes import info, recipe

FOUND = Measured(0.0, 0.5, -1.0, 1.0, 0, (0.5, 0.5))
PLAN = bind(
    recipe('{id: "<r>", match: "a*", init: {normal: 0.25}}\n{id: c, match: "c*", init: 3}\n{match: "**", init: keep}'),
    [info("a<1>"), info("a2"), *(info(f"c{n}") for n in range(250)), info("k")],
    strict=True,
)
LINES = {line.name: line for line in PLAN.assignments}


def test_a_row_has_the_numbers_of_its_parameter() -> None:
    lines = [LINES["a<1>"], LINES["a2"]]

    found = drawn_table(lines, {"<r>": 3}, {line.name: FOUND for line in lines}, {}, {"a2"})

    assert found.count("<tr>") == 3
    assert "<code>a&lt;1&gt;</code></th>" in found
    assert '<code>a2</code><br><strong class="mark">differs</strong>' in found
    assert '<td data-h="rule">&lt;r&gt;</td>' in found
    assert '<td class="n" data-h="planned std">0.25</td><td class="n" data-h="std">0.5</td>' in found
    assert "std before" not in found


def test_what_was_before_stands_beside() -> None:
    lines = [LINES["a2"]]

    found = drawn_table(lines, {}, {"a2": FOUND}, {"a2": Measured(0.0, 0.75, -1.0, 1.0, 0)}, ())

    assert "std before" in found
    assert '<td class="n" data-h="before">0.75</td>' in found


def test_constants_are_folded_by_rule_and_value() -> None:
    found = constants_list([line for line in PLAN.assignments if line.rule == "c"], PLAN.rules)

    assert found.count("<details>") == 1
    assert "= 3 by rule c: 250 parameters, 4,000 elements" in found
    assert "c199 and 50 more" in found


def test_what_was_kept_is_told_as_it_is() -> None:
    found = kept_table([LINES["k"]], {"k": FOUND})

    assert found.startswith("<details><summary>What they hold</summary>")
    assert '<td class="n" data-h="std">0.5</td>' in found
