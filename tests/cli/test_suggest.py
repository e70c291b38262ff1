"""The command suggest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ms_initkit.cli.main import app
from ms_initkit.networks.manifest import to_json
from tests.recipes import info


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["suggest", *words], catch_exceptions=False)


def test_the_command_answers_1_if_no_recipe_is_known(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([info(f"x{n}", (3,), "") for n in range(9)]), encoding="utf-8")

    result = run("--shapes", str(path))

    assert result.exit_code == 1
    assert "a network: 9 parameters, 27 elements\n\nunknown: its class is not known, and" in result.stdout
    assert "torch/base would leave over:\n  no rule selects x0\n" in result.stdout
    assert "  no rule selects x5\n  and 3 parameters more\n" in result.stdout


def test_the_command_answers_in_json_for_a_network() -> None:
    result = run("--net", "mindspore.nn:LSTM", "--net-arg", "8", "--net-arg", "16", "--json")

    document = json.loads(result.stdout)
    assert set(document) >= {"answer", "recipe", "reason", "candidates"}
    assert (document["network"], document["answer"], document["recipe"]) == ("LSTM", "unknown", None)
    assert [one["recipe"] for one in document["candidates"]] == ["torch/base"]
    assert result.exit_code == 1


@pytest.mark.parametrize("words", [(), ("--net", "a:b", "--shapes", "c.json")])
def test_the_command_needs_one_network(words: tuple[str, ...]) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert "one of --net MODULE:FACTORY and --shapes FILE is needed" in result.stderr
