"""What an editor shows of a recipe, asked of the language server that VS Code, Vim and others run: make editors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ms_initkit.language.schema import recipe_schema
from tests.house.language_server import Editor, editor

SERVER: Final = Path(__file__).parents[2] / "build/editors/node_modules/yaml-language-server/bin/yaml-language-server"

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="there is no yaml-language-server: make editors")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    schema = tmp_path_factory.mktemp("schema") / "recipe.schema.json"
    schema.write_text(json.dumps(recipe_schema()), encoding="utf-8")
    with editor(SERVER, schema) as opened:
        yield opened


def recipe(init: str) -> str:
    return f"family: x\nrules:\n  - match: '**.weight'\n    init: {init}\n"


@pytest.mark.parametrize(
    ("init", "underlined", "said"),
    [
        ("he_nromal", "he_nromal", "no initializer is called so: `ms-initkit initializers` lists them"),
        ("{he_nromal: {mode: fan_out}}", "he_nromal", "Property he_nromal is not allowed."),
        ("{he_normal: {mdoe: fan_out}}", "mdoe", "Property mdoe is not allowed."),
        ("{normal: {sigma: -1}}", "-1", "Value is below the minimum of 0."),
    ],
)
def test_what_is_misspelt_or_out_of_range_is_underlined(asked: Editor, init: str, underlined: str, said: str) -> None:
    assert asked.problems(recipe(init)) == [(underlined, said)]


def test_a_word_that_is_none_of_an_argument_is_told_the_words(asked: Editor) -> None:
    ((underlined, said),) = asked.problems(recipe("{he_normal: {mode: fan_uot}}"))

    assert underlined == "fan_uot"
    assert '"fan_out"' in said


@pytest.mark.parametrize("init", ["he_normal", "KaimingNormal", "keep", "0.5", "1 / 3", "{normal: sigma / 2}"])
def test_what_is_right_is_left_alone(asked: Editor, init: str) -> None:
    assert asked.problems(recipe(init)) == []


def test_an_initializer_and_its_arguments_say_what_they_are(asked: Editor) -> None:
    text = recipe("{he_normal: {mode: fan_out}}")

    assert "variance gain**2 / fan" in asked.hover(recipe("he_normal"), "he_normal")
    assert "variance gain**2 / fan" in asked.hover(text, "he_normal")
    assert "fan_out in the backward pass" in asked.hover(text, "mode")
    assert "Which parameters the rule selects" in asked.hover(text, "match")


def test_initializers_arguments_and_words_are_completed(asked: Editor) -> None:
    assert "Every element is 1." in asked.completions(recipe("|"))["ones"]
    assert "keep" in asked.completions(recipe("|"))
    assert "nonlinearity" in asked.completions(recipe("\n      he_normal:\n        |"))
    assert set(asked.completions(recipe("{sinusoid: {endpoint: |}}"))) == {"true", "false"}
