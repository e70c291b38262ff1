from __future__ import annotations

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind
from ms_initkit.plans.plan import Plan
from tests.recipes import info, recipe

SIGMA = "vars: {sigma: {config: [initializer_range, init_std], default: 0.02}}\n"
RULE = "{match: '**', init: {normal: {sigma: sigma}}}"


def sigma(variables: str, config: dict[str, float | str | bool | tuple[int, ...]] | None) -> object:
    plan = bind(recipe(RULE, head=variables), [info("a.weight", (4, 4))], config=config, strict=True)
    return dict(plan.variables)["sigma"]


def test_a_variable_is_read_off_the_configuration_and_the_plan_says_where() -> None:
    plan = bind(recipe(RULE, head=SIGMA), [info("a.weight", (4, 4))], config={"init_std": 0.5}, strict=True)

    assert plan.variables == (("sigma", 0.5),)
    assert plan.sources == (("sigma", "config.init_std"),)
    assert "sigma=0.5 (config.init_std)" in str(plan)
    assert Plan.from_json(plan.to_json()) == plan


def test_the_first_name_that_is_there_counts_then_the_default() -> None:
    assert sigma(SIGMA, {"init_std": 0.5, "initializer_range": 0.25}) == 0.25
    assert sigma(SIGMA, {"other": 1}) == 0.02
    assert sigma(SIGMA, None) == 0.02
    assert sigma("vars: {base: 3, sigma: {config: std, default: base * 2}}\n", {}) == 6


@pytest.mark.parametrize(
    ("variables", "config", "said"),
    [
        (SIGMA, {"init_std": "small"}, "config.init_std is 'small', text where a number is due"),
        (SIGMA, {"init_std": True}, "a flag where a number is due"),
        ("vars: {sigma: {config: init_std}}\n", {"init_st": 1.0}, "has no init_std: did you mean 'init_st'"),
        ("vars: {sigma: {config: init_std}}\n", {}, "the network has no configuration"),
    ],
)
def test_a_configuration_that_does_not_fit_is_a_finding(
    variables: str, config: dict[str, float | str | bool | tuple[int, ...]], said: str
) -> None:
    with pytest.raises(PlanError) as caught:
        sigma(variables, config)

    assert caught.value.findings[0].code == "undefined-variable"
    assert said in str(caught.value)


def embedding(name: str, padding: int | None) -> ParamInfo:
    options = () if padding is None else (("padding_idx", padding),)
    return ParamInfo((Owner(f"{name}.weight", "weight", ("Embedding",), options=options),), (8, 4))


def test_an_option_of_the_cell_stands_in_expressions_and_the_line_says_what_was_read() -> None:
    made = recipe(
        "{id: padded, match: {has: padding_idx}, init: ones, then: [{zero_rows: [cell.padding_idx]}]}\n"
        "{id: plain, match: '**', init: zeros}"
    )

    plan = bind(made, [embedding("a", 3), embedding("b", None), embedding("c", 5)], strict=True)

    assert [line.rule for line in plan.assignments] == ["padded", "plain", "padded"]
    assert plan["a.weight"].initializer == "ones, then zero_rows with cell.padding_idx=3"
    assert plan["a.weight"].draw != plan["c.weight"].draw


def test_an_option_that_the_cell_has_not_is_a_finding_that_says_what_to_type() -> None:
    made = recipe("{match: '**', init: {constant: cell.padding_idx}}")

    with pytest.raises(PlanError, match=r"its cell Embedding has no 'padding_idx'; `has: padding_idx`"):
        bind(made, [embedding("b", None)], strict=True)


def test_where_chooses_by_captures_variables_shape_and_cell() -> None:
    made = recipe(
        "{id: last, match: 'h.{i}.w', where: i >= depth - 2, init: zeros}\n"
        "{id: square, match: '**', where: 'shape[0] == shape[1] and ndim == 2', init: ones}\n"
        "{id: rest, match: '**', init: 2}",
        head="vars: {depth: {count: 'h.{i}.*'}}\n",
    )
    infos = [info(f"h.{i}.w", (2, 3)) for i in range(4)] + [info("a", (3, 3))]

    plan = bind(made, infos, strict=True)

    assert [line.rule for line in plan.assignments] == ["rest", "rest", "last", "last", "square"]


def test_a_where_without_a_value_is_a_finding() -> None:
    with pytest.raises(PlanError, match=r"`where` has no value: .* has no element 1"):
        bind(recipe("{match: '**', where: 'shape[1] > 2', init: zeros}"), [info("a", (3,))], strict=True)


def test_deferred_selects_what_has_no_values_yet() -> None:
    made = recipe("{id: left, match: {deferred: true}, init: zeros}\n{id: rest, match: '**', init: keep}")

    plan = bind(made, [info("a", (2,)), info("b", (2,))._replace(is_deferred=True)], strict=True)

    assert [line.rule for line in plan.assignments] == ["rest", "left"]


def test_a_network_is_asked_for_its_configuration_and_its_cells() -> None:
    net = nn.SequentialCell(nn.Embedding(10, 4, padding_idx=2), nn.Dense(4, 4))
    net.config = {"initializer_range": 3.0}
    made = recipe(
        "{match: {has: padding_idx}, init: {constant: sigma}, then: [{zero_rows: [cell.padding_idx]}]}\n"
        "{match: '**', init: {constant: cell.out_channels}}",
        head=SIGMA,
    )

    report = mik.apply(net, made, seed=1)

    assert report.plan.sources == (("sigma", "config.initializer_range"),)
    assert net[0].embedding_table.asnumpy()[:, 0].tolist() == [3, 3, 0, 3, 3, 3, 3, 3, 3, 3]
    assert (net[1].weight.asnumpy() == 4).all()


def test_an_extent_has_a_default_for_networks_without_the_parameter() -> None:
    head = "vars:\n  width: {extent: {of: w, axis: 0}, default: 2 * 3}\n"
    rule = "{match: w, init: {constant: width}, optional: true}\n{match: b, init: {constant: width}}"

    assert bind(recipe(rule, head=head), [info("b")], strict=True)["b"].initializer == "constant(value=6)"
    assert (
        bind(recipe(rule, head=head), [info("w", (5, 2)), info("b")], strict=True)["b"].initializer
        == "constant(value=5)"
    )


@pytest.mark.parametrize("default", ["true", '"wide"'])
def test_the_default_of_an_extent_is_a_number(default: str) -> None:
    head = f"vars:\n  width: {{extent: {{of: w, axis: 0}}, default: {default}}}\n"

    with pytest.raises(RecipeError, match="the default of the variable 'width' is a number"):
        recipe("{match: w, init: ones}", head=head)


def test_a_plan_tells_the_variables_that_it_uses_and_those_they_are_made_of() -> None:
    text = """
family: x
vars: {half: 0.5, sigma: 0.04 * half, idle: 3, only_when: 1, only_where: 2, of_an_idle_rule: 4}
rules:
  - {match: "none.*", init: {normal: of_an_idle_rule}, optional: true}
  - {match: "*.weight", init: {normal: sigma}, where: only_where > 1, when: only_when > 0}
  - {match: "*.bias", init: zeros}
"""
    plan = bind(mik.load_recipe(text), [info("a.weight", (4, 4)), info("a.bias", (4,))], strict=True)

    assert dict(plan.variables) == {"half": 0.5, "sigma": 0.02, "only_where": 2}
    assert str(plan).splitlines()[1] == "with half=0.5, only_where=2, sigma=0.02"


def test_known_tells_parameters_whose_cells_are_told_from_those_of_an_index() -> None:
    made = recipe("{id: bare, match: {param: weight, known: false}, init: ones}\n{id: rest, match: '**', init: zeros}")
    infos = [info("a.weight", (2,)), info("b.weight", (2,))]
    bare = [one._replace(owners=(one.owners[0]._replace(cell=()),)) for one in infos]

    plan = bind(made, [infos[0], bare[1]], strict=True)

    assert [line.rule for line in plan.assignments] == ["rest", "bare"]
    assert plan.rules[0].selector == "param weight, known false"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.array(2.5), 2.5),
        (np.array([4]), 4),
        (2**53 + 1, 2**53 + 1),
        (0, 0),
    ],
)
def test_numbers_of_numpy_are_numbers(given: float, value: float) -> None:
    plan = bind(recipe(RULE, head=SIGMA), [info("a.weight", (4, 4))], {"sigma": given}, strict=True)

    assert dict(plan.variables)["sigma"] == value
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (float("nan"), "it has to be finite"),
        (float("-inf"), "it has to be finite"),
        (np.float32("inf"), "it has to be finite"),
        (10**400, "an integer of 64 bits"),
        (2**64, "an integer of 64 bits"),
        (None, "a NoneType is no number"),
        ([1], "a list is no number"),
        (b"1", "a bytes is no number"),
        (1j, "a complex is no number"),
        (np.zeros(2), "a ndarray is no number"),
    ],
)
@pytest.mark.parametrize(
    "rule", [RULE, "{match: '**', init: 0, when: sigma > 1}", "{match: '**', init: 0, when: sigma < 1}"]
)
def test_what_no_variable_can_be_is_told_wherever_it_is_used(given: float, said: str, rule: str) -> None:
    with pytest.raises(PlanError, match=f"undefined-variable.*'sigma' has no value: .*{said}"):
        bind(recipe(rule, head=SIGMA), [info("a.weight", (4, 4))], {"sigma": given}, strict=True)


@pytest.mark.parametrize("given", ["n=1", 5, ["n"]])
def test_values_of_variables_are_a_mapping(given: object) -> None:
    with pytest.raises(TypeError, match="`vars` is a mapping of names to values, not "):
        mik.plan(nn.Dense(2, 2), {"**": 0}, vars=given)  # type: ignore[arg-type]
