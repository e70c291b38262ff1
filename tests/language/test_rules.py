"""The rules of a recipe, as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.editing import Add, Multiply, Set, ZeroRows
from ms_initkit.language.load import load_recipe
from ms_initkit.language.rows import Interval, Rows
from ms_initkit.language.rules import KeepSpec
from ms_initkit.language.sources import FromSpec
from ms_initkit.syntax.expressions import Expression
from tests.language.written import WHOLE, load, refused, refused_rule, rule


def test_modifiers_are_read() -> None:
    recipe = load(WHOLE)

    blocks, fans = recipe.rules[1].blocks, recipe.rules[1].fans
    assert blocks is not None
    assert (blocks.axis, blocks.parts, blocks.sizes) == (0, Expression("3"), None)
    assert fans is not None
    assert (fans.fan_in, fans.fan_out) == (Expression("shape[1]"), Expression("shape[0] / 3"))
    assert recipe.rules[2].then == (
        Add(Expression("k")),
        Multiply(Expression("0.5")),
        Set((Interval(Expression("0")), Interval(Expression("-1"))), Expression("42")),
        ZeroRows(Rows((Interval(Expression("0")),))),
    )
    assert recipe.rules[2].is_optional


def test_actions_are_read() -> None:
    actions = [rule.action for rule in load(WHOLE).rules]

    assert isinstance(actions[3], FromSpec)
    assert (actions[3].path, actions[3].key) == ("weights.safetensors", "wpe")
    assert isinstance(actions[4], KeepSpec)


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**"}', "missing-key", '{match: "**"}'),
        ("{init: zeros}", "missing-key", "{init: zeros}"),
        ('{match: "**", init: zeros, from: a.npy}', "conflicting-keys", "a.npy"),
        ('{match: "**", from: a.npy, fans: shape}', "conflicting-keys", "fans"),
        ('{match: ["{i}.w", "**"], init: {constant: i}}', "unknown-variable", "i"),
        ('{match: "**.{sigma}.w", init: zeros}', "name-clash", '"**.{sigma}.w"'),
        ('{match: "**.{shape}.w", init: zeros}', "reserved-name", '"**.{shape}.w"'),
        ('{match: "**", init: zeros, when: i > 1}', "unknown-variable", "i"),
        ('{match: "**", init: zeros, optional: yes}', "wrong-type", "yes"),
        ('{match: "**", init: zeros, optional: "true"}', "wrong-type", '"true"'),
        ("zeros", "wrong-type", "zeros"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_where_it_is_wrong(lines: str, code: str, at: str) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert text == at


def test_whether_a_number_is_a_condition_is_known_only_with_its_value() -> None:
    assert rule('{match: "**", init: zeros, when: sigma}').when is not None


def test_a_bad_match_is_not_held_against_the_captures_of_its_rule() -> None:
    assert refused_rule('{match: "a..{i}", init: {normal: i}}') == [("bad-glob", ".")]


def test_an_id_given_twice_is_refused() -> None:
    text = "family: x\nrules: [{id: a, match: a, init: zeros}, {id: a, match: b, init: zeros}]\n"

    assert refused(text) == [("duplicate-id", "a")]


def test_equal_ids_by_the_thousand_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    lines = ['  - {id: a, match: "a", init: 0}'] * 2000
    path.write_text("\n".join([f"family: {'f' * 100_000}", "rules:", *lines]), encoding="utf-8")

    with pytest.raises(RecipeError) as caught:
        load_recipe(path)

    assert {finding.code for finding in caught.value.findings} == {"duplicate-id"}
