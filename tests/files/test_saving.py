"""Parameters are saved and loaded by their own names, all of them or none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from mindspore import load_checkpoint, nn
from typer.testing import CliRunner, Result

import ms_initkit as mik
from ms_initkit.cli.main import app
from ms_initkit.files.saving import load, save
from ms_initkit.findings import ApplyError

RECIPE = """family: late
rules:
  - {match: {param: weight}, init: {normal: 0.02}}
  - {match: {param: bias}, init: zeros}
"""
SUFFIXES = pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])


class Late(nn.Cell):
    """Its blocks are given their layers once they are in a list: MindSpore calls them alike."""

    def __init__(self, blocks: int = 2) -> None:
        super().__init__()
        self.layers = nn.CellList([nn.SequentialCell() for _ in range(blocks)])
        for block in self.layers:
            block.fc = nn.Dense(4, 6)


class Named(Late):
    """Does what the finding says."""

    def __init__(self) -> None:
        super().__init__()
        self.update_parameters_name()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "late", sys.modules[__name__])
    Path("recipe.yaml").write_text(RECIPE)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--recipe", "./recipe.yaml", "--seed", "1"], catch_exceptions=False)


MESSAGE = (
    "error[ambiguous-name]: 2 parameters have the `Parameter.name` 'fc.weight': layers.0.fc.weight, layers.1.fc.weight"
)
HELP = "help: name each by its place: call `self.update_parameters_name()` at the end of the network's `__init__`"


@SUFFIXES
def test_parameters_of_one_name_are_refused_before_anything_is_written(suffix: str, folder: Path) -> None:
    applied = run("apply", "--net", "late:Late", "--out", f"out{suffix}")

    assert applied.exit_code == 1
    assert MESSAGE in applied.stderr
    assert HELP in applied.stderr
    assert "'fc.bias': layers.0.fc.bias, layers.1.fc.bias" in applied.stderr
    assert [path.name for path in folder.iterdir()] == ["recipe.yaml"]


@SUFFIXES
def test_python_refuses_to_save_and_to_load_them(suffix: str, folder: Path) -> None:
    with pytest.raises(ApplyError, match="values are saved by that name, and all but one would be lost"):
        save(Late(), f"out{suffix}")
    assert not (folder / f"out{suffix}").exists()

    save(Named(), f"out{suffix}")
    with pytest.raises(ApplyError, match="values are loaded by that name"):
        load(Late(), f"out{suffix}")


def test_long_lists_of_places_are_cut() -> None:
    with pytest.raises(ApplyError, match=r"layers\.2\.fc\.bias, layers\.3\.fc\.bias, \.\.\.\n"):
        save(Late(9), "out.ckpt")


@SUFFIXES
def test_verify_answers_with_a_finding(suffix: str) -> None:
    assert run("apply", "--net", "late:Named", "--out", f"out{suffix}").exit_code == 0

    verified = run("verify", "--net", "late:Late", "--values", f"out{suffix}")

    assert verified.exit_code == 1
    assert MESSAGE in verified.stderr


@SUFFIXES
def test_what_the_finding_says_helps(suffix: str) -> None:
    assert run("apply", "--net", "late:Named", "--out", f"out{suffix}").exit_code == 0
    assert run("verify", "--net", "late:Named", "--values", f"out{suffix}").exit_code == 0
    assert len(load_checkpoint(f"out{suffix}", format=suffix[1:])) == 4


def test_a_name_that_is_not_the_place_is_kept_where_it_is_its_own() -> None:
    assert run("apply", "--net", "late:one", "--out", "out.ckpt").exit_code == 0
    assert run("verify", "--net", "late:one", "--values", "out.ckpt").exit_code == 0
    assert sorted(load_checkpoint("out.ckpt")) == ["fc.bias", "fc.weight"]
    assert "layers.0.fc.weight" in mik.plan(one(), "recipe.yaml").to_json()


def one() -> Late:
    """Returns a network with one block."""
    return Late(1)


@SUFFIXES
def test_a_name_that_safetensors_keeps_for_itself_is_refused(suffix: str, folder: Path) -> None:
    net = nn.Dense(2, 2)
    net.weight.name = "__metadata__"

    with pytest.raises(ApplyError, match="'weight' has the name '__metadata__'"):
        save(net, f"out{suffix}")
    assert not (folder / f"out{suffix}").exists()
