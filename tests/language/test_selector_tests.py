"""Each test of a selector: what it selects, captures and shows."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from ms_initkit import draws
from ms_initkit.findings import RecipeError
from ms_initkit.language.selector_tests import Regex
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe


@pytest.mark.parametrize(
    "pattern", ["Conv2d", "Conv*", "*2d", "*Conv*", "*o*v*", "C*2*d", "**", "Conv2d*", "on*", "C*C*d"]
)
def test_a_class_is_matched_as_a_shell_would(pattern: str) -> None:
    for name in ("Conv2d", "Conv", "MyConv2d", "d", "C2d", "CCd", "Cd"):
        rule = recipe(f'{{match: {{cell: "{pattern}"}}, init: ones}}').rules[0]
        selected = rule.match.selecting_owner(info("a.weight", cell=name))
        assert (selected is not None) == (fnmatchcase(name, pattern) or fnmatchcase("Cell", pattern))


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


def test_a_cell_selector_means_the_class_and_its_relatives() -> None:
    lazy = ParamInfo((Owner("fc.weight", "weight", ("LazyLinear", "Dense", "Cell")),), (4, 4))

    plan = bind(recipe("{match: {cell: Dense}, init: 1}"), [lazy], strict=True)

    assert plan["fc.weight"].draw == draws.Constant(1)


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("ndim: 4", "conv.weight"),
        ("shape: [8, any, 3, 3]", "conv.weight"),
        ("dtype: float16", "half.weight"),
        ("regex: '(conv|none)\\.\\w+'", "conv.weight"),
        ("param: bias", "fc.bias"),
    ],
)
def test_each_selector_selects(selector: str, selected: str) -> None:
    infos = [info("conv.weight", (8, 4, 3, 3), "Conv2d"), info("half.weight", dtype="float16"), info("fc.bias", (4,))]

    plan = bind(recipe(f"{{match: {{{selector}}}, init: 1}}\n{{match: '**', init: 2}}"), infos, strict=True)

    assert [line.name for line in plan.assignments if line.draw == draws.Constant(1)] == [selected]


@pytest.mark.parametrize(
    ("written", "shown", "selected"),
    [
        ("name: [a.w, '*.v']", "name a.w or *.v", {"a.w"}),
        ("regex: '(?P<part>a|b).w'", "regex (?P<part>a|b).w", {"a.w", "b.w"}),
        ("cell: [Conv*, Embedding]", "cell Conv* or Embedding", {"b.w"}),
        ("param: '*bias'", "param *bias", {"c.bias"}),
        ("has: [groups, stride]", "has groups and stride", {"b.w"}),
        ("known: false", "known false", {"c.bias"}),
        ("ndim: [1, 4]", "ndim 1 or 4", {"b.w", "c.bias"}),
        ("shape: [8, any]", "shape [8, *]", {"a.w"}),
        ("dtype: [float16, int32]", "dtype float16 or int32", {"c.bias"}),
        ("deferred: true", "deferred true", {"b.w"}),
        ("trainable: false", "trainable false", {"d.w"}),
        ("{param: w, trainable: any}", "param w, trainable any", {"a.w", "b.w", "d.w"}),
    ],
)
def test_a_test_selects_what_it_says(written: str, shown: str, selected: set[str]) -> None:
    wide = (("groups", 2), ("stride", 1))
    infos = [
        info("a.w", (8, 4), options=wide[:1]),
        info("b.w", (8, 4, 3, 3), "Conv2d", options=wide)._replace(is_deferred=True),
        ParamInfo((Owner("c.bias", "bias"),), (8,), "float16"),
        info("d.w", is_trainable=False),
    ]
    match = written if written.startswith("{") else f"{{{written}}}"

    selector = recipe(f"{{match: {match}, init: zeros}}").rules[0].match

    found = {parameter.name for parameter in infos if selector.selecting_owner(parameter) is not None}
    assert (found, str(selector)) == (selected, shown)


def test_captures_of_a_regex_are_numbers_and_words() -> None:
    selector = recipe("{match: {regex: '(?P<part>[a-z]+)[.](?P<i>[0-9]+)[.]w'}, init: zeros}").rules[0].match

    assert selector.captures == ("part", "i")
    assert selector.capture("attn.12.w") == {"part": "attn", "i": 12}
    assert selector.capture_spans("attn.12.w") == {"part": (0, 4), "i": (5, 7)}
