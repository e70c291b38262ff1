from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit import draws
from ms_initkit.findings import PlanError
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind
from ms_initkit.syntax.globs import Glob
from tests.recipes import info, recipe

names = st.lists(st.sampled_from(["a", "b", "0", "1", "10"]), min_size=1, max_size=4).map(".".join)
globs = st.lists(st.sampled_from(["a", "*", "**", "0", "b*", "{i}"]), min_size=1, max_size=3).map(".".join)


def codes(error: PlanError) -> list[str]:
    return [finding.code for finding in error.findings]


def test_the_first_rule_that_selects_a_parameter_wins() -> None:
    rules = """
    {match: "a.weight", init: 1}
    {match: "**.weight", init: 2}
    """

    plan = bind(recipe(rules), [info("a.weight"), info("b.weight")], strict=True)

    assert [line.draw for line in plan.assignments] == [draws.Constant(1), draws.Constant(2)]
    assert plan["a.weight"].candidates == ("1", "2")


def test_an_unmatched_parameter_is_an_error_with_its_name() -> None:
    with pytest.raises(PlanError, match=r"no rule selects 1 parameter of 1\n  = note: b\.weight \(4, 4\)") as caught:
        bind(recipe('{match: "a.weight", init: 1, optional: true}'), [info("b.weight")], strict=True)

    assert codes(caught.value) == ["unmatched-parameter"]


def test_leftovers_are_warnings_when_lenient() -> None:
    plan = bind(recipe('{match: "a.weight", init: 1}'), [info("b.weight")], strict=False)

    assert [(f.code, f.severity) for f in plan.findings] == [
        ("unused-rule", "warning"),
        ("unmatched-parameter", "warning"),
    ]
    assert plan["b.weight"].is_kept


def test_a_frozen_parameter_that_no_rule_selects_is_kept_and_listed() -> None:
    plan = bind(recipe('{match: "**", init: 1}'), [info("a.weight"), info("a.mask", is_trainable=False)], strict=True)

    assert plan["a.mask"].is_kept
    assert plan["a.mask"].rule == ""


def test_a_frozen_parameter_is_selected_where_the_rule_says_so() -> None:
    plan = bind(
        recipe("{match: {param: mask, trainable: any}, init: 1}"), [info("a.mask", is_trainable=False)], strict=True
    )

    assert plan["a.mask"].draw == draws.Constant(1)


def test_a_tied_parameter_answers_to_all_its_names() -> None:
    owners = (Owner("emb.table", "table", ("Embedding", "Cell")), Owner("head.weight", "weight", ("Dense", "Cell")))
    tied = ParamInfo(owners, (8, 4))

    by_alias = bind(recipe('{match: "head.weight", init: 1}'), [tied], strict=True)
    by_cell = bind(recipe("{match: {cell: Dense}, init: 1}"), [tied], strict=True)

    assert by_alias["emb.table"] is by_alias["head.weight"]
    assert by_cell["head.weight"].draw == draws.Constant(1)


def test_name_and_cell_must_hold_for_the_same_owner() -> None:
    owners = (Owner("emb.table", "table", ("Embedding",)), Owner("head.weight", "weight", ("Dense",)))

    with pytest.raises(PlanError, match="unmatched"):
        bind(
            recipe('{match: {name: "emb.table", cell: Dense}, init: 1, optional: true}'),
            [ParamInfo(owners, (8, 4))],
            strict=True,
        )


def test_captures_and_counts_reach_expressions() -> None:
    rules = '{match: "blocks.{i}.w", init: {normal: {sigma: 1 / sqrt(2 * n * (i + 1))}}}'
    infos = [info(f"blocks.{i}.w") for i in range(3)]

    plan = bind(recipe(rules, head='vars: {n: {count: "blocks.{i}.**"}}'), infos, strict=True)

    stds = [line.moments.std for line in plan.assignments]
    assert stds == pytest.approx([1 / math.sqrt(6 * (i + 1)) for i in range(3)], rel=1e-15)


def test_a_variable_can_be_overridden() -> None:
    rules = recipe('{match: "**", init: {normal: s}}', head="vars: {s: 1}")

    plan = bind(rules, [info("a.w")], {"s": 0.5}, strict=True)

    assert plan["a.w"].draw == draws.Normal(0, 0.5)
    assert plan.variables == (("s", 0.5),)


def test_an_unknown_variable_is_an_error_with_a_guess() -> None:
    with pytest.raises(PlanError, match="did you mean 'sigma'"):
        bind(
            recipe('{match: "**", init: {normal: sigma}}', head="vars: {sigma: 1}"),
            [info("a.w")],
            {"sigmo": 1},
            strict=True,
        )


def test_conditions_switch_rules() -> None:
    rules = recipe('{match: "**", init: 1, when: zero == 1}\n{match: "**", init: 2}', head="vars: {zero: 0}")

    assert bind(rules, [info("w")], strict=True)["w"].draw == draws.Constant(2)
    assert bind(rules, [info("w")], {"zero": 1}, strict=True)["w"].draw == draws.Constant(1)


def test_a_shadowed_rule_is_listed_with_the_rule_before_it() -> None:
    made = recipe('{id: all, match: "**", init: 1}\n{id: late, match: "w", init: 2}')

    with pytest.raises(PlanError) as caught:
        bind(made, [info("w")], strict=True)

    assert [(f.code, f.severity) for f in caught.value.findings] == [("shadowed-rule", "error")]
    assert "rule 'all' stands before it" in caught.value.findings[0].notes[0]
    assert [f.severity for f in bind(made, [info("w")], strict=False).findings] == ["warning"]


def test_a_rule_that_a_condition_shadows_is_a_warning_since_it_may_win_another_time() -> None:
    rules = recipe('{match: "**", init: 1, when: zero == 1}\n{match: "**", init: 2}', head="vars: {zero: 1}")

    assert [(f.code, f.severity) for f in bind(rules, [info("w")], strict=True).findings] == [
        ("shadowed-rule", "warning")
    ]


def test_wrapper_prefixes_are_stripped_and_reported() -> None:
    plan = bind(
        recipe('{match: "fc.weight", init: 1}', head="strip_prefixes: [network.]"),
        [info("network.network.fc.weight")],
        strict=True,
    )

    line = plan["network.network.fc.weight"]
    assert line.stream == "fc.weight"
    assert "'network.network.' was taken off 1 name before" in plan.findings[0].message


def test_all_problems_are_reported_together() -> None:
    rules = '{match: "a", init: xavier_normal}\n{match: "z", init: 1}'

    with pytest.raises(PlanError) as caught:
        bind(recipe(rules), [info("a", (4,)), info("b")], strict=True)

    assert sorted(codes(caught.value)) == ["undefined-fan", "unmatched-parameter", "unused-rule"]


@given(st.lists(names, unique=True, max_size=12), st.lists(globs, min_size=1, max_size=5))
def test_a_plan_is_a_partition(param_names: list[str], rule_globs: list[str]) -> None:
    rules = "\n".join(f'{{match: "{glob}", init: {number}}}' for number, glob in enumerate(rule_globs))
    loaded = recipe(rules)

    plan = bind(loaded, [info(name) for name in param_names], strict=False)

    assert [line.name for line in plan.assignments] == param_names
    for line in plan.assignments:
        # The definition: rules in order, each held against the whole name.
        selecting = [
            rule.id
            for rule, glob in zip(loaded.rules, rule_globs, strict=True)
            if Glob(glob).match(line.name) is not None
        ]
        assert line.candidates == tuple(selecting)
        assert line.rule == (selecting[0] if selecting else "")


def test_an_index_of_a_tied_parameter_is_noted_where_it_counts() -> None:
    tied = info("a.0.w")._replace(owners=(*info("a.0.w").owners, *info("a.1.w").owners))

    (note,) = bind(recipe("{match: 'a.{i}.w', init: {constant: i}}"), [tied], strict=True).findings
    assert (note.code, note.severity) == ("tied-index", "note")
    assert note.message == "'a.0.w' is 'a.1.w' too, and rule '1' takes i = 0 of the first name"
    assert bind(recipe("{match: 'a.{i}.w', init: ones}"), [tied], strict=True).findings == ()
    assert bind(recipe("{match: '{a.0,b}.w', init: ones}"), [tied], strict=True).findings == ()


@pytest.mark.parametrize(
    "values",
    [
        'init: {normal: "0.1 * (i + 1)"}',
        'init: {xavier_uniform: "1 / (i + 1)"}',
        "init: ones, then: [{multiply: i}]",
        "init: ones, then: [{set: {at: [0, i], to: 5}}]",
        'when: "n > 1", init: {uniform: "i + n"}',
    ],
)
@pytest.mark.parametrize("places", [(0, 1), (1, 2), (0, 2, 5)])
def test_the_first_of_its_indices_is_taken_wherever_it_counts(values: str, places: tuple[int, ...]) -> None:
    first, *others = (info(f"a.{place}.w") for place in places)
    tied = first._replace(owners=(*first.owners, *(owner for other in others for owner in other.owners)))
    loaded = recipe(f"{{match: 'a.{{i}}.w', {values}}}", head="vars: {n: 2}")

    (note,) = bind(loaded, [tied], strict=True).findings

    assert note.code == "tied-index"
    assert note.message.endswith(f"takes i = {places[0]} of the first name")
