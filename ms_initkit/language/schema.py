"""The JSON Schema of the recipe language, made of the same tables that recipes are checked by.

Editors complete recipes with it. It says what may stand where; what only ``load`` knows (names in expressions, globs,
arguments against each other) it leaves open.
"""

from __future__ import annotations

from typing import Final

from ms_initkit.language import call_schemas, load, rules, variables
from ms_initkit.language.selectors import selector_schema
from ms_initkit.syntax import schemas
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
            **call_schemas.definitions(rules.KEEP),
        },
    }
