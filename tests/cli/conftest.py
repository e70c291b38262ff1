"""Every command of a test runs in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import BAD, GOOD, NETS, RECIPE
from tests.stages.materialized import MANIFEST
from tests.stages.materialized import RECIPE as DEMO


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes a new folder the current one, with `good.yaml` and `bad.yaml` in it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    return tmp_path


@pytest.fixture
def own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts networks and a folder of recipes into the current folder."""
    monkeypatch.syspath_prepend(str(folder))
    Path("nets_of_sources.py").write_text(NETS)
    Path("own/deep").mkdir(parents=True)
    Path("own/mine.yaml").write_text(RECIPE)
    Path("own/deep/other.yaml").write_text("family: other\nextends: ../mine.yaml\n")


@pytest.fixture
def demo_folder(folder: Path) -> None:
    """Puts the recipe and the shapes of a small model into the current folder."""
    Path("demo.yaml").write_text(DEMO)
    Path("demo.json").write_text(json.dumps({"parameters": MANIFEST}))
