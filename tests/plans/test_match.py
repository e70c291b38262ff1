"""Rules are looked up by whole names, told apart by indices, or held against kinds, with one result."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.language.parameters import Owner
from ms_initkit.language.selector_tests import Name, Regex
from ms_initkit.plans.bind import bind
from ms_initkit.plans.match import Matcher
from ms_initkit.syntax.globs import Glob
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


@pytest.mark.parametrize(
    "pattern", ["Conv2d", "Conv*", "*2d", "*Conv*", "*o*v*", "C*2*d", "**", "Conv2d*", "on*", "C*C*d"]
)
def test_a_class_is_matched_as_a_shell_would(pattern: str) -> None:
    for name in ("Conv2d", "Conv", "MyConv2d", "d", "C2d", "CCd", "Cd"):
        rule = recipe(f'{{match: {{cell: "{pattern}"}}, init: ones}}').rules[0]
        selected = rule.match.selecting_owner(info("a.weight", cell=name))
        assert (selected is not None) == (fnmatchcase(name, pattern) or fnmatchcase("Cell", pattern))


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


@pytest.mark.parametrize(
    "pattern",
    [
        "regex: '(a|b{})*c{{500}}'",
        "regex: '((a{{60}}){{60}}|b{})'",
        "name: '{{a,b}}{{a,b}}{{a,b}}{{a,b}}{{a,b}}{{a,b}}{{a,b}}x{}'",
    ],
)
def test_patterns_that_multiply_are_counted_and_refused(pattern: str) -> None:
    """Each of them is short; together they would take seconds and hundreds of megabytes."""
    with pytest.raises(RecipeError) as caught:
        recipe("\n".join(f"{{match: {{{pattern.format(n)}}}, init: ones}}" for n in range(2000)))

    (finding,) = caught.value.findings
    assert finding.code == "too-large"
    assert finding.span is not None
    assert 10 < finding.span.line < 1000


def test_a_regex_is_read_once_and_its_machine_is_small() -> None:
    (rule,) = recipe("{match: {regex: '.*(a|b).{{100}}'}, init: ones}".replace("{{", "{").replace("}}", "}")).rules
    for n in range(3000):
        rule.match.selecting_owner(info(f"{n:b}".replace("0", "a").replace("1", "b") * 20))

    (machine,) = (test.machine for test in rule.match.tests if isinstance(test, Regex))
    assert len(machine.table) <= 4096


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
