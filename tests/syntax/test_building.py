"""What the events of YAML may say in a recipe."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.source import read_text
from tests.syntax.parsed import codes, scalar


@pytest.mark.parametrize("text", ["1e-3", "no", "yes", "0.50", "2019", "null", "true", "1.0E-3"])
def test_scalars_keep_their_text(text: str) -> None:
    assert scalar(f"a: {text}").text == text


def test_a_key_given_twice_is_an_error_that_names_both_lines() -> None:
    document = read_text("a: 1\nb: 2\na: 3\n", "r.yaml")

    (finding,) = document.findings
    assert finding.code == "duplicate-key"
    assert finding.span is not None
    assert finding.span.line == 3
    assert "line 1" in finding.notes[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-recipe"),
        ("# nothing\n", "empty-recipe"),
        ("null", "empty-recipe"),
        ("a: 1\n---\nb: 1", "many-documents"),
        ("a:\n\t- b", "tab-indentation"),
        ("a: [", "bad-yaml"),
        ("a: 'x", "bad-yaml"),
        ("a: 1\n b: 2", "bad-yaml"),
        ("a: \x07", "bad-yaml"),
        ("a: \ud800", "bad-yaml"),
        ("a: &x 1", "yaml-alias"),
        ("<<: {a: 1}", "yaml-alias"),
        ("a: !!python/object:os.system x", "yaml-tag"),
        ("a: ! x", "yaml-tag"),
        ("? [a]\n: 1", "wrong-type"),
    ],
)
def test_what_is_not_part_of_a_recipe_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_an_alias_of_an_anchor_is_reported_with_it() -> None:
    assert codes("a: &x 1\nb: *x") == ["yaml-alias", "yaml-alias"]


def test_a_billion_laughs_are_refused_before_they_are_told() -> None:
    lines = ["a0: &a0 [lol]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]

    assert set(codes("\n".join(lines))) == {"yaml-alias"}


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: " + "{a: " * 5_000, "- " * 5_000, "? " * 5_000],
    ids=["lists", "mappings", "items", "keys"],
)
def test_a_deeply_nested_file_is_refused_without_recursion(text: str) -> None:
    assert codes(text) == ["too-large"]


def test_a_file_of_too_many_values_is_refused() -> None:
    assert codes("[" + "a," * 60_000 + "]") == ["too-large"]
