"""The JSON Schema of what is written for an initializer: generated from the classes, so that editors know every one.

An initializer of a user's own is among them once the module that registers it is imported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from ms_initkit import formulas
from ms_initkit.formulas import Argument, Range
from ms_initkit.formulas.docstrings import default_text, docstring_of
from ms_initkit.language.calls import LISTS
from ms_initkit.language.sources import NUMBERS
from ms_initkit.syntax import schemas
from ms_initkit.syntax.schemas import Schema

# Says a schema's ``pattern`` in words; the language server of editors shows it.
_UNKNOWN: Final = "no initializer is called so: `ms-initkit initializers` lists them"
# A bare number is a constant, an expression that begins like one too.
_NUMBER: Final = "[-+.0-9].*"
_GAP: Final = "[-_]*"


def definitions(keep: str) -> dict[str, Schema]:
    """Returns the schemas that a recipe's refers to: of any initializer, of a rule's `init`, of each one's arguments.

    Args:
        keep: The word that a rule may have in an initializer's place.
    """
    others = formulas.aliases()
    words = {word: name for name in formulas.names() for word in (name, *others[name])}
    call: Schema = {
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {word: schemas.reference(_key(name)) for word, name in words.items()},
        "patternProperties": {
            f"^{_any_spelling((name, *others[name]))}$": schemas.reference(_key(name)) for name in formulas.names()
        },
        "additionalProperties": False,
    }
    named: list[Schema] = [{"const": word, "description": _summary(name)} for word, name in words.items()]
    kept: list[Schema] = [{"const": keep, "description": "The parameter is left as it is."}]
    patterns = (_NUMBER, _any_spelling(words))
    return {
        "initializer": _word_or_call(patterns, named),
        "action": _word_or_call((*patterns, keep), kept + named),
        "call": call,
        **{_key(name): _arguments(name) for name in formulas.names()},
    }


def _key(name: str) -> str:
    return f"arguments of {name}"


def _word_or_call(patterns: Iterable[str], words: list[Schema]) -> Schema:
    """Returns the schema of a number, one of ``words`` in any spelling that ``patterns`` allow, or a call.

    It has no alternatives where the kinds tell what was meant: so an editor says what is wrong with that one.
    """
    return {
        "type": ["number", "string", "object"],
        "pattern": f"^({'|'.join(patterns)})$",
        "patternErrorMessage": _UNKNOWN,
        "anyOf": [*words, {}],
        **schemas.reference("call"),
    }


def _any_spelling(names: Iterable[str]) -> str:
    """Returns the pattern of ``names`` as ``formulas.find`` reads them: without case, underscores and hyphens."""
    return f"{_GAP}({'|'.join(map(_letters, names))})({_letters('initializer')})?"


def _letters(name: str) -> str:
    letters = (letter for letter in name if letter not in "-_")
    return "".join(f"[{letter}{letter.upper()}]{_GAP}" if letter.islower() else letter + _GAP for letter in letters)


def _arguments(name: str) -> Schema:
    formula = formulas.known(name)
    known, said = formulas.arguments(formula), docstring_of(formula)
    by_name: Schema = {
        "type": "object",
        "properties": {word: _described(one, said.arguments) for one in known for word in (one.name, *one.aliases)},
        "additionalProperties": False,
    }
    return {"description": _summary(name), **schemas.any_of(by_name, *_by_place(known))}


def _by_place(known: tuple[Argument, ...]) -> list[Schema]:
    """Returns the schemas of arguments without names: the first alone, or some in order."""
    values = [_value(one) for one in known]
    if any(one.ambiguous for one in known[:1]):
        return []
    if known and known[0].kind in LISTS:
        return values[:1]
    in_order: Schema = {"prefixItems": values} if values else {}
    return [*values[:1], {"type": "array", **in_order, "maxItems": len(values)}]


def _described(argument: Argument, said: Mapping[str, str]) -> Schema:
    default = "Required." if argument.is_required else f"{default_text(argument)} if left out."
    meaning = f"{_plain(said[argument.name])}\n{default}" if argument.name in said else default
    return {"description": meaning, **_value(argument)}


def _value(argument: Argument) -> Schema:
    number = schemas.SCALAR | _limits(argument.range)
    kinds: dict[str, Schema] = {
        "number": number,
        "integer": {"type": ["string", "integer"]} | _limits(argument.range),
        "flag": schemas.FLAG,
        "word": schemas.one_of(*argument.choices),
        "text": schemas.TEXT,
        "numbers": schemas.list_of(number),
        "number or numbers": schemas.any_of(number, schemas.list_of(number), schemas.mapping(NUMBERS)),
        "integers": schemas.list_of(schemas.EXPRESSION),
        "formula": schemas.INITIALIZER,
        "formulas": schemas.list_of(schemas.INITIALIZER),
        "mixture parts": schemas.list_of(
            {"type": "array", "prefixItems": [schemas.EXPRESSION, schemas.INITIALIZER], "minItems": 2, "maxItems": 2}
        ),
    }
    schema = kinds[argument.kind]
    return schemas.any_of(schema, {"type": "null"}) if argument.is_nullable else schema


def _limits(limits: Range | None) -> Schema:
    """Returns what a schema says of a range; expressions, which are text, it leaves alone."""
    if limits is None:
        return {}
    low = {"exclusiveMinimum" if limits.excludes_low else "minimum": limits.low}
    high = {"exclusiveMaximum" if limits.excludes_high else "maximum": limits.high}
    return {word: end for word, end in (low | high).items() if math.isfinite(end)}


def _summary(name: str) -> str:
    return _plain(docstring_of(formulas.known(name)).summary)


def _plain(line: str) -> str:
    """Returns a docstring's line without the marks of code."""
    return line.replace("``", "")
