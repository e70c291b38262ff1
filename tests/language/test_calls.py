"""Initializers as a recipe asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.load import load_recipe
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
