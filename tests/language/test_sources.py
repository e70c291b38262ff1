"""The keys `from` and `like`."""

from __future__ import annotations

from pathlib import Path

import pytest

import ms_initkit as mik
from ms_initkit.language.sources import FromSpec, filled
from tests.language.written import refused_rule, rule


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**.{i}.w", from: {path: a.npy, key: "x.{j}"}}', "unknown-variable", "{j}"),
        ('{match: "**", from: {key: x}}', "missing-key", "{key: x}"),
        ('{match: "**", from: {path: a.npz, missing: nxt}}', "unknown-word", "nxt"),
        ('{match: "**", like: "x.{j}"}', "unknown-variable", "{j}"),
        ('{match: "**", like: {name: x, then: true}}', "conflicting-keys", "true"),
        ('{match: "**", like: {then: false}}', "missing-key", "{then: false}"),
    ],
)
def test_a_source_that_cannot_be_is_refused_where_it_is_wrong(lines: str, code: str, at: str) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert text == at


def test_a_misspelt_key_of_a_file_of_numbers_is_found_without_a_network() -> None:
    with pytest.raises(mik.RecipeError, match="has no key 'form'"):
        mik.load_recipe({"**": {"constant": {"value": {"form": "a.npy"}}}})


def test_a_file_lies_beside_the_recipe_that_names_it() -> None:
    Path("deep").mkdir()
    Path("deep/recipe.yaml").write_text("family: x\nrules: [{match: '**', from: ../a.npz}]\n")

    source = mik.load_recipe("deep/recipe.yaml").rules[0].action

    assert isinstance(source, FromSpec)
    assert Path(source.file).resolve() == Path("a.npz").resolve()


@pytest.mark.parametrize(
    ("written", "shown", "takes_by_name"),
    [
        ("a.npz", "from a.npz", True),
        ("{path: a.npz, key: w}", "from a.npz [w]", False),
        ("{path: a.npz, key: 'h.{i}.w'}", "from a.npz [h.{i}.w]", True),
        ("{path: a.npz, missing: next}", "from a.npz, what is missing to the next", True),
        ("a.npy", "from a.npy", False),
    ],
)
def test_a_file_shows_what_is_taken_of_it(written: str, shown: str, takes_by_name: bool) -> None:
    source = rule(f"{{match: '{{i}}.**', from: {written}}}").action

    assert isinstance(source, FromSpec)
    assert (str(source), source.takes_by_name) == (shown, takes_by_name)


def test_captures_fill_the_name_of_another() -> None:
    assert filled("h.{i}.{rest}", {"i": 3, "rest": "attn.w"}) == "h.3.attn.w"
    assert filled("a.{rest}.w", {"rest": ""}) == "a.w"
    assert filled("{rest}.w", {"rest": ""}) == "w"
    assert filled("a.{rest}", {"rest": ""}) == "a"
