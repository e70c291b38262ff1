"""The words of schemas, held against a validator."""

from __future__ import annotations

import jsonschema
import pytest

from ms_initkit.syntax import schemas
from ms_initkit.syntax.schemas import Key, Schema

TABLE = (Key("one", schemas.COUNT, "The one.", is_required=True), Key("other", schemas.TEXT, "The other."))


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (schemas.TEXT, ["a", 2019], [True, None, []]),
        (schemas.COUNT, [0, 7], [-1, 1.5, "a"]),
        (schemas.WORD, ["a"], ["", 3]),
        (schemas.list_of(schemas.COUNT), [[1]], [[], [-1], 1]),
        (schemas.one_or_more(schemas.COUNT), [1, [1, 2]], [[], [-1], "a"]),
        (schemas.any_of(schemas.FLAG, schemas.COUNT), [True, 3], ["a", -3]),
        (schemas.one_of("up", "down"), ["up"], ["left"]),
        (schemas.mapping(TABLE), [{"one": 1}, {"one": 1, "other": "a"}], [{}, {"other": "a"}, {"one": 1, "more": 2}]),
        (schemas.exactly_one("a", "b"), [{"a": 1}, {"b": 1}], [{}, {"a": 1, "b": 1}]),
        (schemas.ONE_KEY, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
        (schemas.SOME_KEY, [{"a": 1, "b": 2}], [{}]),
    ],
)
def test_a_schema_allows_what_it_says(schema: Schema, right: list[object], wrong: list[object]) -> None:
    validator = jsonschema.Draft202012Validator(schema)

    assert [value for value in right if not validator.is_valid(value)] == []
    assert [value for value in wrong if validator.is_valid(value)] == []


def test_keys_keep_their_descriptions() -> None:
    properties = schemas.mapping(TABLE)["properties"]

    assert properties == {
        "one": schemas.COUNT | {"description": "The one."},
        "other": schemas.TEXT | {"description": "The other."},
    }


def test_a_reference_is_to_the_definitions() -> None:
    schema = {"$defs": {"number": schemas.COUNT}, "items": schemas.reference("number")}

    assert jsonschema.Draft202012Validator(schema).is_valid([1])
    assert not jsonschema.Draft202012Validator(schema).is_valid([-1])
