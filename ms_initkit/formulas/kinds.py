"""What an initializer's arguments may be: their kinds and ranges, told by the types of a class's fields."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import MISSING, fields
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from ms_initkit.basis.records import record

Kind: TypeAlias = Literal[
    "number",
    "integer",
    "flag",
    "word",
    "text",
    "numbers",
    "number or numbers",
    "integers",
    "formula",
    "formulas",
    "mixture parts",
]


@record
class Range:
    """The numbers that an argument may take; infinities and nan are never among them.

    Args:
        low: Least number.
        high: Greatest number.
        excludes_low: Whether ``low`` itself is refused.
        excludes_high: Whether ``high`` itself is refused.
    """

    low: float = -math.inf
    high: float = math.inf
    excludes_low: bool = False
    excludes_high: bool = False

    def __contains__(self, value: float) -> bool:
        is_above = value > self.low if self.excludes_low else value >= self.low
        is_below = value < self.high if self.excludes_high else value <= self.high
        return math.isfinite(value) and is_above and is_below

    def __str__(self) -> str:
        if self.low == -math.inf and self.high == math.inf:
            return "finite"
        if self.high == math.inf:
            return f"{'>' if self.excludes_low else '>='} {self.low:g}"
        if self.low == -math.inf:
            return f"{'<' if self.excludes_high else '<='} {self.high:g}"
        left, right = "(" if self.excludes_low else "[", ")" if self.excludes_high else "]"
        return f"in {left}{self.low:g}, {self.high:g}{right}"


class Alias(tuple[str, ...]):
    """Other frameworks' names of an argument."""

    __slots__ = ()


class Ambiguous(str):
    """What a bare number in an argument's place is easily taken for: a recipe has to name the argument."""

    __slots__ = ()


FINITE: Final = Range()
POSITIVE: Final = Range(low=0.0, excludes_low=True)

Positive: TypeAlias = Annotated[float, POSITIVE]
PositiveInteger: TypeAlias = Annotated[int, Range(low=1)]
NotNegativeInteger: TypeAlias = Annotated[int, Range(low=0)]
NotNegative: TypeAlias = Annotated[float, Range(low=0.0)]
Sigma: TypeAlias = Annotated[float, Range(low=0.0), Alias(("std", "stddev"))]
Gain: TypeAlias = Annotated[float, Range(low=0.0)]


@record
class Argument:
    """One argument of a formula, as a reader of recipes or a printer of help needs it.

    Args:
        name: The field's name.
        kind: What may be written for it; ``mixture parts`` are pairs of a weight and a formula.
        choices: The words of kind ``word``, else empty.
        is_required: Whether it has no default.
        default: Its default; None where it has none.
        aliases: Names it answers to besides its own.
        range: What its numbers may be; None where it has no numbers.
        is_nullable: Whether it may be left out by an explicit None.
        ambiguous: What a bare number in its place is easily taken for; empty if nothing.
    """

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    is_required: bool = True
    default: object = None
    aliases: tuple[str, ...] = ()
    range: Range | None = None
    is_nullable: bool = False
    ambiguous: str = ""


class Nested(ABC):
    """What may itself be an argument: an initializer within another."""

    @abstractmethod
    def plain(self) -> Nested:
        """Returns it without its framework's side, so that equal ones are equal wherever they were made."""


@cache
def arguments(formula: type[Nested]) -> tuple[Argument, ...]:
    """Returns the arguments of ``formula``, in the order of its constructor, as its fields' types tell them.

    Raises:
        TypeError: If it is not a dataclass, or a field's type says nothing of what may be written for it.
    """
    if not hasattr(formula, "__dataclass_fields__"):
        raise TypeError(f"{formula.__name__} is not a dataclass: decorate it with @dataclass(frozen=True)")
    hints = get_type_hints(formula, include_extras=True)
    found = []
    for field in fields(formula):  # type: ignore[arg-type]  # a dataclass, as was just asked
        if not field.init:
            continue
        hint, extras, is_nullable = _unwrapped(hints[field.name])
        kind = _kind(hint)
        if kind is None:
            raise TypeError(f"{formula.__name__}.{field.name}: no argument can be of type {hints[field.name]}")
        default = field.default if field.default is not MISSING else None
        if field.default_factory is not MISSING:
            default = field.default_factory()
        found.append(
            Argument(
                field.name,
                kind,
                choices=get_args(hint) if kind == "word" else (),
                is_required=field.default is MISSING and field.default_factory is MISSING,
                default=default,
                aliases=tuple(word for extra in extras if isinstance(extra, Alias) for word in extra),
                range=next((extra for extra in extras if isinstance(extra, Range)), _range(kind)),
                is_nullable=is_nullable,
                ambiguous=next((str(extra) for extra in extras if isinstance(extra, Ambiguous)), ""),
            )
        )
    return tuple(found)


def _unwrapped(hint: object) -> tuple[object, tuple[object, ...], bool]:
    """Returns the bare type, what ``Annotated`` says of it, and whether None is allowed."""
    extras: tuple[object, ...] = ()
    is_nullable = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            extras += tuple(more)
        elif get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
            rest = [member for member in get_args(hint) if member is not NoneType]
            if len(rest) != 1:
                return hint, extras, True
            hint, is_nullable = rest[0], True
        else:
            return hint, extras, is_nullable


def _kind(hint: object) -> Kind | None:
    if get_origin(hint) in (Union, UnionType) and set(get_args(hint)) == {int, float}:
        return "number"
    if get_origin(hint) in (Union, UnionType) and set(get_args(hint)) == {float, tuple[float, ...]}:
        return "number or numbers"
    bare: dict[object, Kind] = {bool: "flag", int: "integer", float: "number", str: "text"}
    if hint in bare:
        return bare[hint]
    if get_origin(hint) is Literal:
        return "word"
    if isinstance(hint, type) and get_origin(hint) is None and issubclass(hint, Nested):
        return "formula"
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        item = _unwrapped(get_args(hint)[0])[0]
        if get_origin(item) is tuple and get_args(item)[:1] == (float,) and _kind(get_args(item)[1]) == "formula":
            return "mixture parts"
        lists: dict[Kind | None, Kind] = {"integer": "integers", "number": "numbers", "formula": "formulas"}
        return lists.get(_kind(item))
    return None


def _range(kind: Kind) -> Range | None:
    return FINITE if kind in ("number", "integer", "numbers", "number or numbers", "integers") else None


def checked(argument: Argument, value: object) -> object:
    """Returns ``value`` in the argument's canonical form: floats, tuples, plain initializers.

    Raises:
        ValueError: If it is out of range, or none of the words that the type allows.
        TypeError: If it is of another kind.
    """
    match argument.kind:
        case "number":
            return _number(argument, value)
        case "number or numbers" if isinstance(value, Real):
            return _number(argument, value)
        case "integer":
            return _integer(argument, value)
        case "numbers" | "number or numbers":
            return tuple(_number(argument, item) for item in _items(argument, value))
        case "integers":
            return tuple(_integer(argument, item) for item in _items(argument, value))
        case "word":
            if value not in argument.choices:
                words = ", ".join(repr(choice) for choice in argument.choices)
                raise ValueError(f"{argument.name} is {value!r}: must be one of {words}")
            return value
        case "flag":
            return _instance(argument, value, bool, "True or False")
        case "text":
            return _instance(argument, value, str, "text")
        case "formula":
            return _formula(argument, value)
        case "formulas":
            return tuple(_formula(argument, item) for item in _items(argument, value))
        case "mixture parts":
            return tuple(_part(argument, item) for item in _items(argument, value))


def _number(argument: Argument, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{argument.name} is {value!r}: must be a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(f"{argument.name} is beyond every number: must be {argument.range}") from error
    if argument.range is not None and number not in argument.range:
        raise ValueError(f"{argument.name} is {number!r}: must be {argument.range}")
    # A whole number that no float holds stays what it is, for parameters of whole numbers.
    return int(value) if isinstance(value, Integral) and number != value else number


def _integer(argument: Argument, value: object) -> int:
    number = _number(argument, value)
    if not (isinstance(value, Integral) or number.is_integer()):
        raise ValueError(f"{argument.name} is {value!r}: must be a whole number")
    return int(number)


def _items(argument: Argument, value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{argument.name} is {value!r}: must be a list")
    return value


def _instance(argument: Argument, value: object, of: type[object], phrase: str) -> object:
    if not isinstance(value, of):
        raise TypeError(f"{argument.name} is {value!r}: must be {phrase}")
    return value


def _formula(argument: Argument, value: object) -> Nested:
    if not isinstance(value, Nested):
        raise TypeError(f"{argument.name} is {value!r}: must be an initializer")
    return value.plain()


def _part(argument: Argument, value: object) -> tuple[float, Nested]:
    match value:
        case [weight, Nested() as formula]:
            return _number(argument, weight), _formula(argument, formula)
        case _:
            raise TypeError(f"{argument.name} holds {value!r}: must be pairs of a weight and an initializer")
