"""Data classes from JSON, by the types of their fields: what is of another type, missing or too much is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
# Returns a value, or raises ValueError; the number is how deep it stands.
_Reader: TypeAlias = Callable[[object, int], Any]

_DEEPEST: Final = 32
_LONGEST_SHOWN: Final = 60
KIND: Final = "kind"


def read(kind: type[_T], value: object, what: str) -> _T:
    """Returns ``value``, as JSON has it, as a ``kind``: a data class of numbers, texts, tuples and data classes.

    A member of a union of data classes is told by its name under ``kind``.

    Raises:
        ValueError: If it is not one; it says what is wrong with which part of ``what``.
    """
    try:
        made: _T = _reader(kind)(value, 0)  # type: ignore[arg-type]  # types are hashable
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error
    return made


def write(value: object, *, is_told: bool = False) -> Any:  # noqa: ANN401 (JSON of any kind)
    """Returns a data class, or what is in one, as JSON has it; with ``is_told`` every class under its name."""
    if isinstance(value, tuple):
        return [write(item, is_told=is_told) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    named = {KIND: type(value).__name__} if is_told else {}
    return named | {field.name: write(getattr(value, field.name), is_told=is_told) for field in fields(value)}


@cache
def _reader(hint: Any) -> _Reader:  # noqa: ANN401 (a type of any kind)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _plain(lambda value: isinstance(value, str) and value in arguments, f"one of {', '.join(arguments)}")
    if origin is tuple:
        return _tuple(arguments)
    if origin in (Union, UnionType):
        return _union(arguments)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    plain: dict[object, tuple[Callable[[object], bool], str]] = {
        bool: (lambda value: isinstance(value, bool), "true or false"),
        int: (lambda value: type(value) is int, "a whole number"),
        float: (lambda value: type(value) in (int, float) and value == value, "a number"),
        str: (lambda value: isinstance(value, str), "text"),
        NoneType: (lambda value: value is None, "null"),
    }
    return _plain(*plain[hint])


def _plain(holds: Callable[[object], bool], name: str) -> _Reader:
    def reader(value: object, depth: int) -> object:
        if not holds(value):
            raise ValueError(f"must be {name}, not {_shown(value)}")
        return value

    return reader


def _tuple(items: tuple[Any, ...]) -> _Reader:
    is_long = items[1:] == (Ellipsis,)

    def reader(value: object, depth: int) -> tuple[object, ...]:
        if not isinstance(value, list) or not (is_long or len(value) == len(items)):
            raise ValueError(f"must be a list{'' if is_long else f' of {len(items)}'}, not {_shown(value)}")
        kinds = items[:1] * len(value) if is_long else items
        return tuple(_reader(kind)(item, depth + 1) for kind, item in zip(kinds, value, strict=True))

    return reader


def _union(members: tuple[Any, ...]) -> _Reader:
    records = {member.__name__: member for member in members if is_dataclass(member) and isinstance(member, type)}
    others = [member for member in members if member not in records.values()]

    is_told = len(records) > 1

    def reader(value: object, depth: int) -> object:
        if isinstance(value, Mapping) and is_told:
            name = value.get(KIND)
            if not isinstance(name, str) or name not in records:
                raise ValueError(f"no {KIND} of these is called {_shown(name)}: {', '.join(records)}")
            return _reader(records[name])({key: item for key, item in value.items() if key != KIND}, depth)
        if is_told and not others:
            raise ValueError(f"must be one of {', '.join(records)}, not {_shown(value)}")
        problem: ValueError | None = None
        for member in others if is_told else members:
            try:
                return _reader(member)(value, depth)
            except ValueError as error:
                problem = problem or error
        assert problem is not None  # a union has members
        raise problem

    return reader


def _record(kind: type[Any]) -> _Reader:
    hints = get_type_hints(kind)
    named = {field.name: hints[field.name] for field in fields(kind)}
    required = {field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING}

    def reader(value: object, depth: int) -> object:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if not isinstance(value, Mapping):
            raise ValueError(f"must be an object, not {_shown(value)}")
        wrong = next((f"has no {name!r}" for name in required if name not in value), None)
        wrong = wrong or next((f"has an unknown {_shown(name)}" for name in value if name not in named), None)
        if wrong is not None:
            raise ValueError(wrong)
        values = {}
        for name, item in value.items():
            try:
                values[name] = _reader(named[name])(item, depth + 1)
            except ValueError as error:
                raise ValueError(f"`{name}` {error}") from error
        return kind(**values)

    return reader


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
