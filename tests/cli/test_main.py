from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ms_initkit as mik
from ms_initkit.cli.main import app
from ms_initkit.language import library
from tests.cli.commands import NET, RECIPE, run

OWN = """import numpy as np
import ms_initkit as mik

@mik.register_initializer("made_up")
def made_up(shape, rng, width=1.0):
    return rng.uniform(-width, width, shape)
"""


def test_the_version_and_the_help_are_told_without_a_network() -> None:
    runner = CliRunner()

    assert runner.invoke(app, ["--version"]).stdout == f"ms_initkit {mik.__version__}\n"
    assert runner.invoke(app, ["-h"]).stdout == runner.invoke(app, ["--help"]).stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("plan", "--net", "tests.networks", "--recipe", "mlp"), "is not `module:factory`"),
        (("plan", "--net", "no_such_module:f", "--recipe", "mlp"), "module 'no_such_module' cannot be imported"),
        (("plan", "--net", "tests.networks:Nothing", "--recipe", "mlp"), "'tests.networks' has no 'Nothing'"),
        (("plan", "--net", "tests.networks:Mpl", "--recipe", "mlp"), "has no 'Mpl': did you mean 'Mlp'?"),
        (("plan", "--net", "pathlib:Path", "--recipe", "mlp"), "not a mindspore.nn.Cell"),
        (("plan", *NET, "--recipe", "mlp", "--set", "sigma"), "'sigma' is not NAME=VALUE"),
        (("plan", *NET, "--net-arg", "size=3", "--recipe", "mlp"), "tests.networks:Mlp raised TypeError"),
        (("apply", *NET, "--recipe", "mlp", "--seed", "-1", "--out", "a.ckpt"), "a seed is 0 to 2**64 - 1"),
        (
            ("apply", *NET, "--recipe", "mlp", "--seed", "1", "--out", "a.txt"),
            "values are saved to .safetensors or .ckpt",
        ),
        (("verify", *NET, "--recipe", "mlp", "--values", "none.ckpt"), "none.ckpt: no such file"),
    ],
)
def test_what_cannot_run_answers_2_with_the_reason(words: tuple[str, ...], reason: str) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert reason in result.stderr


def test_an_unknown_recipe_is_answered_with_a_guess() -> None:
    result = run("plan", *NET, "--recipe", "restnet")

    assert result.exit_code == 1
    assert "did you mean 'resnet'" in result.stderr


@pytest.mark.usefixtures("own_initializers")
@pytest.mark.parametrize("module", ["own.py", "own"])
def test_an_initializer_of_ones_own_is_known_where_its_module_is_imported(
    module: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "own.py").write_text(OWN)
    (folder / "recipe.yaml").write_text("family: x\nrules:\n  - {match: '**', init: {made_up: {width: 2}}}\n")
    monkeypatch.delitem(sys.modules, "own", raising=False)

    without = run("check", "recipe.yaml")
    known = run("--import", module, "check", "recipe.yaml")

    assert (without.exit_code, known.exit_code) == (1, 0)
    assert "--import MODULE" in without.stderr
    schema = run("schema")  # in this process it stays imported
    assert "made_up" in json.loads(schema.stdout)["$defs"]["call"]["properties"]


def test_a_module_that_cannot_be_imported_is_a_refusal() -> None:
    result = run("--import", "no_such_module", "check", "good.yaml")

    assert result.exit_code == 2
    assert "module 'no_such_module' cannot be imported" in result.stderr


@pytest.mark.usefixtures("own")
def test_recipes_of_a_folder_go_by_their_names() -> None:
    assert run("--recipes", "own", "check", "mine", "deep/other").exit_code == 0
    assert run("check", "mine").exit_code == 1  # known to that call alone
    assert "did you mean 'mine'" in run("--recipes", "own", "check", "mien").stderr
    assert run("--recipes", "nowhere", "check", "mine").exit_code == 2


@pytest.mark.usefixtures("own")
def test_recipes_of_a_variable_go_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MS_INITKIT_RECIPES", "own")

    assert library.find("mine") == Path("own/mine.yaml")
    assert run("check", "mine").exit_code == 0


@pytest.mark.usefixtures("own")
def test_what_is_shipped_cannot_be_replaced() -> None:
    Path("own/base.yaml").write_text(RECIPE)
    library.use_folders(["own"])

    found = library.find("base")
    library.use_folders([])

    assert found is not None
    assert found.parent.name == "torch"
