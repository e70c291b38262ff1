"""Rules are looked up by whole names, told apart by indices, or held against kinds, with one result."""

from __future__ import annotations

import pytest

from ms_initkit.findings import PlanError
from ms_initkit.language.parameters import Owner
from ms_initkit.language.selector_tests import Name, Regex
from ms_initkit.plans.bind import bind
from ms_initkit.plans.match import Matcher
from ms_initkit.syntax.work import bounded
from tests.recipes import info, recipe

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


def test_rules_are_tried_only_against_names_that_have_their_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rules for single layers are as quick as one."""
    held: list[str] = []
    selects = Name.selects

    def counted(test: Name, owner: Owner) -> bool:
        held.append(owner.name)
        return selects(test, owner)

    monkeypatch.setattr(Name, "selects", counted)
    rules = recipe("\n".join(f'{{match: "layers.{n}.**", init: ones}}' for n in range(1000))).rules
    matcher = Matcher(rules)

    for number in range(1000):
        for leaf in ("attn.weight", "attn.bias"):
            ((rule, _),) = matcher.candidates(info(f"layers.{number}.{leaf}"))
            assert rule is rules[number]
    assert len(held) == 2000


def test_rules_that_must_be_held_against_every_name_are_counted_and_refused() -> None:
    loaded = recipe("\n".join(f'{{match: "**.a1234567890*{n}", init: ones}}' for n in range(1000)))

    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a{n}.b{n}.c") for n in range(2000)], strict=True)

    (finding,) = caught.value.findings
    assert (finding.code, finding.rule) == ("too-large", "1")
    assert "1,000 rules against 2,000 parameters" in finding.message


def test_long_rules_for_many_parameters_are_counted_and_refused() -> None:
    loaded = recipe("{match: '**', init: ones, then: [" + "{multiply: 1}, " * 9000 + "]}")

    assert bind(loaded, [info("a.weight")], strict=True)["a.weight"].draw
    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a{n}.weight") for n in range(20_000)], strict=True)

    assert [finding.code for finding in caught.value.findings] == ["too-large"]


def test_expressions_that_tell_single_digits_apart_are_held_against_few_names() -> None:
    """Ten of them against 20,000 names would be 200,000 questions; there are about as many as digits and lengths."""
    rules = recipe("\n".join(rf"{{match: {{regex: '(\w+\.?)+x{n}'}}, init: ones}}" for n in range(10))).rules
    matcher = Matcher(rules)

    with bounded(400_000):
        for number in range(20_000):
            assert matcher.candidates(info(f"layers.{number}.weight")) == ()


def test_counts_over_many_names_are_counted_and_refused() -> None:
    names = "vars: {" + ", ".join(f'v{n}: {{count: "**.{{i}}.x{n}"}}' for n in range(100)) + "}"
    loaded = recipe("{match: '**', init: ones}", head=names)

    assert bind(loaded, [info("a.0.x1")], strict=True)["a.0.x1"].draw
    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a.{n}.b") for n in range(10_000)], strict=True)

    assert [finding.code for finding in caught.value.findings] == ["too-large"]


def test_expressions_for_many_parameters_are_counted_and_refused() -> None:
    loaded = recipe("{match: 'a{i}.weight', init: {constant: \"" + "i+" * 90 + 'i"}}')

    assert bind(loaded, [info("a1.weight")], strict=True)["a1.weight"].draw
    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a{n}.weight") for n in range(20_000)], strict=True)

    assert [finding.code for finding in caught.value.findings] == ["too-large"]


def test_more_blocks_than_can_be_drawn_are_refused() -> None:
    loaded = recipe("{match: '**', init: xavier_normal, blocks: {axis: 0, parts: 'shape[0]'}}")

    with pytest.raises(PlanError, match="too-large"):
        bind(loaded, [info("a.weight", (10**9, 4))], strict=True)


def test_a_rule_that_cannot_serve_a_shape_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thousand sizes cost 10,000 steps; asked for each of a hundred parameters they would be a million."""
    sizes = ", ".join(["n"] * 1000)
    loaded = recipe(f"{{match: '**', init: ones, blocks: {{axis: 0, sizes: [{sizes}]}}}}", head="vars: {n: 1}")
    monkeypatch.setattr("ms_initkit.plans.bind.PLANNING", 50_000)

    with pytest.raises(PlanError) as caught:
        bind(loaded, [info(f"a{n}.weight") for n in range(100)], strict=True)

    (finding,) = caught.value.findings
    assert finding.code == "unusable-initializer"
    assert "'a0.weight' (4, 4) and 99 more: blocks of (1, 1, " in finding.message
    assert len(finding.message) < 300
