"""Where commands take recipes, parameters and values from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ms_initkit.cli.main import app
from ms_initkit.language import library

NETS = """
from mindspore import nn

def two():
    return nn.SequentialCell(nn.Dense(4, 4), nn.Dense(4, 2))
"""
RECIPE = """
family: mine
vars: {sigma: {config: std, default: 1}}
rules:
  - {match: "**", init: {normal: sigma}}
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("nets_of_sources.py").write_text(NETS)
    Path("own/deep").mkdir(parents=True)
    Path("own/mine.yaml").write_text(RECIPE)
    Path("own/deep/other.yaml").write_text("family: other\nextends: ../mine.yaml\n")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_recipes_of_a_folder_go_by_their_names() -> None:
    assert run("--recipes", "own", "check", "mine", "deep/other").exit_code == 0
    assert run("check", "mine").exit_code == 1  # known to that call alone
    assert "did you mean 'mine'" in run("--recipes", "own", "check", "mien").stderr
    assert run("--recipes", "nowhere", "check", "mine").exit_code == 2


def test_recipes_of_a_variable_go_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MS_INITKIT_RECIPES", "own")

    assert library.find("mine") == Path("own/mine.yaml")
    assert run("check", "mine").exit_code == 0


def test_what_is_shipped_cannot_be_replaced() -> None:
    Path("own/base.yaml").write_text(RECIPE)
    library.use_folders(["own"])

    found = library.find("base")
    library.use_folders([])

    assert found is not None
    assert found.parent.name == "torch"


def test_a_plan_of_shapes_needs_no_network() -> None:
    manifest = {"config": {"std": 0.5}, "parameters": [{"name": "a.weight", "shape": [4, 4]}]}
    Path("net.json").write_text(json.dumps(manifest))

    result = run("plan", "--shapes", "net.json", "--recipe", "own/mine.yaml")

    assert result.exit_code == 0
    assert "sigma=0.5 (config.std)" in result.stdout
    assert run("plan", "--recipe", "own/mine.yaml").exit_code == 2
    assert (
        run("plan", "--shapes", "net.json", "--net", "nets_of_sources:two", "--recipe", "own/mine.yaml").exit_code == 2
    )


def test_values_of_a_folder_are_verified() -> None:
    net = ("--net", "nets_of_sources:two", "--recipe", "own/mine.yaml", "--seed", "3")
    assert run("manifest", "--net", "nets_of_sources:two", "--out", "two.json").exit_code == 0
    written = run("materialize", "--shapes", "two.json", *net[2:], "--out", "out", "--shard-size", "60B")
    assert written.exit_code == 0, written.stderr
    assert len(list(Path("out").glob("*.safetensors"))) > 1

    assert run("verify", *net, "--values", "out").exit_code == 0
    assert run("verify", *net[:-1], "4", "--values", "out").exit_code == 1
    assert run("verify", *net, "--values", "own").exit_code == 2
