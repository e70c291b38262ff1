"""The variables of a recipe, as they are written."""

from __future__ import annotations

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.syntax.expressions import Expression
from tests.language.written import load, refused
from tests.recipes import recipe

RULE = "{match: '**', init: {normal: {sigma: sigma}}}"


@pytest.mark.parametrize(
    ("variables", "code", "at"),
    [
        ("{a: relu}", "unknown-variable", "relu"),
        ("{a: b, b: 1}", "unknown-variable", "b"),
        ("{a: a + 1}", "unknown-variable", "a"),
        ("{a: no}", "wrong-type", "no"),
        ("{a: }", "wrong-type", ""),
        ("{a: [1]}", "wrong-type", "[1]"),
        ("{exp: 1}", "reserved-name", "exp"),
        ("{fan_in: 1}", "reserved-name", "fan_in"),
        ("{a b: 1}", "wrong-type", "a b"),
        ("{a: {count: '**.w'}}", "bad-glob", "'**.w'"),
        ("{a: {count: '{i}.{j}'}}", "bad-glob", "'{i}.{j}'"),
        ("{a: {extent: {of: '**'}}}", "missing-key", "{of: '**'}"),
        ("{a: {}}", "wrong-type", "{}"),
        ("{a: {cuont: '{i}'}}", "unknown-key", "cuont"),
        ("{a: fan_in}", "unknown-variable", "fan_in"),
        ("[1]", "wrong-type", "[1]"),
    ],
)
def test_a_variable_that_cannot_be_is_refused_where_it_is_wrong(variables: str, code: str, at: str) -> None:
    ((found, text),) = refused(f"family: x\nvars: {variables}\nrules: []\n")

    assert found == code
    assert text.startswith(at)


def test_a_variable_in_quotes_is_text_if_it_is_a_word_and_arithmetic_if_not() -> None:
    recipe = load('family: x\nvars: {a: "pre-norm", b: "2 * 3", c: "1e-3"}\nrules: []\n')

    assert [variable.value for variable in recipe.variables] == ["pre-norm", Expression("2 * 3"), Expression("1e-3")]


def test_a_bad_variable_is_not_held_against_those_who_use_it() -> None:
    text = 'family: x\nvars: {a: 1 +}\nrules: [{match: "**", init: {normal: a}}]\n'

    assert refused(text) == [("bad-expression", "}")]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ("vars: {sigma: {config: a, count: '{i}.*'}}", "wrong-type"),
        ("vars: {sigma: {count: '{i}.*', default: 1}}", "conflicting-keys"),
        ("vars: {sigma: {config: a b}}", "wrong-type"),
        ("vars: {sigma: {config: a, default: [1]}}", "wrong-type"),
        ("vars: {sigma: cell.width}", "unknown-variable"),
        ("vars: {cell: 1, sigma: 1}", "reserved-name"),
    ],
)
def test_a_variable_of_a_configuration_that_is_written_wrongly_is_refused(variables: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(RULE, head=variables)

    assert caught.value.findings[0].code == code
