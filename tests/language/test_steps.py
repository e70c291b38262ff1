"""The key `then`, step by step."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from ms_initkit.language.load import load_recipe
from ms_initkit.language.schema import recipe_schema
from tests.language.written import refused_rule

SCHEMA = recipe_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**", init: zeros, then: {add: 1}}', "wrong-type", "{add: 1}"),
        ('{match: "**", init: zeros, then: []}', "wrong-type", "[]"),
        ('{match: "**", init: zeros, then: [{add: 1, multiply: 2}]}', "wrong-type", None),
        ('{match: "**", init: zeros, then: [{set: {at: 0, to: 1}}]}', "wrong-type", "0"),
        ('{match: "**", init: zeros, then: [{set: {at: [0]}}]}', "missing-key", None),
    ],
)
def test_steps_that_cannot_be_are_refused_where_they_are_wrong(lines: str, code: str, at: str | None) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert at is None or text == at


def is_valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(yaml.safe_load(text)))


@pytest.mark.parametrize(
    "step",
    [
        "abs",
        "norm",
        "normalize",
        "{exp: true}",
        "{normalize: {except: 0, to: sqrt(fan_in)}}",
        "{normalize: {norm: spectral}}",
        "{norm: {axis: [1, -1]}}",
        "{abs_mean: {}}",
        "{mask: lower}",
        "{mask: {upper: -1}}",
        "{mask: mask.npy}",
        "{mask: {path: masks.npz, key: m}}",
        "{zero_rows: '10:'}",
        "{zero_columns: [0, '3:5']}",
        "{set: {at: [':', -1], to: -inf}}",
        "{add: {normal: 0.01}}",
    ],
)
@pytest.mark.parametrize("rows", ["3", "'50:'", "[3, -1, 'shape[0] - 2:']"])
def test_steps_and_rows_are_valid_as_they_are_read(step: str, rows: str, tmp_path: Path) -> None:
    text = f"{{family: x, rules: [{{match: '**', init: keep, rows: {rows}, then: [{step}]}}]}}"
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")

    assert load_recipe(tmp_path / "recipe.yaml").rules
    assert is_valid(text)


@pytest.mark.parametrize(
    "step",
    [
        "multiply",
        "{exp: 2}",
        "{normalize: {axis: 0, except: 1}}",
        "{normalize: {norm: frobenius}}",
        "{norm: {axis: a}}",
        "{mask: {upper: 1, lower: 1}}",
        "{zero_rows: {}}",
        "{set: {at: 3, to: 1}}",
    ],
)
def test_steps_that_are_refused_are_not_valid(step: str) -> None:
    assert not is_valid(f"{{family: x, rules: [{{match: '**', init: keep, then: [{step}]}}]}}")
