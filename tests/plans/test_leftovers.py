"""What is left over names its cause: a misspelt name, frozen parameters, a rule that stands before, unknown cells."""

from __future__ import annotations

from ms_initkit.findings import Finding
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.bind import draft_plan
from tests.recipes import info, recipe

FROZEN = [info("backbone.0.weight", is_trainable=False), info("backbone.0.bias", is_trainable=False)]
HEAD = info("head.weight")


def left_over(rules: str, infos: list[ParamInfo]) -> Finding:
    _, findings = draft_plan(recipe(rules), infos, strict=True)
    (finding,) = findings
    return finding


def test_a_rule_that_would_select_frozen_parameters_says_so() -> None:
    finding = left_over('{match: "backbone.**", init: ones}\n{match: "head.*", init: zeros}', [*FROZEN, HEAD])

    assert finding.code == "unused-rule"
    assert finding.notes[1] == "2 parameters that it would select are not trainable, the first 'backbone.0.weight'"
    assert finding.help == (
        'write `match: {name: "backbone.**", trainable: any}`, delete the rule, or say `optional: true`'
    )


def test_what_is_said_of_frozen_parameters_is_right() -> None:
    rules = '{match: {name: "backbone.**", trainable: any}, init: ones}\n{match: "head.*", init: zeros}'

    assert draft_plan(recipe(rules), [*FROZEN, HEAD], strict=True)[1] == []


def test_a_rule_that_is_shadowed_only_where_it_is_trainable_says_so() -> None:
    finding = left_over('{match: "head.*", init: zeros}\n{match: "**", init: ones}', [*FROZEN, HEAD])

    assert finding.code == "shadowed-rule"
    assert finding.notes == (
        "rule '1' stands before it and takes them",
        "2 more parameters that it would select are not trainable, the first 'backbone.0.weight'",
    )
    assert finding.help == (
        'write `match: {name: "**", trainable: any}`, or move it up, narrow the rule before it, or delete it'
    )


def test_a_selector_of_several_tests_is_told_to_add_one() -> None:
    finding = left_over("{match: {cell: Dense, param: bias}, init: 0}\n{match: head.*, init: 0}", [FROZEN[1], HEAD])

    assert str(finding.help).startswith("add `trainable: any` to `match`, ")


def test_a_misspelt_name_is_guessed_with_its_own_index() -> None:
    infos = [info(f"layers.{number}.weight") for number in range(30)]

    finding = left_over('{match: "layers.7.wieght", init: ones}\n{match: "**", init: zeros}', infos)

    assert str(finding.help).startswith("the nearest name is 'layers.7.weight'; ")


def test_a_rule_by_cell_says_that_no_cell_is_known() -> None:
    bare = HEAD._replace(owners=(HEAD.owners[0]._replace(cell=()),))

    _, findings = draft_plan(recipe("{match: {cell: Dense}, init: ones}"), [bare], strict=True)

    assert [finding.code for finding in findings] == ["unused-rule", "unmatched-parameter"]
    assert findings[0].notes[1] == "no cell of these parameters is known: names, shapes and types are all there is"
    assert "`ms-initkit manifest`" in str(findings[0].help)
    assert findings[1].notes[1] == "no cell of these parameters is known, so rules that ask for one select nothing"


def test_where_cells_are_known_a_rule_by_cell_is_to_be_corrected() -> None:
    finding = left_over("{match: {cell: Conv2d}, init: ones}\n{match: head.*, init: 0}", [HEAD])

    assert finding.notes == ("it asks for cell Conv2d",)


def test_a_misspelt_class_is_guessed() -> None:
    finding = left_over("{match: {cell: Dens}, init: ones}\n{match: head.*, init: 0}", [HEAD])

    assert finding.help == "the nearest class is 'Dense'; correct `match`, delete the rule, or say `optional: true`"


def test_a_class_that_others_are_derived_from_is_not_guessed_where_one_of_them_is_like_it() -> None:
    stem = info("stem.weight")
    conv = stem._replace(owners=(stem.owners[0]._replace(cell=("Conv2d", "_Conv", "Cell")),))

    finding = left_over("{match: {cell: Conv}, init: ones}\n{match: stem.*, init: 0}", [conv])

    assert str(finding.help).startswith("the nearest class is 'Conv2d'; ")


def test_a_name_that_is_right_is_not_guessed() -> None:
    finding = left_over('{match: {name: "head.*", cell: Dens}, init: ones}\n{match: head.*, init: 0}', [HEAD])

    assert str(finding.help).startswith("the nearest class is 'Dense'; ")


def test_a_misspelt_attribute_is_guessed() -> None:
    finding = left_over("{match: {cell: Dense, param: wieght}, init: ones}\n{match: head.*, init: 0}", [HEAD])

    assert str(finding.help).startswith("the nearest parameter is 'weight'; ")


def test_only_so_many_names_are_guessed() -> None:
    rules = "\n".join(f'{{match: "head.wieght{number}", init: ones}}' for number in range(60))

    _, findings = draft_plan(recipe(rules + "\n{match: head.*, init: 0}"), [HEAD], strict=True)

    guessed = ["the nearest name is" in str(finding.help) for finding in findings]
    assert guessed == [True] * 40 + [False] * 20


def test_a_condition_that_is_true_of_nothing_is_named() -> None:
    infos = [info(f"{number}.weight") for number in range(2)]

    finding = left_over('{match: "{i}.weight", where: i > 5, init: ones}\n{match: "**", init: zeros}', infos)

    assert finding.code == "unused-rule"
    assert finding.notes[1] == "that is there, as '0.weight', but `where: i > 5` is true of no such parameter"
    assert finding.help == "correct `where`, delete the rule, or say `optional: true`"


def test_a_condition_is_not_blamed_for_a_name_that_is_not_there() -> None:
    finding = left_over('{match: "{i}.wieght", where: i > 5, init: ones}\n{match: "**", init: 0}', [info("7.weight")])

    assert str(finding.help).startswith("the nearest name is '7.weight'; ")


def test_a_trainable_parameter_without_a_rule_is_not_called_frozen() -> None:
    rules = recipe('{match: "head.bias", init: 0}')
    frozen, _ = draft_plan(rules, [*FROZEN, info("head.bias")], strict=False)
    both, _ = draft_plan(rules, [*FROZEN, HEAD, info("head.bias")], strict=False)
    assert frozen is not None
    assert both is not None

    assert "it is not trainable, so it is kept" in frozen.explain("backbone.0.weight")
    assert "it is not trainable" not in both.explain("head.weight")
    assert "unmatched-parameter" in both.explain("head.weight")


def test_a_rule_that_loses_a_tied_parameter_is_told_that_it_is_one() -> None:
    tied = info("emb.table", cell="Embedding")
    tied = tied._replace(owners=(*tied.owners, *HEAD.owners))

    finding = left_over("{match: {cell: Dense}, init: zeros}\n{match: {cell: Embedding}, init: ones}", [tied])

    assert finding.code == "shadowed-rule"
    assert finding.notes[1] == "'emb.table' and 'head.weight' are one parameter, which has one rule"
