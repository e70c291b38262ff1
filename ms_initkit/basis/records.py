"""Records: frozen classes of fields with slots, made in a quarter of the time that ``dataclass`` takes.

A recipe is checked in a fresh process, which makes more than a hundred of them: by ``dataclass(frozen=True)``, which
compiles six methods for each, that was half of what importing cost. Here the constructor alone is compiled; the others
are the same functions for all, no slower when called. Whatever ``dataclasses`` offers takes a record for a data class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, is_dataclass
from operator import attrgetter
from typing import Any, Final, TypeVar, dataclass_transform

_T = TypeVar("_T")
_LEFT_OUT: Final = object()  # in the place of an argument whose default is made anew for each record


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[_T]) -> type[_T]:
    """Makes a class a frozen data class with slots: constructor, ``==``, ``hash`` and ``repr`` are of its fields."""
    made = _completed(dataclass(init=False, repr=False, eq=False, slots=True, frozen=_is_derived(kind))(kind))
    _add(made, {"__getstate__": _state, "__setstate__": _restore})
    return made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def open_record(kind: type[_T]) -> type[_T]:
    """Makes a class a record without slots: it may be derived from beside others, or keep what it computed once."""
    return _completed(dataclass(init=False, repr=False, eq=False, frozen=_is_derived(kind))(kind))


def _is_derived(kind: type) -> bool:
    """Returns whether a base is a record: then ``dataclass`` has to be told that this one is frozen, too."""
    return any(is_dataclass(base) for base in kind.__bases__)


def _completed(kind: type[_T]) -> type[_T]:
    """Adds what a frozen data class has, but for what the class says itself."""
    columns = fields(kind)  # type: ignore[arg-type]  # a data class, as its caller has just made it
    compared = [column.name for column in columns if column.compare]
    _add(kind, {"__init__": _constructor(kind, columns), "__repr__": _text})
    _add(kind, _comparison(compared))
    for name, method in _refusals(kind, frozenset(column.name for column in columns)).items():
        setattr(kind, name, method)
    # A frozen data class may be derived from frozen ones only, and so it may from this.
    kind.__dataclass_params__.frozen = True  # type: ignore[attr-defined]
    return kind


def _add(kind: type, methods: dict[str, Callable[..., Any]]) -> None:
    for name, method in methods.items():
        # A class that has its own `==` has None for its hash, unless it says otherwise.
        if kind.__dict__.get(name) is None:
            setattr(kind, name, method)


def _constructor(kind: type, columns: tuple[Field[Any], ...]) -> Callable[..., None]:
    """Returns ``__init__``, compiled from its source, so that it takes and refuses arguments as any function does."""
    names: dict[str, Any] = {"set_": object.__setattr__, "LEFT_OUT": _LEFT_OUT}
    parameters, named, body = ["self"], list[str](), list[str]()
    for column in columns:
        name, value = column.name, column.name
        if column.default is not MISSING:
            names[f"default_{name}"] = column.default
            default, fallback = f"=default_{name}", f"default_{name}"
        elif column.default_factory is not MISSING:
            names[f"make_{name}"] = column.default_factory
            default, fallback = "=LEFT_OUT", f"make_{name}()"
            value = f"{fallback} if {name} is LEFT_OUT else {name}"
        else:
            default, fallback = "", ""
        if column.init:
            (named if column.kw_only else parameters).append(name + default)
            body.append(f"set_(self, {name!r}, {value})")
        elif fallback:
            body.append(f"set_(self, {name!r}, {fallback})")
    if hasattr(kind, "__post_init__"):
        body.append("self.__post_init__()")
    head = ", ".join(parameters + ["*"] * bool(named) + named)
    exec(f"def __init__({head}):\n " + "\n ".join(body or ["pass"]), names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    made.__module__ = kind.__module__
    made.__annotations__ = {column.name: column.type for column in columns if column.init} | {"return": None}
    return made


def _comparison(names: list[str]) -> dict[str, Callable[..., Any]]:
    """Returns ``==`` and ``hash`` by the values of ``names``."""
    # Of one name a getter returns the bare value: asked twice, a tuple, which takes the same nan for equal.
    values = attrgetter(*names, *names[: len(names) == 1]) if names else lambda _: ()

    def equals(self: object, other: object) -> Any:  # noqa: ANN401 (a bool, or NotImplemented)
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return {"__eq__": equals, "__hash__": lambda self: hash(values(self))}


def _refusals(kind: type, names: frozenset[str]) -> dict[str, Callable[..., Any]]:
    """Returns what keeps ``names`` as they are, and on a class derived from ``kind`` nothing else."""

    def set_(self: object, name: str, value: object) -> None:
        if type(self) is kind or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(kind, self).__setattr__(name, value)  # type: ignore[arg-type]  # mypy takes self for no instance

    def delete(self: object, name: str) -> None:
        if type(self) is kind or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(kind, self).__delattr__(name)  # type: ignore[arg-type]

    return {"__setattr__": set_, "__delattr__": delete}


def _text(self: Any) -> str:  # noqa: ANN401 (a record of any class)
    shown = (f"{column.name}={getattr(self, column.name)!r}" for column in fields(self) if column.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _state(self: Any) -> list[object]:  # noqa: ANN401
    return [getattr(self, column.name) for column in fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401
    for column, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, column.name, value)
