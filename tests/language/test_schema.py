from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from ms_initkit.language import library
from ms_initkit.language.load import load_recipe
from ms_initkit.language.schema import recipe_schema
from tests.findings.pages import PAGES, read_page
from tests.language.test_load import WHOLE

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = recipe_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# Faults that a schema can see; the others take the names, the order or the arithmetic of a recipe into account.
VISIBLE = (
    "conflicting-keys",
    "empty-match",
    "missing-key",
    "unknown-argument",
    "unknown-key",
    "unknown-word",
)


def is_valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(yaml.safe_load(text)))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", library.names())
def test_shipped_recipes_are_valid(name: str) -> None:
    path = library.find(name)

    assert path is not None
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_a_recipe_that_uses_the_whole_language_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_text(WHOLE, encoding="utf-8")

    assert load_recipe(path).rules
    VALIDATOR.validate(yaml.safe_load(WHOLE))


@pytest.mark.parametrize("path", [path for path in PAGES if path.stem in VISIBLE], ids=lambda path: path.stem)
def test_a_fault_that_a_schema_can_see_is_seen(path: Path) -> None:
    assert not is_valid(read_page(path).wrong[0].text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_says_to_type_instead_is_valid(path: Path) -> None:
    assert all(is_valid(recipe.text) for recipe in read_page(path).right_recipes)


@pytest.mark.parametrize(
    "text",
    [
        "rules: []",
        "family: x",
        "{family: x, rules: 1}",
        "{family: x, rules: [], vars: {1a: 2}}",
        "{family: x, rules: [], vars: {a: {count: x, extent: y}}}",
        "{family: x, rules: [{match: '**', init: {normal: 1, zeros: 2}}]}",
        "{family: x, rules: [{match: '**', init: {normal: {sgima: 1}}}]}",
        "{family: x, rules: [{match: '**', init: zeros, fans: shap}]}",
        "{family: x, rules: [{match: '**', init: zeros, then: [{add: 1, multiply: 2}]}]}",
        "{family: x, rules: [{match: '**', init: zeros, blocks: {parts: 2}}]}",
        "{family: x, rules: [{match: {trainable: maybe}, init: zeros}]}",
    ],
)
def test_a_broken_recipe_is_not_valid(text: str) -> None:
    assert not is_valid(text)


def test_every_key_has_a_description() -> None:
    definitions = SCHEMA["$defs"]

    assert isinstance(definitions, dict)
    assert definitions["rule"]["properties"]["match"]["description"] == "Which parameters the rule selects."
