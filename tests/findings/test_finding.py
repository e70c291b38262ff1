from __future__ import annotations

import pytest

from ms_initkit.findings import Finding, Span

LINE = "    init: {he_nromal: {mode: fan_out}}"
SPAN = Span("recipes/resnet.yaml", 14, 12, 21, LINE)


def test_a_finding_shows_its_place_the_line_why_and_what_to_type() -> None:
    finding = Finding.error(
        "unknown-initializer",
        "no initializer is called 'he_nromal'",
        "rule 'conv-weights' selects 53 parameters",
        span=SPAN,
        help="did you mean 'he_normal'?",
    )

    assert str(finding) == (
        "error[unknown-initializer]: no initializer is called 'he_nromal'\n"
        "  --> recipes/resnet.yaml:14:12\n"
        "   |\n"
        "14 |     init: {he_nromal: {mode: fan_out}}\n"
        "   |            ^^^^^^^^^\n"
        "   = note: rule 'conv-weights' selects 53 parameters\n"
        "   = help: did you mean 'he_normal'?"
    )


def test_a_place_without_its_line_is_shown_without_carets() -> None:
    finding = Finding.error("shape-mismatch", "'head.weight' has another shape", span=Span("r.yaml", 21, 5, 6))

    assert str(finding) == "error[shape-mismatch]: 'head.weight' has another shape\n  --> r.yaml:21:5"


def test_a_finding_without_a_place_is_a_line_with_its_notes() -> None:
    finding = Finding.warning("unmatched-parameter", "no rule selects 1", "'a.b'")

    assert str(finding) == "warning[unmatched-parameter]: no rule selects 1\n  = note: 'a.b'"


def test_what_is_found_is_shown_in_a_line_among_others() -> None:
    finding = Finding.error("unknown-key", "no key is called 'inti'", "why", help="did you mean 'init'?")

    assert repr((finding,)) == "(<error[unknown-key]: no key is called 'inti'>,)"


def test_json_has_every_field() -> None:
    finding = Finding.note("a", "x", "n", span=SPAN, help="h", rule="r", parameter="p")

    assert finding.to_json() == {
        "code": "a",
        "severity": "note",
        "message": "x",
        "path": "recipes/resnet.yaml",
        "line": 14,
        "column": 12,
        "end_column": 21,
        "source": LINE,
        "entry": None,
        "rule": "r",
        "parameter": "p",
        "notes": ["n"],
        "help": "h",
    }


def test_json_is_read_back() -> None:
    finding = Finding.warning("a", "x", "n", "m", span=SPAN, help="h", rule="r", parameter="p")

    assert Finding.from_json(finding.to_json()) == finding


@pytest.mark.parametrize(
    ("severity", "finding"),
    [
        ("error", Finding.error("a", "x", "n")),
        ("warning", Finding.warning("a", "x", "n")),
        ("note", Finding.of("note", "a", "x", "n")),
    ],
)
def test_a_finding_has_the_severity_that_it_is_raised_with(severity: str, finding: Finding) -> None:
    assert (finding.severity, finding.notes) == (severity, ("n",))
