from __future__ import annotations

from typer.testing import CliRunner

from ms_initkit.cli.main import app

RUNNER = CliRunner()


def test_a_recipe_is_shown_as_it_is_written() -> None:
    result = RUNNER.invoke(app, ["show", "hf/gpt2"])

    assert result.exit_code == 0
    assert result.stdout.startswith("family: gpt2\n")


def test_a_recipe_that_is_not_there_is_told() -> None:
    assert RUNNER.invoke(app, ["show", "gtp2"]).exit_code == 1
