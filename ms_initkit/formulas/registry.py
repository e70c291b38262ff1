"""Every initializer by every name it answers to: the shipped ones and a user's own.

Names are compared without case, underscores and hyphens, so ``XavierNormal``, ``xavier_normal`` and torch's
``xavier_normal_`` are one. Importing this module imports neither NumPy nor MindSpore.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ms_initkit.draws.custom import drawers
from ms_initkit.formulas import catalogue
from ms_initkit.formulas.base import Argument, Formula, arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


__all__ = [
    "Argument",
    "aliases",
    "arguments",
    "build",
    "find",
    "known",
    "name_of",
    "names",
    "plain",
    "register",
    "unregister",
]


_by_key: Final[dict[str, type[Formula]]] = {}
_names: Final[dict[type[Formula], str]] = {}
_aliases: Final[dict[str, tuple[str, ...]]] = {}


def find(name: str) -> type[Formula] | None:
    """Returns the formula that answers to ``name`` in any spelling, or None."""
    return _by_key.get(_key(name))


def known(name: str) -> type[Formula]:
    """Returns the formula that answers to ``name``.

    Raises:
        ValueError: If none does.
    """
    formula = find(name)
    if formula is None:
        raise ValueError(f"no initializer is called {name!r}: if it is your own, import the module that registers it")
    return formula


def build(name: str, values: Mapping[str, object]) -> Formula:
    """Returns the formula ``name`` with these arguments, each under its own name or an alias.

    Raises:
        ValueError: If there is no such initializer or argument, or an argument is given twice or refused.
        TypeError: If a required argument is missing or one is of the wrong kind.
    """
    formula = known(name)
    own = {word: found.name for found in arguments(formula) for word in (found.name, *found.aliases)}
    given: dict[str, object] = {}
    for word, value in values.items():
        if word not in own:
            raise ValueError(f"{name} has no argument {word!r}: it has {', '.join(own) or 'none'}")
        if own[word] in given:
            raise ValueError(f"{name}: {word!r} is another name of {own[word]!r}, which is given too")
        given[own[word]] = value
    made: Formula = formula(**given)
    return made


def names() -> tuple[str, ...]:
    """Returns the canonical names, sorted."""
    return tuple(sorted(_aliases))


def aliases() -> dict[str, tuple[str, ...]]:
    """Returns the other names of each canonical name; spellings of one name are not repeated."""
    return {name: _aliases[name] for name in names()}


def name_of(formula: type[Formula]) -> str:
    """Returns the canonical name of a formula, or of the one that a framework's class is derived from.

    Raises:
        ValueError: If it is not registered.
    """
    for ancestor in formula.__mro__:
        if ancestor in _names:
            return _names[ancestor]
    raise ValueError(f"{formula.__name__} is not registered: decorate it with @register_initializer(name)")


def plain(formula: Formula) -> Formula:
    """Returns the registered formula that a framework's class is derived from, with the same arguments."""
    for ancestor in type(formula).__mro__:
        if ancestor is type(formula) and ancestor in _names:
            return formula
        if ancestor in _names:
            values = {argument.name: getattr(formula, argument.name) for argument in arguments(ancestor)}
            plain_one: Formula = ancestor(**values)
            return plain_one
    return formula


def register(name: str, formula: type[Formula], other_names: Iterable[str] = ()) -> None:
    """Makes ``formula`` known as ``name``, written in snake case, and as each of ``other_names``.

    Raises:
        ValueError: If a name is no name, or answers to another formula already.
        TypeError: If the class is not a dataclass with fields that recipes can write.
    """
    canonical = snake_case(name)
    others = tuple(other_names)
    keys = list(dict.fromkeys(_key(word) for word in (canonical, *others)))
    for word in (canonical, *others):
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", word):
            raise ValueError(f"{word!r} cannot be a name: letters, digits and underscores, a letter first")
        holder = find(word)
        if holder is not None:
            raise ValueError(f"the name {word!r} is taken by {name_of(holder)!r} ({holder.__module__})")
    if formula in _names:
        raise ValueError(f"{formula.__name__} is registered as {_names[formula]!r} already")
    for key in keys:
        _by_key[key] = formula
    _names[formula] = canonical
    _aliases[canonical] = others


def unregister(name: str) -> None:
    """Forgets a formula with all its names, as a test does with its own.

    Raises:
        ValueError: If none answers to ``name``.
    """
    formula = known(name)
    for key in [key for key, value in _by_key.items() if value is formula]:
        del _by_key[key]
    canonical = _names.pop(formula)
    del _aliases[canonical]
    drawers.pop(canonical, None)


def snake_case(name: str) -> str:
    """Returns ``XavierNormal`` as ``xavier_normal``; a name that is snake case already stays."""
    if "_" in name or "-" in name or name.islower():
        return name.replace("-", "_").strip("_").lower()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _key(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


for _formula, _other_names in catalogue.FORMULAS:
    register(_formula.__name__, _formula, _other_names)
