"""Rules are looked up by whole names, told apart by indices, or held against kinds, with one result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ms_initkit.language.selector_tests import Regex
from ms_initkit.plans.match import Matcher
from ms_initkit.syntax.globs import Glob
from tests.recipes import info, recipe

if TYPE_CHECKING:
    from ms_initkit.language.parameters import Owner

NAMES = ("blocks.0.weight", "blocks.1.weight", "blocks.1.bias", "blocks.10.weight", "head.weight")
MATCHES = (
    '"blocks.1.weight"',
    '["blocks.0.weight", "head.weight"]',
    '"blocks.{0,1}.weight"',
    '{name: "blocks.1.weight", cell: Conv2d}',
    '"**.weight"',
    '"blocks.1.*"',
    '["blocks.0.weight", "**.bias"]',
    '{regex: "blocks.[0-9].weight"}',
    '{regex: "blocks.1[.](weight|bias)"}',
    '{regex: "blocks.[0-9]{2}.*"}',
)


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_that_selects_is_found_in_order(name: str) -> None:
    rules = recipe("\n".join(f"{{match: {match}, init: ones}}" for match in MATCHES)).rules
    matcher = Matcher(rules)
    infos = {name: info(name) for name in NAMES}
    for other in NAMES:
        matcher.candidates(infos[other])

    found = [rule.id for rule, _ in matcher.candidates(infos[name])]

    assert found == [rule.id for rule in rules if rule.match.selecting_owner(infos[name]) is not None]


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("a.b", {"a.b"}),
        ("a.{b,c{d,e}}", {"a.b", "a.cd", "a.ce"}),
        ("a.{0,1}", {"a.0", "a.1"}),
        ("a.*", None),
        ("**", None),
        ("a.{i}", None),
        ("a.{b,*}", None),
        ("a.b?", None),
    ],
)
def test_names_that_can_be_counted_are(glob: str, names: set[str] | None) -> None:
    assert Glob(glob).names == names


@pytest.mark.parametrize(
    ("regex", "kinds"),
    [("blocks.[0-9]+.(weight|bias)x", 2), ("(blocks|layers)[.](?P<i>[0-9]+)[.]weight", 2), ("blocks.7.weightx", 4)],
)
def test_an_expression_is_held_once_against_names_that_differ_in_digits_it_does_not_tell_apart(
    regex: str, kinds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    selects = Regex.selects

    def counted(test: Regex, owner: Owner) -> bool:
        held.append(owner.name)
        return selects(test, owner)

    monkeypatch.setattr(Regex, "selects", counted)
    matcher = Matcher(recipe(f'{{match: {{regex: "{regex}"}}, init: ones}}').rules)

    for number in range(21):
        matcher.candidates(info(f"blocks.{number}.weight"))

    assert len(held) == kinds
