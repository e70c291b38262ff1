"""Plans as notebooks show them."""

from __future__ import annotations

from ms_initkit.findings import Finding
from ms_initkit.plans.bind import bind
from ms_initkit.plans.html import plan_html, table_html
from tests.recipes import info, recipe


def test_a_table_is_escaped() -> None:
    assert table_html(("<h>",), [("a & b",)]) == (
        "<table><thead><tr><th>&lt;h&gt;</th></tr></thead><tbody><tr><td>a &amp; b</td></tr></tbody></table>"
    )
    assert "thead" not in table_html((), [("a",)])


def test_rules_have_totals_and_long_plans_are_cut() -> None:
    rules = "{id: first, match: 'a0', init: zeros}\n{id: rest, match: '**', init: ones}"
    plan = bind(recipe(rules), [info(f"a{n}") for n in range(25)], strict=True)

    found = plan_html("net", "net.yaml", plan.rules, plan.assignments, [Finding.error("some-code", "a < b")])

    assert "<b>net</b> <code>net.yaml</code>: 25 parameters, 400 elements" in found
    assert "<td>first</td><td>name a0</td><td>1</td><td>16</td>" in found
    assert "<td>rest</td><td>name **</td><td>24</td><td>384</td>" in found
    assert "<td>a19</td>" in found
    assert "<td>a20</td>" not in found
    assert "and 5 more: print(plan)" in found
    assert "a &lt; b" in found


def test_what_no_rule_selects_is_counted_too() -> None:
    plan = bind(recipe("{match: a, init: zeros}"), [info("a"), info("b", is_trainable=False)], strict=True)

    assert "<td>(no rule: kept)</td><td></td><td>1</td><td>16</td>" in plan_html(
        "x", "x", plan.rules, plan.assignments, []
    )
