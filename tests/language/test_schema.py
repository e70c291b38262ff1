from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from ms_initkit import formulas
from ms_initkit.formulas import custom as formulas_custom
from ms_initkit.formulas.docstrings import docstring_of
from ms_initkit.language import library
from ms_initkit.language.load import load_recipe
from ms_initkit.language.schema import recipe_schema
from tests.findings.pages import PAGES, read_page
from tests.language.written import WHOLE

SCHEMA = recipe_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# Faults that a schema can see; the others take the names, the order or the arithmetic of a recipe into account.
VISIBLE = (
    "conflicting-keys",
    "empty-match",
    "missing-key",
    "unknown-argument",
    "unknown-initializer",
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
        "{family: x, rules: [], vars: {a: {count: 'x.{i}', default: 1}}}",
        "{family: x, rules: [{match: '**', init: {normal: 1, zeros: 2}}]}",
        "{family: x, rules: [{match: '**', init: {normal: {sgima: 1}}}]}",
        "{family: x, rules: [{match: '**', init: {normal: {sigma: -1}}}]}",
        "{family: x, rules: [{match: '**', init: {normal: [1, 2, 3]}}]}",
        "{family: x, rules: [{match: '**', init: {zeros: 1}}]}",
        "{family: x, rules: [{match: '**', init: {he_normal: 0.1}}]}",
        "{family: x, rules: [{match: '**', init: {icnr: {scale: 2, base: keep}}}]}",
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


def with_init(init: object) -> bool:
    return bool(VALIDATOR.is_valid({"family": "x", "rules": [{"match": "**", "init": init}]}))


@pytest.mark.parametrize("name", [word for name, others in formulas.aliases().items() for word in (name, *others)])
def test_an_initializer_is_known_in_any_spelling_and_by_no_other_word(name: str) -> None:
    spelt = (name, name.upper(), name.replace("_", "-"), f"{name}_", f"{name}Initializer", name.replace("_", ""))
    missspelt = (f"{name}x", f"x{name}", name[:-1] + "qq", f"{name}.")

    for word in spelt + missspelt:
        assert with_init(word) == (word in spelt) == (formulas.find(word) is not None)
        assert with_init({word: {}}) == (word in spelt)


def test_a_bare_expression_is_a_constant() -> None:
    assert all(map(with_init, (0, -1.5, "1/3", "-sigma", "+1", ".5", "keep")))
    assert not any(map(with_init, ("sigma / 2", "", True, None, "Keep")))


def test_every_initializer_and_every_argument_is_described() -> None:
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    words = {one["const"]: one["description"] for one in definitions["initializer"]["anyOf"] if one}

    for formula in formulas.SHIPPED:
        name = formulas.name_of(formula)
        by_name = definitions[f"arguments of {name}"]["anyOf"][0]["properties"]
        assert words[name] == definitions[f"arguments of {name}"]["description"] != ""
        for argument in formulas.arguments(formula):
            said = docstring_of(formula).arguments[argument.name].replace("``", "")
            assert said
            assert all(said in by_name[word]["description"] for word in (argument.name, *argument.aliases))


def test_an_initializer_of_ones_own_is_in_the_schema_once_it_is_registered(own_initializers: None) -> None:
    del own_initializers
    recipe = {"family": "x", "rules": [{"match": "**", "init": {"made_up": {"width": 2}}}]}
    assert not VALIDATOR.is_valid(recipe)

    @formulas_custom.register_initializer("made_up")
    def draw(shape: tuple[int, ...], rng: object, width: float = 1.0) -> None:
        """Draws what was made up."""

    validator = jsonschema.Draft202012Validator(recipe_schema())
    assert validator.is_valid(recipe)
    assert not validator.is_valid({"family": "x", "rules": [{"match": "**", "init": {"made_up": {"wdith": 2}}}]})
