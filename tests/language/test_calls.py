"""Initializers as a recipe asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.load import load_recipe
from ms_initkit.syntax.expressions import Expression
from tests.language.written import init, refused_rule
from tests.recipes import recipe


@pytest.mark.parametrize(
    ("written", "taken_for"),
    [("{he_normal: 0.1}", "a gain"), ("{kaiming_uniform: [0.1, fan_out]}", "a gain"), ("{arange: 5}", "the number of")],
)
def test_a_number_that_is_easily_taken_for_something_else_is_named(written: str, taken_for: str) -> None:
    with pytest.raises(RecipeError, match=f"is easily taken for {taken_for}") as caught:
        recipe(f'{{match: "**", init: {written}}}')

    assert caught.value.findings[0].code == "bad-argument"
    assert "write {" in str(caught.value)


def test_a_list_of_numbers_is_one_for_each_row() -> None:
    loaded = recipe('{match: "**", init: {constant: [1, 2 * 3]}}').rules[0].action

    assert isinstance(loaded, InitSpec)
    assert loaded.arguments[0][0] == "value"
    assert isinstance(loaded.arguments[0][1], tuple)


@pytest.mark.parametrize(
    "written",
    [
        "{normal: 1e300}",
        "{normal: 1e-60}",
        "{normal: {sigma: 1, mean: -4e38}}",
        "{uniform: {low: -3e38, high: 3e38}}",
        "{uniform: 1e-50}",
        "{trunc_normal: 1e300}",
        "{trunc_normal_tf: 1e-60}",
        "{mixture: [[0.5, {normal: 1e300}], [0.5, zeros]]}",
    ],
)
def test_what_no_type_can_hold_needs_no_network(written: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f'{{match: "**", init: {written}}}')

    assert [finding.code for finding in caught.value.findings] == ["out-of-range"]
    assert "in parameters of every type" in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "{constant: 1e300}",  # float64 holds it
        "{log_uniform: {low: 1e-300, high: 1}}",
        "{trunc_normal: {sigma: 1, a: -1e300, b: 1e300}}",
        "{normal: {sigma: s}}",
        "{xavier_normal: 1e300}",  # the fans decide
        "{normal: 1e37}",
    ],
)
def test_what_depends_on_the_parameter_waits_for_it(written: str) -> None:
    assert recipe(f'{{match: "**", init: {written}}}', head="vars: {s: 1e300}").rules


@pytest.mark.parametrize("given", [{"w": {"from": "a.safetensors"}}, [("w", {"like": "v"})], {"w": "then"}])
def test_a_rules_key_in_the_place_of_an_initializer_is_told_where_it_stands(given: RecipeSource) -> None:
    with pytest.raises(RecipeError, match="is a key of a rule, and stands beside `match`") as caught:
        load_recipe(given)

    assert [finding.code for finding in caught.value.findings] == ["unknown-initializer"]
    assert "as an item of `rules`" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("{normal: [0, 0.02]}", "write {normal: {mean: 0, sigma: 0.02}}"),
        ("{normal: [0.0, 2 * width]}", "write {normal: {mean: 0.0, sigma: 2 * width}}"),
        ("{trunc_normal: [0, 0.02]}", "write {trunc_normal: {mean: 0, sigma: 0.02}}"),
        ("{trunc_normal_: [0.0, 0.02, -2, 2]}", "write {trunc_normal_: {mean: 0.0, sigma: 0.02, a: -2, b: 2}}"),
        ("{truncated_normal: [0, 0.02]}", "write {truncated_normal: {mean: 0, sigma: 0.02}}"),
        ("{trunc_normal_tf: [0, 0.02]}", "write {trunc_normal_tf: {mean: 0, sigma: 0.02}}"),
        ("{mixture: [[1, {normal: [0, 1]}]]}", "write {normal: {mean: 0, sigma: 1}}"),
        ("{uniform: [-0.1, 0.1]}", "write {uniform: {low: -0.1, high: 0.1}}"),
        ("{uniform: [0, 1]}", "write {uniform: {low: 0, high: 1}}"),
    ],
)
def test_arguments_in_the_order_of_torch_are_told_by_name(written: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f'{{match: "**", init: {written}}}', head="vars: {width: 8}")

    assert [(finding.code, finding.help) for finding in caught.value.findings] == [("bad-argument", hint)]
    assert "comes first here" in caught.value.findings[0].message


@pytest.mark.parametrize(
    "written",
    [
        "{normal: 0}",
        "{normal: [0]}",
        "{normal: {sigma: 0, mean: 0.02}}",
        "{normal: [0.02, 0]}",
        "{log_uniform: [1, 2]}",
    ],
)
def test_a_law_without_spread_may_be_meant(written: str) -> None:
    assert recipe(f'{{match: "**", init: {written}}}').rules


@pytest.mark.parametrize("sigma", [0, 0.0])
def test_a_mapping_in_python_is_told_too(sigma: float) -> None:
    with pytest.raises(RecipeError, match="without spread every element would be the mean"):
        load_recipe({"**": {"normal": [sigma, 0.02]}})


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        (
            "init: {he_normal: fan_out}",
            "cannot be 'fan_out', which is for `mode`",
            "write {he_normal: {mode: fan_out}}",
        ),
        ("init: {he_normal: [fan_out]}", "which is for `mode`", "write {he_normal: {mode: fan_out}}"),
        ("init: 1, then: [{add: xavier_uniform}]", "not 'xavier_uniform'", "write {xavier_uniform: {}}"),
        ("init: 1, then: [{add: constant}]", "not 'constant'", "write {constant: {value: ...}}"),
        ("init: 1, then: [{mask: triu}]", "cannot be 'triu'", "write upper"),
        ("init: 1, then: [{mask: tril}]", "cannot be 'tril'", "write lower"),
        ("id: idle", "none of `init`, `from`, `like`, and `blocks`", "write `init: normal` or another initializer; "),
    ],
)
def test_what_was_meant_is_told_as_it_is_written(rule: str, message: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f'{{match: "**", {rule}}}')

    (finding,) = caught.value.findings
    assert message in finding.message
    assert str(finding.help).startswith(hint)


def test_a_variable_may_be_called_like_an_initializer() -> None:
    assert recipe('{match: "**", init: 1, then: [{add: normal}]}', head="vars: {normal: 2}").rules


def test_files_are_not_alike_by_their_suffix(tmp_path: Path) -> None:
    (tmp_path / "mlp.yaml").touch()
    (tmp_path / "resnet.yaml").touch()

    with pytest.raises(RecipeError, match="there is no file") as unlike:
        load_recipe(str(tmp_path / "foo.yaml"))
    with pytest.raises(RecipeError, match=r"did you mean 'resnet\.yaml'\?"):
        load_recipe(str(tmp_path / "rsnet.yaml"))

    assert unlike.value.findings[0].help is None


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("zeros", "zeros", ()),
        ("XavierNormal", "XavierNormal", ()),
        ("0.5", "constant", (("value", Expression("0.5")),)),
        ("-1", "constant", (("value", Expression("-1")),)),
        ("'1e-3'", "constant", (("value", Expression("1e-3")),)),
        ("{normal: 0.02}", "normal", (("sigma", Expression("0.02")),)),
        ("{normal: sigma / 2}", "normal", (("sigma", Expression("sigma / 2")),)),
        ("{normal: [0.02, 1]}", "normal", (("sigma", Expression("0.02")), ("mean", Expression("1")))),
        ("{normal: {mean: 1, std: 2}}", "normal", (("mean", Expression("1")), ("sigma", Expression("2")))),
        ("{normal: {}}", "normal", ()),
        ("{constant: fan_in * ndim}", "constant", (("value", Expression("fan_in * ndim")),)),
    ],
)
def test_an_initializer_is_asked_for_in_short_or_in_full(text: str, name: str, arguments: object) -> None:
    spec = init(text)

    assert (spec.name, spec.arguments) == (name, arguments)


def test_initializers_nest_as_arguments() -> None:
    spec = init("{mixture: [[0.5, {uniform: {low: 5, high: 10}}], [0.5, zeros]]}")

    ((name, parts),) = spec.arguments
    assert name == "parts"
    assert isinstance(parts, tuple)
    assert [part[0] for part in parts if isinstance(part, tuple)] == [Expression("0.5")] * 2
    assert [part[1].name for part in parts if isinstance(part, tuple) and isinstance(part[1], InitSpec)] == [
        "uniform",
        "zeros",
    ]


@pytest.mark.parametrize("number", ["1e-3", "0.001", "1.0e-3", "1E-3", ".001", "'1e-3'", '"0.001"'])
def test_every_way_of_writing_a_thousandth_is_the_same_constant(number: str) -> None:
    ((_, value),) = init(f"{{normal: {number}}}").arguments

    assert isinstance(value, Expression)
    assert value.evaluate({}) == 0.001


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**", init: sigma}', "unknown-initializer", "sigma"),
        ('{match: "**", init: sigma * 2}', "unknown-initializer", "sigma * 2"),
        ('{match: "**", init: {normal: act}}', "wrong-type", "act"),
        ('{match: "**", init: {normal: -1}}', "bad-argument", "-1"),
        ('{match: "**", init: {uniform: {low: 2, high: 1}}}', "bad-argument", "uniform"),
        ('{match: "**", init: constant}', "missing-argument", "constant"),
        ('{match: "**", init: {constant: {}}}', "missing-argument", "constant"),
        ('{match: "**", init: {normal: {sigma: 1, std: 1}}}', "duplicate-key", "std"),
        ('{match: "**", init: {normal: [1, 2, 3]}}', "unknown-argument", "[1, 2, 3]"),
        ('{match: "**", init: {zeros: 1}}', "unknown-argument", "1"),
        ('{match: "**", init: {zeros: }}', "wrong-type", "zeros"),
        ('{match: "**", init: {normal: 1, zeros: 2}}', "wrong-type", "{normal: 1, zeros: 2}"),
        ('{match: "**", init: [zeros]}', "wrong-type", "[zeros]"),
        ('{match: "**", init: no}', "unknown-initializer", "no"),
        ('{match: "**", init: {normal: no}}', "wrong-type", "no"),
        ('{match: "**", init: {normal: .nan}}', "wrong-type", ".nan"),
        ('{match: "**", init: {normal: "010"}}', "ambiguous-number", '"010"'),
        ('{match: "**", init: {normal: 010}}', "ambiguous-number", "010"),
        ('{match: "**", init: {normal: 1 +}}', "bad-expression", "}"),
        ('{match: "**", init: {normal: 1 / 0}}', "bad-expression", "/"),
        ('{match: "**", init: {normal: i}}', "unknown-variable", "i"),
    ],
)
def test_an_initializer_that_cannot_be_is_refused_where_it_is_wrong(lines: str, code: str, at: str) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert text == at
