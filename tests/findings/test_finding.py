from __future__ import annotations

import pickle

import pytest

from ms_initkit.findings import Finding, PlanError, RecipeError, Span, did_you_mean, suggestion

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


def test_an_exception_lists_its_findings_in_file_order_and_counts_them() -> None:
    late = Finding.error("b", "late", span=Span("r.yaml", 9, 1, 2))
    early = Finding.warning("a", "early", span=Span("r.yaml", 2, 1, 2))
    nowhere = Finding.error("c", "nowhere")

    error = RecipeError([nowhere, late, early])

    assert error.findings == (early, late, nowhere)
    assert str(error).endswith("error[c]: nowhere\n\n2 errors, 1 warning")


def test_files_keep_the_order_in_which_they_are_met() -> None:
    child = Finding.error("a", "child", span=Span("z.yaml", 9, 1, 2))
    parent = Finding.error("a", "parent", span=Span("a.yaml", 1, 1, 2))

    assert RecipeError([child, parent]).findings == (child, parent)


def test_a_caught_error_is_a_value_error_and_survives_pickling() -> None:
    error = PlanError([Finding.error("a", "x", span=SPAN)])

    assert isinstance(error, ValueError)
    assert pickle.loads(pickle.dumps(error)).findings == error.findings


def test_carets_stand_under_wide_characters_as_a_terminal_shows_them() -> None:
    finding = Finding.error("a", "x", span=Span("r.yaml", 1, 5, 7, "家族: no"))

    assert str(finding).splitlines()[-1] == "  |       ^^"


def test_characters_that_move_the_cursor_are_not_printed() -> None:
    finding = Finding.error("a", "\x1b[2Jgone", span=Span("r\n.yaml", 1, 1, 2, "\x1b[31m"))

    assert str(finding).isprintable() is False  # the line ends of the rendering itself
    assert "\x1b" not in str(finding)
    assert len(str(finding).splitlines()) == 5


def test_a_long_line_is_cut_to_a_window_around_the_caret() -> None:
    finding = Finding.error("a", "x", span=Span("r.yaml", 1, 501, 504, "a" * 500 + "bcd" + "e" * 500))

    source, carets = str(finding).splitlines()[-2:]

    assert len(source) < 130
    assert source[carets.index("^") : carets.rindex("^") + 1] == "bcd"


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


@pytest.mark.parametrize(
    ("word", "expected"), [("he_nromal", "he_normal"), ("qqq", None), ("x" * 10_000, None)], ids=["near", "far", "long"]
)
def test_one_suggestion_is_made_for_a_likely_misspelling(word: str, expected: str | None) -> None:
    assert did_you_mean(word, ["he_normal", "zeros"]) == expected


def test_a_suggestion_is_a_question() -> None:
    assert suggestion("zeroes", ["zeros"]) == "did you mean 'zeros'?"
