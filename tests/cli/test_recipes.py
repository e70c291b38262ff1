"""Commands about recipes alone: check, list, show, initializers, schema."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.commands import run


def test_check_answers_0_where_nothing_is_wrong() -> None:
    result = run("check", "./good.yaml", "resnet")

    assert (result.exit_code, result.stdout) == (0, "2 recipes: nothing found\n")


def test_check_answers_1_and_what_is_wrong() -> None:
    result = run("check", "./bad.yaml")

    assert result.exit_code == 1
    assert "error[unknown-initializer]: no initializer is called 'nromal'\n --> ./bad.yaml:4:49" in result.stderr
    assert "help: did you mean 'normal'?" in result.stderr


def test_check_answers_in_json() -> None:
    result = run("check", "./bad.yaml", "--json")

    findings = json.loads(result.stdout)["findings"]
    assert [finding["code"] for finding in findings] == ["unknown-initializer", "duplicate-key"]
    assert (findings[0]["line"], findings[0]["column"]) == (4, 49)


def test_list_names_the_shipped_recipes() -> None:
    result = run("list")

    assert result.exit_code == 0
    assert "\n\ntimm/bit " in result.stdout  # a paragraph for each source
    assert "torchvision/resnet " in result.stdout


def test_list_searches_and_says_if_nothing_is_found() -> None:
    found, nothing = run("list", "vit", "jax", "--json"), run("list", "vit", "nonsense")

    assert [entry["name"] for entry in json.loads(found.stdout)] == ["jax/vit", "timm/vit-jax", "timm/vit-jax-nlhb"]
    assert (nothing.exit_code, nothing.stdout) == (1, "no recipe is about vit and nonsense\n")


def test_initializers_are_listed_with_their_arguments() -> None:
    assert "normal(sigma, mean)" in run("initializers").stdout


def test_the_schema_goes_to_the_terminal_or_to_a_file(folder: Path) -> None:
    shown = run("schema").stdout

    written = run("schema", "--out", "recipe.schema.json")

    assert "# yaml-language-server: $schema=recipe.schema.json" in written.stdout
    assert json.loads((folder / "recipe.schema.json").read_text()) == json.loads(shown)


def test_a_recipe_is_shown_as_it_is_written() -> None:
    result = run("show", "hf/gpt2")

    assert result.exit_code == 0
    assert result.stdout.startswith("family: gpt2\n")


def test_a_recipe_that_is_not_there_is_told() -> None:
    assert run("show", "gtp2").exit_code == 1
