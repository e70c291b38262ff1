"""A recipe and those that it extends."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.load import load_recipe
from ms_initkit.syntax.expressions import Expression
from tests.language.written import load, refused


def test_the_rules_of_a_child_stand_before_its_parents() -> None:
    parent = 'family: base\nvars: {s: 1, t: s * 2}\nrules: [{id: all, match: "**", init: {normal: t}}]\n'
    child = "family: x\nextends: ./base.yaml\nvars: {w: 4, s: w}\nrules: [{id: mine, match: a, init: {normal: s}}]\n"

    recipe = load(child, base=parent)

    assert [rule.id for rule in recipe.rules] == ["mine", "all"]
    assert [rule.span.path for rule in recipe.rules] == ["recipe.yaml", "base.yaml"]
    assert [variable.name for variable in recipe.variables] == ["w", "s", "t"]


def test_a_recipe_may_consist_of_variables_over_its_parent() -> None:
    parent = 'family: base\nvars: {s: 1}\nrules: [{match: "**", init: {normal: s}}]\n'

    recipe = load("family: x\nextends: ./base.yaml\nvars: {s: 2}\n", base=parent)

    assert recipe.variables[0].value == Expression("2")
    assert len(recipe.rules) == 1


def test_the_findings_of_a_parent_follow_its_childs() -> None:
    assert refused("family: x\nextends: ./base.yaml\nrules: 1\n", base="famly: x\nrules: []\n") == [
        ("wrong-type", "1"),
        ("unknown-key", "famly"),
        ("missing-key", "famly: x"),
    ]


def test_a_parent_that_cannot_be_read_is_not_held_against_the_names_of_its_child() -> None:
    child = 'family: x\nextends: ./base.yaml\nrules: [{match: "**", init: {normal: s}}]\n'

    assert [code for code, _ in refused(child, base="a: [")] == ["bad-yaml"]


@pytest.mark.parametrize(
    ("child", "parent", "code"),
    [
        ("extends: ./recipe.yaml", "", "cyclic-extends"),
        ("extends: ./base.yaml", "extends: ./recipe.yaml", "cyclic-extends"),
        ("extends: ./bsae.yaml", "", "unknown-recipe"),
        ("extends: bsae", "", "unknown-recipe"),
        ("extends: ./", "", "unreadable-recipe"),
        ("extends: ./base.yaml\nvars: {s: 'text'}", "vars: {s: 1}", "wrong-type"),
        ("extends: ./base.yaml\nvars: {a: b}", "vars: {a: 1, b: a}", "cyclic-variables"),
        ("extends: ./base.yaml\nvars: {i: 1}", 'rules: [{match: "{i}.w", init: zeros}]', "name-clash"),
    ],
)
def test_what_a_child_cannot_make_of_its_parent_is_refused(child: str, parent: str, code: str) -> None:
    base = f"family: base\n{parent}\n" + ("" if "rules" in parent else "rules: []\n")

    ((found, _),) = refused(f"family: x\n{child}\n", base=base)

    assert found == code


def test_the_digest_is_that_of_every_file() -> None:
    parent = "family: base\nrules: []\n"
    child = "family: x\nextends: ./base.yaml\n"

    first = load(child, base=parent).digest

    assert first == load(child, base=parent).digest
    assert first != load(child, base=parent + "# changed\n").digest
    assert len(first) == 32


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("resent")

    assert caught.value.findings[0].help == "did you mean 'resnet'?"


@pytest.mark.parametrize("extends", ["[base, resnet]", "{a: b}"])
def test_one_parent_is_named_as_text(tmp_path: Path, extends: str) -> None:
    path = tmp_path / "child.yaml"
    path.write_text(f"family: child\nextends: {extends}\n")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert [finding.code for finding in caught.value.findings] == ["wrong-type"]


def test_a_misspelt_parent_is_not_held_against_its_variables(tmp_path: Path) -> None:
    path = tmp_path / "child.yaml"
    path.write_text("family: child\nextends: bse\nvars: {a: embedding_std * 2}\n")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert [finding.code for finding in caught.value.findings] == ["unknown-recipe"]
