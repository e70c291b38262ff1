from __future__ import annotations

import math
from pathlib import Path

import mindspore
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.findings import InitKitError
from ms_initkit.language.documents import RecipeSource

FILE = """
family: mine
vars: {sigma: 0.02, act: "relu"}
rules:
  - id: weights
    match: {param: weight, ndim: [2, 4]}
    init: {mixture: {parts: [[0.5, zeros], [0.5, {normal: {sigma: sigma}}]]}}
    blocks: {axis: 0, parts: 2}
    then: [{multiply: 2}, {zero_rows: [0]}]
    when: act == "relu"
  - match: "**"
    init: 1e-3
"""
VALUES = {
    "family": "mine",
    "vars": {"sigma": 0.02, "act": "relu"},
    "rules": [
        {
            "id": "weights",
            "match": {"param": "weight", "ndim": (2, 4)},
            "init": {"mixture": {"parts": [[0.5, "zeros"], [0.5, {"normal": {"sigma": "sigma"}}]]}},
            "blocks": {"axis": 0, "parts": 2},
            "then": [{"multiply": 2}, {"zero_rows": [0]}],
            "when": 'act == "relu"',
        },
        {"match": "**", "init": 1e-3},
    ],
}


def mlp() -> nn.Cell:
    return nn.SequentialCell(nn.Dense(4, 8), nn.Dense(8, 2))


def lines(recipe: RecipeSource) -> list[tuple[str, object]]:
    return [(line.rule, line.draw) for line in mik.plan(mlp(), recipe).assignments]


def test_a_mapping_says_what_a_file_says(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)

    assert lines(VALUES) == lines(FILE) == lines(path) == lines(str(path))


def test_globs_are_tried_in_order_and_name_their_rules() -> None:
    assert lines({"1.weight": 2, "**.weight": {"normal": 0.5}, "**.bias": "zeros"}) == lines(
        [("1.weight", 2), ("**.weight", mik.initializers.Normal(0.5)), ["**.bias", mik.initializers.Zero()]]
    )
    assert [rule for rule, _ in lines({"**.weight": 1, "**": 0})] == ["**.weight", "**"] * 2


def test_rules_may_stand_in_a_list_and_a_mapping_extend() -> None:
    assert lines([{"id": "all", "match": "**", "init": 0}])[0][0] == "all"
    assert lines({"extends": "base", "rules": [{"id": "mine", "match": "0.weight", "init": 0}]})[0][0] == "mine"


def test_instances_keep_their_arguments() -> None:
    mixture = mik.initializers.Mixture(((0.5, mik.initializers.Zeros()), (0.5, mik.initializers.Normal(0.25))))

    assert lines({"**": mixture}) == lines({"**": {"mixture": {"parts": [[0.5, "zeros"], [0.5, {"normal": 0.25}]]}}})


@pytest.mark.parametrize(
    ("recipe", "code", "place"),
    [
        ({"**": "xavier_nrmal"}, "unknown-initializer", "rules[0].init"),
        ([("**.weight", 0), ("**", {"normal": {"sigm": 1}})], "unknown-argument", "rules[1].init.normal.sigm"),
        ({"rules": [{"match": "**", "init": 0}, {"match": "a b", "init": 0}]}, "bad-glob", "rules[1].match"),
        ({"vars": {"a": "b + 1"}, "rules": []}, "unknown-variable", "vars.a"),
        ({"**.weigt": 1, "**": 0}, "unused-rule", "rules[0].match"),
        ({"**": 1, "**.bias": 0}, "shadowed-rule", "rules[1]"),
        ({"**": object()}, "wrong-type", "rules[0].init"),
        ({"**": mindspore.common.initializer.Normal(0.1)}, "wrong-type", "rules[0].init"),
        ({"rules": [{"match": "**", "init": 0, 3.5: 1}]}, "wrong-type", "rules[0]"),
    ],
)
def test_findings_name_the_entry(recipe: RecipeSource, code: str, place: str) -> None:
    with pytest.raises(InitKitError) as caught:
        mik.plan(mlp(), recipe)

    found = caught.value.findings[0]
    assert found.code == code
    assert str(found.span) == place
    assert f" --> {place}\n" in str(found) + "\n"
    assert mik.Finding.from_json(found.to_json()) == found


def test_what_has_no_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(mik.RecipeError, match="nested deeper"):
        mik.load_recipe({"**": endless})


def test_another_packages_initializer_is_told_its_name_here() -> None:
    with pytest.raises(mik.RecipeError, match=r"write mik\.initializers\.Normal\(\.\.\.\)"):
        mik.load_recipe({"**": mindspore.common.initializer.Normal(0.1)})


def test_warnings_reach_the_caller_and_the_report() -> None:
    net = mlp()

    with pytest.warns(mik.InitKitWarning, match="shadowed-rule") as caught:
        report = mik.apply(net, {"**": 1, "**.bias": 0}, seed=1, strict=False)

    assert caught[0].filename == __file__
    assert [finding.code for finding in report.findings] == ["shadowed-rule"]


def test_gains_are_those_of_torch() -> None:
    assert mik.calculate_gain("linear") == 1
    assert mik.calculate_gain("tanh") == 5 / 3
    assert mik.calculate_gain("relu") == math.sqrt(2)
    assert mik.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        mik.calculate_gain("relu6")
