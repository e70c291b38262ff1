"""Several findings: their order, their text, their JSON."""

from __future__ import annotations

import json

import pytest

from ms_initkit.findings import Finding, RecipeError, Span, findings_to_json, first_of, numbers_text, render


def test_files_keep_the_order_in_which_they_are_met() -> None:
    child = Finding.error("a", "child", span=Span("z.yaml", 9, 1, 2))
    parent = Finding.error("a", "parent", span=Span("a.yaml", 1, 1, 2))

    assert RecipeError([child, parent]).findings == (child, parent)


def test_findings_beyond_two_hundred_are_counted() -> None:
    findings = [Finding.error("a", f"number {number}") for number in range(201)] + [Finding.note("b", "last")]

    shown = render(findings)

    assert "number 199\n" in shown
    assert "number 200" not in shown
    assert shown.endswith("\n\n201 errors, 1 note; 2 of them are not shown")


def test_up_to_two_hundred_are_shown() -> None:
    shown = render([Finding.error("a", f"number {number}") for number in range(200)])

    assert shown.endswith("number 199\n\n200 errors")


def test_json_has_each_line_once() -> None:
    line = "x" * 100_000
    findings = [Finding.error("a", "x", span=Span("r.yaml", 3, n, n + 1, line)) for n in range(1, 1001)]

    values = findings_to_json([*findings, Finding.note("b", "y")])

    assert values["sources"] == {"r.yaml": {"3": line}}
    assert len(json.dumps(values)) < 600_000
    assert values["findings"] == [
        {name: value for name, value in finding.to_json().items() if name != "source"}
        for finding in [*findings, Finding.note("b", "y")]
    ]


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), ([1, 2, *range(1000)], "1, 2 and 1,000 more")]
)
def test_the_first_of_many_are_told_and_how_many_more_there_are(items: list[object], text: str) -> None:
    assert first_of(items, 2) == text


def test_of_many_numbers_twenty_are_told() -> None:
    assert numbers_text((3,)) == "(3,)"
    assert numbers_text(tuple(range(20))) == str(tuple(range(20)))
    assert numbers_text((7,) * 21) == f"({', '.join('7' * 20)} and 1 more)"
