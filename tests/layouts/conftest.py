"""The recipes of tests of layouts, as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.layouts.sharded import ANY, RECIPE


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Returns the recipe of the network of ranks."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


@pytest.fixture
def anything(tmp_path: Path) -> Path:
    """Returns the recipe that draws everything."""
    (tmp_path / "any.yaml").write_text(ANY)
    return tmp_path / "any.yaml"
