"""Input that nobody means well with, or that a tired person types: an answer each, at once, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ms_initkit.cli.main import app

GOOD = 'family: a\nrules: [{match: "**", init: ones}]\n'
NETS = """
import sys
from mindspore import nn

def one(): return nn.SequentialCell(nn.Dense(4, 4))
def many(): return nn.CellList([nn.Dense(2, 2) for _ in range(300)])
def bye(): sys.exit(0)
"""
LONG = "9" * 400


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "nets.py").write_text(NETS)
    os.mkfifo(tmp_path / "pipe.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ('family: a\nextends: resnett\nvars: {n: "sigma * 2"}\nrules: [{match: "**", init: 0}]\n', "unknown-recipe"),
        ('family: "\\UFFFFFFFF"\nrules: []\n', "bad-yaml"),
        ('family: "\\U00110000"\nrules: []\n', "bad-yaml"),
        ('family: a\nextends: "a\\0b.yaml"\nrules: [{match: "**", init: ones}]\n', "unreadable-recipe"),
        ('family: a\nextends: "a\\0b"\nrules: [{match: "**", init: ones}]\n', "unreadable-recipe"),
        ("family: a\nextends: pipe.yaml\n", "unreadable-recipe"),
        ("family: a\nextends: ./\n", "unreadable-recipe"),
        ('family: a\nrules: [{match: {regex: "(a)\\\\1"}, init: ones}]\n', "bad-regex"),
        ("[" * 5000, "too-large"),
    ],
)
def test_a_recipe_gets_its_finding(folder: Path, recipe: str, code: str) -> None:
    (folder / "bad.yaml").write_text(recipe)

    result = CliRunner().invoke(app, ["check", "bad.yaml"])

    assert result.exit_code == 1
    assert f"[{code}]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("plan --net nets.py:one --net-arg [ --recipe ./good.yaml", "--net-arg '[' cannot be read as YAML"),
        ("plan --net nets.py:one --net-arg a={ --recipe ./good.yaml", "cannot be read as YAML"),
        ("plan --net nets.py:one --set a=1 --set a=2 --recipe ./good.yaml", "--set gives 'a' twice"),
        ("plan --net nets.py:one --set a=1e400 --recipe ./good.yaml", "no number here is as large"),
        ("plan --net nets.py:one --set a=1e-400 --recipe ./good.yaml", "no number here is as small"),
        ("apply --net nets.py:bye --recipe ./good.yaml --seed 1 --out a.ckpt", "nets.py:bye raised SystemExit: 0"),
        ("apply --net nets.py:one --recipe ./good.yaml --seed 1 --out nets.py/a.ckpt", "is not a folder"),
        ("suggest --shapes pipe.yaml", "not a regular file"),
        ("suggest --shapes /dev/zero", "not a regular file"),
        (f"materialize --shapes good.yaml --recipe base --seed 1 --out o --shard-size {LONG}GB", "is no size"),
        (f"materialize --shapes good.yaml --recipe base --seed 1 --out o --shard {LONG}/{LONG}", ""),
        ("verify --net nets.py:one --recipe ./good.yaml --values pipe.yaml", "pipe.yaml: no such file"),
        ("diff pipe.json good.yaml", ""),
    ],
)
def test_an_option_gets_its_refusal(arguments: str, said: str) -> None:
    result = CliRunner().invoke(app, arguments.split())

    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_reader_who_has_seen_enough_is_not_told_of_a_broken_pipe(folder: Path) -> None:
    command = f"{sys.executable} -m ms_initkit plan --net nets.py:many --recipe ./good.yaml | head -1"

    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=folder, timeout=120, check=True)

    assert done.stdout == "plan of recipe a (./good.yaml)\n"
    assert "Broken pipe" not in done.stderr
    assert "Traceback" not in done.stderr
