"""Recipes written in Python: values to nodes, whose places are entries such as ``rules[2].match``."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from collections.abc import Mapping as MappingLike
from collections.abc import Sequence as SequenceLike
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Final

from ms_initkit import formulas
from ms_initkit.findings import Finding, Span
from ms_initkit.formulas import Formula
from ms_initkit.syntax.nodes import Document, Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Problems, failure

PYTHON: Final = "recipe"  # where files have their path
FAMILY: Final = "python"  # where none is given

_DEEPEST: Final = 32
# What tells a recipe from globs with what each is given.
_KEYS: Final = ("rules", "extends")
_PAIR: Final = 2


def read_values(value: object) -> Document:
    """Returns the nodes of a recipe that is given as Python values.

    Args:
        value: A mapping with the keys of a file, of which ``family`` may be left out; a mapping of globs to what each
            is given; a list of such pairs; or a list of rules.

    Raises:
        RecipeError: If something in it cannot stand in a recipe.
    """
    reader = _Reader()
    root = reader.read(_as_recipe(value), "")
    reader.problems.settle()
    return Document(PYTHON, _text(root), root, _NOTHING)


_NOTHING: Final[tuple[Finding, ...]] = ()


def _as_recipe(value: object) -> object:
    if isinstance(value, MappingLike):
        if any(key in value for key in _KEYS):
            return {"family": FAMILY, **value}
        return {"family": FAMILY, "rules": [_rule(match, init) for match, init in value.items()]}
    if _is_list(value):
        assert isinstance(value, SequenceLike)
        return {"family": FAMILY, "rules": [_rule(*item) if _is_pair(item) else item for item in value]}
    return value


def _is_pair(item: object) -> bool:
    return _is_list(item) and isinstance(item, SequenceLike) and len(item) == _PAIR


def _is_list(value: object) -> bool:
    return isinstance(value, SequenceLike) and not isinstance(value, str | bytes | bytearray)


def _rule(match: object, init: object) -> dict[str, object]:
    """Returns the rule, called by its glob: what is given to globs in order has no other names."""
    return ({"id": match} if isinstance(match, str) else {}) | {"match": match, "init": init}


@dataclass
class _Reader:
    """Turns values into nodes; what cannot stand in a recipe goes to ``problems``."""

    problems: Problems = field(default_factory=Problems)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def read(self, value: object, entry: str, depth: int = 0) -> Node:
        # The order in which nodes stand is that of lines in a file.
        span = Span(PYTHON, next(self._numbers), 1, 1, entry=entry or PYTHON)
        if depth > _DEEPEST:
            raise failure("too-large", f"values are nested deeper than {_DEEPEST}", span=span)
        match value:
            case None:
                return Scalar("", False, span)
            case bool():
                return Scalar(str(value).lower(), False, span)
            case str():
                return Scalar(value, True, span)
            case Integral():
                return Scalar(str(int(value)), False, span)
            case Real():
                return Scalar(repr(float(value)), False, span)
            case Formula():
                return self.read({formulas.name_of(type(value)): _arguments(value)}, entry, depth)
            case os.PathLike():
                return Scalar(os.fspath(value), True, span)
            case MappingLike():
                return Mapping(tuple(self._entry(*item, entry, depth) for item in value.items()), span)
            case SequenceLike() if _is_list(value):
                items = (self.read(item, f"{entry}[{n}]", depth + 1) for n, item in enumerate(value))
                return Sequence(tuple(items), span)
            case _:
                kind = f"{type(value).__module__}.{type(value).__qualname__}"
                note = "a recipe has names, numbers, flags, lists, mappings, and instances of ms_initkit.initializers"
                self.problems.add(
                    "wrong-type", f"a {kind} cannot stand in a recipe", note, span=span, help=_hint(value)
                )
                return Scalar("", False, span)

    def _entry(self, key: object, value: object, entry: str, depth: int) -> tuple[Scalar, Node]:
        text = str(key) if isinstance(key, str | int) else ""
        inner = ".".join(part for part in (entry, text) if part)
        span = Span(PYTHON, next(self._numbers), 1, 1, entry=inner)
        if not text:
            self.problems.add("wrong-type", f"a key is text, not {key!r}", span=span)
        return Scalar(text, True, span), self.read(value, inner, depth + 1)


def _arguments(formula: Formula) -> dict[str, object]:
    """Returns the arguments that are not their defaults."""
    config = formula.get_config()
    return {
        one.name: config[one.name]
        for one in fields(formula)  # type: ignore[arg-type]  # every concrete formula is a dataclass
        if one.name in config and (one.default is MISSING or getattr(formula, one.name) != one.default)
    }


def _hint(value: object) -> str | None:
    """Returns what to write in place of another package's initializer."""
    name = type(value).__name__
    formula = formulas.find(name)
    return None if formula is None else f"write mik.initializers.{formula.__name__}(...), or its name"


def _text(node: Node) -> str:
    """Returns what decides a recipe's digest."""
    match node:
        case Scalar(text):
            return repr(text)
        case Sequence(items):
            return f"[{', '.join(map(_text, items))}]"
        case Mapping(entries):
            return f"{{{', '.join(f'{_text(key)}: {_text(value)}' for key, value in entries)}}}"
