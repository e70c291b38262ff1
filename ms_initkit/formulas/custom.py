"""A user's own initializers, made into formulas: a class or a function, drawn whole."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import field, make_dataclass
from typing import Any, Final, Protocol, TypeVar, get_args, get_type_hints
from weakref import WeakKeyDictionary

from ms_initkit import draws
from ms_initkit.basis.records import open_record
from ms_initkit.draws.custom import Drawer, Values, drawers
from ms_initkit.formulas.base import Formula, Site, name_of, register, snake_case
from ms_initkit.formulas.kinds import arguments


class _Fills(Protocol):
    """What is needed of MindSpore's ``Initializer``, told by its method rather than its class."""

    def _initialize(self, arr: object) -> None: ...


@open_record
class _Own(Formula):
    """Draws what the code registered under its name returns."""

    has_structure = True

    def resolve(self, site: Site) -> draws.Draw:
        del site
        name = name_of(type(self))
        values = ((argument.name, getattr(self, argument.name)) for argument in arguments(type(self)))
        return draws.Custom(name, tuple((word, value) for word, value in values if value is not None))


@open_record
class _Derived(Formula):
    """Draws what the formula returned by the registered function draws."""

    has_structure = True

    def resolve(self, site: Site) -> draws.Draw:
        function: Callable[..., object] = type(self).function  # type: ignore[attr-defined]  # set by formula_of
        values = {argument.name: getattr(self, argument.name) for argument in arguments(type(self))}
        for name in inspect.signature(function).parameters.keys() & {"shape", "fans"}:
            values[name] = getattr(site, name)
        result = function(**values)
        if isinstance(result, Formula):
            return result.resolve(site)
        if isinstance(result, get_args(draws.Draw)):
            return result  # type: ignore[no-any-return]  # a member of the union, as was just asked
        raise TypeError(
            f"{function.__name__} returned {type(result).__name__}: must be an initializer or a draw; "
            "a function that returns an array takes `rng`"
        )


def formula_of(name: str, target: object) -> tuple[type[Formula], Drawer | None]:
    """Returns the formula that stands for ``target`` under ``name``, and what draws it where it is not data.

    Raises:
        TypeError: If it is neither a class nor a function of the kinds that ``register_initializer`` takes.
    """
    if isinstance(target, type) and issubclass(target, Formula):
        arguments(target)  # a class whose fields cannot be written in a recipe is refused here
        return target, None
    if isinstance(target, type) and callable(getattr(target, "_initialize", None)):
        return _subclass(name, target, _Own, skip=()), _class_drawer(target)
    if inspect.isfunction(target):
        parameters = inspect.signature(target).parameters
        if "rng" in parameters:
            return _subclass(name, target, _Own, skip=("shape", "rng")), _function_drawer(target)
        formula = _subclass(name, target, _Derived, skip=("shape", "fans"))
        formula.function = staticmethod(target)  # type: ignore[attr-defined]  # read by _Derived.resolve
        return formula, None
    raise TypeError(
        f"{target!r} cannot be registered: must be a Formula, a class with `_initialize(arr)`, a function "
        "`f(shape, rng, ...)` that returns an array, or a function that returns an initializer"
    )


def _class_drawer(target: Callable[..., _Fills]) -> Drawer:
    def drawer(shape: tuple[int, ...], key: int, values: Values) -> object:
        import numpy as np

        array = np.zeros(shape, np.float32)
        # MindSpore's samplers take their seeds from NumPy's global generator: that has to be held still.
        state = np.random.get_state()  # noqa: NPY002
        np.random.seed([key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF])  # noqa: NPY002
        try:
            target(**values)._initialize(array)
        finally:
            np.random.set_state(state)  # noqa: NPY002
        return array

    return drawer


def _function_drawer(target: Callable[..., object]) -> Drawer:
    takes_shape = "shape" in inspect.signature(target).parameters

    def drawer(shape: tuple[int, ...], key: int, values: Values) -> object:
        import numpy as np

        rng = np.random.Generator(np.random.Philox(key=key))
        return target(shape=shape, rng=rng, **values) if takes_shape else target(rng=rng, **values)

    return drawer


def _subclass(name: str, target: Callable[..., object], base: type[Formula], skip: tuple[str, ...]) -> type[Formula]:
    """Returns a subclass of ``base`` whose fields are the parameters of ``target``."""
    constructor = getattr(target, "__init__") if isinstance(target, type) else target  # noqa: B009 (mypy: unsound)
    try:
        hints = get_type_hints(constructor, include_extras=True)
    except NameError:  # types that exist for the type checker only
        hints = {}
    columns: list[Any] = []
    for parameter in inspect.signature(target).parameters.values():
        if parameter.name in skip or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        hint = hints.get(parameter.name, _hint(parameter.default))
        if parameter.default is parameter.empty:
            columns.append((parameter.name, hint))
        else:
            columns.append((parameter.name, hint, field(default=parameter.default)))
    made = make_dataclass(name, columns, bases=(base,), frozen=True, kw_only=True)
    made.__doc__ = inspect.getdoc(target) or base.__doc__
    made.__module__ = target.__module__
    arguments(made)
    return made


def _hint(default: object) -> object:
    """Returns the type that a default speaks for; without one, a number."""
    match default:
        case bool() | str():
            return type(default)
        case [*items] if items and all(isinstance(item, int | float) for item in items):
            return tuple[float, ...]
        case None:
            return float | None
        case _:
            return float


_T = TypeVar("_T")
# Where each was defined: the same place means the same initializer, perhaps edited.
_places: Final[WeakKeyDictionary[type[Formula], str | None]] = WeakKeyDictionary()


def _place(target: object) -> str | None:
    """Returns module and name in it; None of a lambda, which has no name of its own."""
    name = getattr(target, "__qualname__", "<lambda>")
    return None if name.endswith("<lambda>") else f"{getattr(target, '__module__', '')}.{name}"


def register_initializer(name: str, *other_names: str) -> Callable[[_T], _T]:
    """Makes a user's own initializer known to recipes by ``name`` and ``other_names``; returns it unchanged.

    Four things can be decorated:

    - a subclass of ``Formula``: its ``resolve`` says what is drawn, slice by slice like the shipped ones;
    - a subclass of MindSpore's ``Initializer``: its ``_initialize(arr)`` fills the whole tensor. NumPy's
      global generator is seeded for the call and put back, so that the values follow from seed and parameter
      name alone;
    - a function ``f(shape, rng, **arguments)`` that returns an array; ``rng`` is a
      ``numpy.random.Generator``;
    - a function of its arguments (and of ``shape`` or ``fans``, if it has such parameters) that returns an
      initializer or a draw.

    Types and defaults of the parameters say what may be written in a recipe; without either, a number. Defined once
    more (a cell of a notebook run again, a module reloaded), it takes the place of what it was.

    Raises:
        ValueError: If a name is taken by something else.
        TypeError: If it is none of these, or stands among the names.
    """
    names: tuple[object, ...] = (name, *other_names)
    for other in names:
        if not isinstance(other, str):
            first = repr(names[0]) if isinstance(names[0], str) else "NAME"
            called = getattr(other, "__name__", repr(other))
            raise TypeError(
                f"names are text: write @register_initializer({first}) above {called}, or call what it returns"
            )

    def decorate(target: _T) -> _T:
        canonical = snake_case(name)
        formula, drawer = formula_of(canonical, target)
        place = _place(target)

        def is_same(other: type[Formula]) -> bool:
            return place is not None and place == _places.get(other)

        register(canonical, formula, other_names, may_replace=is_same)
        _places[formula] = place
        if drawer is not None:
            drawers[canonical] = drawer
        return target

    return decorate
