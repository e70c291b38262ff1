"""Suggestions: which recipe comes first, and what each is said to claim and to leave over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from mindspore import nn
from typer.testing import CliRunner, Result

from ms_initkit.cli.main import app
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.describe import describe
from ms_initkit.networks.manifest import network_of, read_manifest, to_json
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.suggest import Classes, Share, classes_of, classes_of_owners, suggest
from tests.networks import Mlp
from tests.recipes import info

if TYPE_CHECKING:
    from pathlib import Path

    from ms_initkit.language.recipe import Recipe

WEIGHT, BIAS, NORM = info("fc.weight", (8, 4)), info("fc.bias", (8,)), info("norm.gamma", (4,), "LayerNorm")
DENSE = "  - {id: dense, match: {cell: Dense}, init: {normal: 0.02}}\n"


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


class Writer:
    """Writes recipes of a given name: a suggestion's name is its file's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, rules: str = DENSE, head: str = "") -> Recipe:
        path = self.folder / f"{name}.yaml"
        path.write_text(f"family: {name}\n{head}\nrules:\n{rules}", encoding="utf-8")
        return load_recipe(path)


def order(recipes: list[Recipe], classes: Classes) -> list[str]:
    return [one.recipe for one in suggest([WEIGHT, BIAS], classes, recipes)]


def test_a_recipe_made_for_the_networks_class_comes_before_one_for_a_class_inside_it(write: Writer) -> None:
    recipes = [write("c"), write("b", head="networks: Inner"), write("a", head='networks: ["Out*"]')]

    assert order(recipes, Classes(("Outer",), frozenset({"Inner"}))) == ["a", "b", "c"]


def test_a_base_of_the_networks_class_counts_as_its_own(write: Writer) -> None:
    recipes = [write("inner", head="networks: Inner"), write("model", head="networks: GPT*Model")]

    first = suggest([WEIGHT], Classes(("MyGPT", "GPT2Model"), frozenset({"Inner"})), recipes)[0]

    assert (first.recipe, first.made_for, first.is_own) == ("model", "GPT2Model", True)


def test_a_recipe_that_leaves_something_over_comes_after_those_that_do_not(write: Writer) -> None:
    idle = write("a", DENSE + '  - {id: idle, match: "nothing.**", init: zeros}\n')
    weights_only = write("b", "  - {id: weights, match: {param: weight}, init: ones}\n")

    found = suggest([WEIGHT, BIAS], Classes(), [idle, weights_only, write("c")])

    assert [(one.recipe, one.fits) for one in found] == [("c", True), ("a", False), ("b", False)]
    assert found[1].unused == ("idle",)
    assert found[2].unmatched == ("fc.bias",)


def test_a_family_comes_before_its_variants(write: Writer) -> None:
    assert order([write("net-tf"), write("other"), write("net")], Classes()) == ["net", "other", "net-tf"]


def test_rules_that_had_to_find_something_speak_for_a_recipe(write: Writer) -> None:
    named = "  - {id: w, match: fc.weight, init: ones}\n  - {id: b, match: fc.bias, init: zeros}\n"

    assert order([write("a"), write("b", named)], Classes()) == ["b", "a"]


def test_what_base_claims_is_counted_apart(write: Writer) -> None:
    frozen = info("table", (2, 3), "", is_trainable=False)

    one = suggest([WEIGHT, BIAS, NORM, frozen], Classes(), [write("a", head="extends: base")])[0]

    assert one.own == Share(2, 40)
    assert one.inherited == Share(1, 4)
    assert one.kept == Share(1, 6)
    assert one.whole == Share(4, 50)
    assert one.required == 1


def test_rules_that_cannot_serve_are_said_with_the_reason(write: Writer) -> None:
    recipe = write("a", "  - {id: he, match: fc.*, init: he_normal}\n")

    one = suggest([WEIGHT, info("fc.scale", (), "")], Classes(), [recipe])[0]

    assert not one.fits
    assert one.own == Share(1, 32)
    assert "rule 'he' cannot serve 'fc.scale' ()" in one.failures[0]


def test_a_recipe_whose_variables_have_no_value_claims_nothing(write: Writer) -> None:
    recipe = write("a", head='vars: {n: {extent: {of: "embedding.*", axis: 0}}}')

    one = suggest([WEIGHT], Classes(), [recipe])[0]

    assert (one.own, one.fits, len(one.failures)) == (Share(), False, 1)


def test_classes_of_a_network_are_its_mro_and_those_of_its_cells() -> None:
    classes = classes_of(nn.SequentialCell(Mlp(), nn.ReLU()))

    assert classes.own == ("SequentialCell",)
    assert classes.inner == {"Mlp", "Dense", "ReLU"}


def test_a_manifest_keeps_the_networks_class(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT], ("Net", "Module")), encoding="utf-8")

    assert network_of(path) == ("Net", "Module")
    assert classes_of_owners(read_manifest(path), network_of(path)) == Classes(("Net", "Module"), frozenset({"Dense"}))


def test_other_files_tell_no_class(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT]), encoding="utf-8")

    assert network_of(path) == ()
    assert network_of(tmp_path / "net.safetensors") == ()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["suggest", *words], catch_exceptions=False)


def test_the_command_answers_0_with_a_table_if_a_recipe_fits(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT, BIAS]), encoding="utf-8")

    result = run("--shapes", str(path), "--limit", "3")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "a network: 2 parameters, 40 elements"
    assert lines[2].split() == ["recipe", "made", "for", "own", "rules", "base", "rules", "kept", "left", "over"]
    assert lines[-1].startswith("the first: --recipe ")
    assert len(lines) == 3 + 3 + 3


def test_the_command_answers_1_and_says_what_the_first_would_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ms_initkit.language.library.names", lambda: ("torch/base", "torch/default"))
    path = tmp_path / "net.json"
    path.write_text(to_json([info(f"x{n}", (3,), "") for n in range(9)]), encoding="utf-8")

    result = run("--shapes", str(path))

    assert result.exit_code == 1
    assert "0 of 2 recipes fit whole\ntorch/base would leave over:\n  no rule selects x0\n" in result.stdout
    assert "  no rule selects x5\n  and 3 parameters more\n" in result.stdout


def test_the_command_answers_in_json_for_a_network() -> None:
    result = run("--net", "mindspore.nn:LSTM", "--net-arg", "8", "--net-arg", "16", "--json")

    document = json.loads(result.stdout)
    assert document["network"] == ["LSTM"]
    assert {one["recipe"] for one in document["suggestions"]} >= {"torch/lstm", "torch/base"}
    assert result.exit_code == 0


@pytest.mark.parametrize("words", [(), ("--net", "a:b", "--shapes", "c.json")])
def test_the_command_needs_one_network(words: tuple[str, ...]) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert "one of --net MODULE:FACTORY and --shapes FILE is needed" in result.stderr


def test_a_plan_that_cannot_be_has_what_could_be_planned(write: Writer) -> None:
    recipe = write("a", "  - {id: weights, match: {param: weight}, init: ones}\n")

    plan, findings = draft_plan(recipe, describe(Mlp()))

    assert plan is not None
    assert plan["hidden.weight"].rule == "weights"
    assert any(finding.severity == "error" for finding in findings)
