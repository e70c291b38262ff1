"""The hooks that this repository offers to pre-commit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ms_initkit.cli.main import app

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@pytest.mark.parametrize(("init", "code"), [("zeros", 0), ("zreos", 1)])
def test_a_hook_passes_a_recipe_that_is_right_and_stops_one_that_is_not(
    hook: dict[str, Any], init: str, code: int, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipes" / "net.yaml"
    recipe.parent.mkdir()
    recipe.write_text(f"family: net\nrules:\n  - {{match: '**', init: {init}}}\n")
    command, *words = hook["entry"].split()

    result = CliRunner().invoke(app, [*words, str(recipe)])

    assert command == "ms-initkit"
    assert result.exit_code == code


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_looks_at_recipes_alone(hook: dict[str, Any]) -> None:
    places = [
        "recipes/net.yaml",
        "models/recipes/vit/b.yml",
        "net.recipe.yaml",
        "mkdocs.yml",
        "recipes.yaml",
        "my_recipes/a.yaml",
    ]

    assert [place for place in places if re.search(hook["files"], place)] == places[:3]
