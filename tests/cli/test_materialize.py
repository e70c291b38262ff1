"""The commands materialize and manifest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ms_initkit.cli.main import app
from ms_initkit.cli.materialize import parse_share, parse_size
from ms_initkit.networks.manifest import read_shapes
from tests.stages.materialized import run

pytestmark = pytest.mark.usefixtures("demo_folder")


@pytest.mark.parametrize(
    ("text", "size"), [("5GB", 5 * 10**9), ("500MB", 5 * 10**8), ("2GiB", 2**31), ("1.5kb", 1500), ("77", 77)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5 apples", "0GB", "-1GB", "iB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size, such as 5GB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no share, such as 1/4"):
        parse_share(text)


def test_the_command_says_what_it_did() -> None:
    code, stdout, _ = run("--shard-size", "10KB")

    assert code == 0
    assert re.search(r"out: wrote 5 files, [\d.]+ kB in ", stdout)
    assert "1 tensor had to be drawn whole" in stdout


def test_manifest_writes_down_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))

    result = CliRunner().invoke(app, ["manifest", "--net", "tests.networks:Mlp", "--out", "mlp.json"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("mlp.json: ")
    assert read_shapes("mlp.json")[0].owners[0].cell[0] == "Dense"
