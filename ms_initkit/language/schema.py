"""The JSON Schema of the recipe language, made of the same tables that recipes are checked by.

Editors complete recipes with it. It says what may stand where; what only ``load`` knows (names in expressions, globs,
arguments against each other) it leaves open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ms_initkit import formulas
from ms_initkit.draws.dtypes import DTYPES
from ms_initkit.language import keys

if TYPE_CHECKING:
    from ms_initkit.formulas import Argument
    from ms_initkit.syntax.reading import Kind, Table

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# A JSON Schema is an object of objects; the shape of the parts is the business of whoever validates.
_Schema = dict[str, object]

_SCALAR: Final[_Schema] = {"type": ["string", "number"]}
_TEXT: Final[_Schema] = {"type": ["string", "number"]}  # 2019 and 1502.01852 are text where text is due
_FLAG: Final[_Schema] = {"type": "boolean"}
_INTEGER: Final[_Schema] = {"type": "integer"}
_COUNT: Final[_Schema] = {"type": "integer", "minimum": 0}
_ONE_KEY: Final[_Schema] = {"minProperties": 1, "maxProperties": 1}
_GLOB: Final[_Schema] = {"type": "string", "minLength": 1}


def recipe_schema() -> _Schema:
    """Returns the schema of a recipe, with the initializers that are registered now."""
    return {
        "$schema": DIALECT,
        "title": "ms_initkit recipe",
        **_object(keys.RECIPE),
        "anyOf": [{"required": ["rules"]}, {"required": ["extends"]}],
        "$defs": {
            "rule": _object(keys.RULE) | _exactly_one("init", "from"),
            "match": {"anyOf": [_one_or_more(_GLOB), _object(keys.MATCH) | {"minProperties": 1}]},
            "from": {"anyOf": [_TEXT, _object(keys.FROM)]},
            "blocks": _object(keys.BLOCKS) | _exactly_one("parts", "sizes"),
            "fans": {"anyOf": [{"enum": list(keys.CONVENTIONS)}, _object(keys.FANS) | {"minProperties": 1}]},
            "edit": _object(keys.EDITS) | _ONE_KEY,
            "set": _object(keys.SET),
            "variable": {"anyOf": [_SCALAR, _FLAG, _object(keys.DERIVED) | _ONE_KEY]},
            "extent": _object(keys.EXTENT),
            "expression": _SCALAR,
            "initializer": _initializer(),
        },
    }


def _object(table: Table) -> _Schema:
    return {
        "type": "object",
        "properties": {key.name: _value(key.kind) | {"description": key.description} for key in table},
        "required": [key.name for key in table if key.is_required],
        "additionalProperties": False,
    }


def _value(kind: Kind) -> _Schema:
    """Returns the schema of what may stand at a key."""
    values: dict[Kind, _Schema] = {
        "text": _TEXT,
        "texts": _one_or_more(_TEXT),
        "sources": {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
        "flag": _FLAG,
        "axis": _INTEGER,
        "axes": _list(_INTEGER),
        "glob": _GLOB,
        "globs": _one_or_more(_GLOB),
        "words": _one_or_more(_GLOB),
        "dtypes": _one_or_more({"enum": list(DTYPES)}),
        "counts": _one_or_more(_COUNT),
        "shape": _list({"anyOf": [_COUNT, {"const": keys.ANY}]}),
        "trainable": {"enum": [True, False, keys.ANY]},
        "expression": _reference("expression"),
        "expressions": _list(_reference("expression")),
        "condition": {"type": ["string", "boolean"]},
        "initializer": {"anyOf": [{"const": keys.KEEP}, _reference("initializer")]},
        "variables": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": _reference("variable"),
        },
        "rules": {"type": "array", "items": _reference("rule")},
        "match": _reference("match"),
        "from": _reference("from"),
        "blocks": _reference("blocks"),
        "fans": _reference("fans"),
        "edits": _list(_reference("edit")),
        "set": _reference("set"),
        "extent": _reference("extent"),
    }
    return values[kind]


def _exactly_one(*names: str) -> _Schema:
    return {"oneOf": [{"required": [name]} for name in names]}


def _initializer() -> _Schema:
    names = [spelling for name in formulas.names() for spelling in (name, *formulas.aliases()[name])]
    calls = {name: _arguments(name) for name in names}
    call: _Schema = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": calls}
    # Other spellings (XavierNormal, xavier-normal) are names too: what is not listed is left to `load`.
    return {"anyOf": [{"type": "number"}, {"enum": names}, {"type": "string"}, call]}


def _arguments(name: str) -> _Schema:
    known = formulas.arguments(formulas.known(name))
    by_name: _Schema = {
        "type": "object",
        "properties": {word: _argument(one) for one in known for word in (one.name, *one.aliases)},
        "additionalProperties": False,
    }
    by_place: list[_Schema] = [_argument(known[0])] if known else []
    return {"anyOf": [by_name, *by_place, {"type": "array", "maxItems": max(len(known), 1)}]}


def _argument(argument: Argument) -> _Schema:
    kinds: dict[str, _Schema] = {
        "number": _reference("expression"),
        "integer": _reference("expression"),
        "flag": _FLAG,
        "word": {"enum": list(argument.choices)},
        "text": _TEXT,
        "numbers": _list(_reference("expression")),
        "integers": _list(_reference("expression")),
        "formula": _reference("initializer"),
        "formulas": _list(_reference("initializer")),
        "mixture parts": _list(
            {"type": "array", "prefixItems": [_reference("expression"), _reference("initializer")], "minItems": 2}
        ),
    }
    schema = kinds[argument.kind]
    return {"anyOf": [schema, {"type": "null"}]} if argument.is_nullable else schema


def _reference(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(item: _Schema) -> _Schema:
    return {"type": "array", "items": item, "minItems": 1}


def _one_or_more(item: _Schema) -> _Schema:
    return {"anyOf": [item, _list(item)]}
