"""What lacks quotes is told to have them, and reading goes on behind it."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.source import read_text
from tests.syntax.parsed import codes, plain


@pytest.mark.parametrize(
    "glob", ["*.weight", "**.weight", "*weight", "{i}.weight", "{a,b}.weight", "**.{i}.{a,b}.w", "*", "**", "{i}.{j}"]
)
@pytest.mark.parametrize("frame", ["match: {}", "- {}", "a: {{match: {}}}", "a: [b, {}]", "rules:\n  - match: {}\n"])
def test_a_glob_without_quotes_is_told_to_have_them(glob: str, frame: str) -> None:
    findings = read_text(frame.format(glob), "r.yaml").findings

    assert [finding.code for finding in findings] == ["unquoted-glob"]
    assert findings[0].span is not None
    assert findings[0].span.text() == glob
    assert findings[0].help == f'write "{glob}"'


def test_a_glob_without_quotes_does_not_hide_what_else_is_wrong() -> None:
    document = read_text("a: *.weight\nb: {i}.weight\na: 010\n", "r.yaml")

    assert sorted(finding.code for finding in document.findings) == [
        "ambiguous-number",
        "duplicate-key",
        "unquoted-glob",
        "unquoted-glob",
    ]
    assert plain(document.root) == {"a": "*.weight", "b": "{i}.weight"}


def test_an_element_of_a_shape_within_braces_is_told_to_have_quotes() -> None:
    (finding,) = read_text("init: {uniform: {scale: 1 / sqrt(shape[0] / 4)}}", "r.yaml").findings

    assert finding.code == "unquoted-expression"
    assert finding.help == 'write "1 / sqrt(shape[0] / 4)"'


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a: {normal: max(a, b)}", "max(a, b)"),
        ("a: {b: {c: min(1, max(2, n)) / 2, d: 1}}", "min(1, max(2, n)) / 2"),
        ("a: [0, max(1, n), 3]", "max(1, n)"),
    ],
)
def test_an_expression_cut_by_a_comma_is_put_together_and_told_to_have_quotes(text: str, expression: str) -> None:
    document = read_text(text, "r.yaml")

    assert [(finding.code, finding.help) for finding in document.findings] == [
        ("unquoted-expression", f'write "{expression}"')
    ]
    quoted = read_text(text.replace(expression, f'"{expression}"'), "r.yaml")
    assert plain(document.root) == plain(quoted.root)


def test_a_comma_between_brackets_of_a_whole_line_is_plain_text() -> None:
    assert codes("a: max(1, n)") == []


@pytest.mark.parametrize("text", ["{a: f(1, n): 2}", "[f(1, {a: 2})]", "{a: f(1, b: 2)}", "[f(1, 2]", "{f(1, 2): 3}"])
def test_what_cannot_be_put_together_stays_apart(text: str) -> None:
    assert read_text(text, "r.yaml").root is not None or codes(text)
