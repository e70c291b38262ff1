"""The JSON Schema of the recipe language, made of the same tables that recipes are checked by.

Editors complete recipes with it. It says what may stand where; what only ``load`` knows (names in expressions, globs,
arguments against each other) it leaves open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ms_initkit import formulas
from ms_initkit.language import load, rules, variables
from ms_initkit.language.selectors import selector_schema
from ms_initkit.syntax import schemas

if TYPE_CHECKING:
    from ms_initkit.formulas import Argument
    from ms_initkit.syntax.schemas import Schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema() -> Schema:
    """Returns the schema of a recipe, with the initializers that are registered now."""
    return {
        "$schema": DIALECT,
        "title": "ms_initkit recipe",
        **load.SCHEMA,
        "$defs": {
            "rule": rules.SCHEMA,
            "match": selector_schema(),
            "variable": variables.SCHEMA,
            "expression": schemas.SCALAR,
            "initializer": _initializer(),
        },
    }


def _initializer() -> Schema:
    names = [spelling for name in formulas.names() for spelling in (name, *formulas.aliases()[name])]
    calls = {name: _arguments(name) for name in names}
    call: Schema = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": calls}
    # Other spellings (XavierNormal, xavier-normal) are names too: what is not listed is left to `load`.
    return {"anyOf": [{"type": "number"}, {"enum": names}, {"type": "string"}, call]}


def _arguments(name: str) -> Schema:
    known = formulas.arguments(formulas.known(name))
    by_name: Schema = {
        "type": "object",
        "properties": {word: _argument(one) for one in known for word in (one.name, *one.aliases)},
        "additionalProperties": False,
    }
    by_place: list[Schema] = [_argument(known[0])] if known else []
    return {"anyOf": [by_name, *by_place, {"type": "array", "maxItems": max(len(known), 1)}]}


def _argument(argument: Argument) -> Schema:
    kinds: dict[str, Schema] = {
        "number": schemas.EXPRESSION,
        "integer": schemas.EXPRESSION,
        "flag": schemas.FLAG,
        "word": {"enum": list(argument.choices)},
        "text": schemas.TEXT,
        "numbers": schemas.list_of(schemas.EXPRESSION),
        "number or numbers": schemas.any_of(schemas.EXPRESSION, schemas.EXPRESSIONS),
        "integers": schemas.list_of(schemas.EXPRESSION),
        "formula": schemas.INITIALIZER,
        "formulas": schemas.list_of(schemas.INITIALIZER),
        "mixture parts": schemas.list_of(
            {"type": "array", "prefixItems": [schemas.EXPRESSION, schemas.INITIALIZER], "minItems": 2}
        ),
    }
    schema = kinds[argument.kind]
    return {"anyOf": [schema, {"type": "null"}]} if argument.is_nullable else schema
