"""Keys of mappings, each with the JSON Schema of its value, which is made of a few words."""

from __future__ import annotations

from typing import Final, TypeAlias

from ms_initkit.basis.records import record

# A JSON Schema is an object of objects; the shape of the parts is the business of whoever validates.
Schema: TypeAlias = dict[str, object]


@record
class Key:
    """One key of a mapping.

    Args:
        name: As written.
        schema: What its value is, for editors.
        description: One sentence for the reader of an editor's tooltip.
        is_required: Whether it may not be left out.
    """

    name: str
    schema: Schema
    description: str
    is_required: bool = False


Table: TypeAlias = tuple[Key, ...]


TEXT: Final[Schema] = {"type": ["string", "number"]}  # 2019 and 1502.01852 are text where text is due
FLAG: Final[Schema] = {"type": "boolean"}
INTEGER: Final[Schema] = {"type": "integer"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
WORD: Final[Schema] = {"type": "string", "minLength": 1}  # a class name, a glob
SCALAR: Final[Schema] = {"type": ["string", "number"]}
CONDITION: Final[Schema] = {"type": ["string", "boolean"]}
ONE_KEY: Final[Schema] = {"minProperties": 1, "maxProperties": 1}
SOME_KEY: Final[Schema] = {"minProperties": 1}


def reference(name: str) -> Schema:
    """Returns the schema that ``$defs`` has under ``name``."""
    return {"$ref": f"#/$defs/{name}"}


def list_of(item: Schema) -> Schema:
    """Returns the schema of a list that is not empty."""
    return {"type": "array", "items": item, "minItems": 1}


def one_or_more(item: Schema) -> Schema:
    """Returns the schema of a value or a list of them."""
    return {"anyOf": [item, list_of(item)]}


def any_of(*schemas: Schema) -> Schema:
    """Returns the schema of what one of ``schemas`` allows."""
    return {"anyOf": list(schemas)}


def one_of(*words: str) -> Schema:
    """Returns the schema of a value that is one of ``words``."""
    return {"enum": list(words)}


def exactly_one(*names: str) -> Schema:
    """Returns the schema of a mapping that has one of the keys ``names``."""
    return {"oneOf": [{"required": [name]} for name in names]}


def mapping(table: Table) -> Schema:
    """Returns the schema of a mapping with the keys of ``table``."""
    return {
        "type": "object",
        "properties": {key.name: key.schema | {"description": key.description} for key in table},
        "required": [key.name for key in table if key.is_required],
        "additionalProperties": False,
    }


EXPRESSION: Final = reference("expression")
EXPRESSIONS: Final = list_of(EXPRESSION)
INITIALIZER: Final = reference("initializer")
