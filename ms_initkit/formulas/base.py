"""What every initializer is before it meets a framework: a named formula with checked arguments.

Names are compared without case, underscores and hyphens, so ``XavierNormal``, ``xavier_normal`` and torch's
``xavier_normal_`` are one. Nothing here imports NumPy or MindSpore.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar, Final, Self, TypeVar, dataclass_transform

from ms_initkit.basis.records import open_record, record
from ms_initkit.draws import Draw
from ms_initkit.draws.custom import drawers
from ms_initkit.formulas.fans import Fans, NoFansError
from ms_initkit.formulas.kinds import Kind, Nested, arguments, checked


@record
class Site:
    """The tensor that a formula is to fill, as far as it may know it.

    Args:
        shape: Shape of the tensor, or of the block that is drawn on its own.
        fans: Its fans; for a bias those of its cell's weight; None where neither has any.
    """

    shape: tuple[int, ...]
    fans: Fans | None = None

    def known_fans(self) -> Fans:
        """Returns the fans.

        Raises:
            NoFansError: If there are none.
        """
        if self.fans is None:
            raise NoFansError(
                f"a tensor of shape {self.shape} has no fans: give them by `fans:`, or choose an initializer "
                "that needs none"
            )
        return self.fans


class UnknownSiteError(ValueError):
    """What is drawn depends on a tensor, and none is at hand."""


class UnknownSite(Site):
    """A tensor of which nothing is known: what resolves here is the same wherever it is drawn."""

    __slots__ = ()

    def __init__(self) -> None:
        """Holds nothing."""

    def __getattribute__(self, name: str) -> object:
        """Raises ``UnknownSiteError``, whatever is asked."""
        raise UnknownSiteError(name)


class Formula(Nested):
    """A rule for the values of a tensor; its fields are its arguments, checked when it is made.

    A concrete formula is a frozen dataclass; its docstring states the density, the moments and the source.
    The types of its fields say what is allowed: ``Literal`` for words, ``Annotated[float, Range(...)]`` for
    numbers.

    Attributes:
        has_structure: Whether its values hang together across axes, as the rows and columns of an orthogonal matrix do:
            in a stack every member then has the structure, and ``resolve`` is told the shape of one member.
    """

    has_structure: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Checks every argument against its type, and makes its value canonical: floats, tuples.

        Raises:
            ValueError: If an argument is out of range, or not one of the words its type allows.
            TypeError: If an argument is of another kind.
        """
        for argument in arguments(type(self)):
            value = getattr(self, argument.name)
            if value is None and argument.is_nullable:
                continue
            # Frozen for everybody else: the value is replaced by an equal one of the declared type.
            object.__setattr__(self, argument.name, checked(argument, value))
        self.check()

    def check(self) -> None:
        """Checks the arguments against each other, after each was checked on its own.

        Raises:
            ValueError: If they contradict each other.
        """

    @abstractmethod
    def resolve(self, site: Site) -> Draw:
        """Returns what is to be drawn at ``site``, every number known.

        Raises:
            ValueError: If the formula cannot serve this shape or these fans.
        """

    def plain(self) -> Formula:
        """Returns the registered formula that a framework's class is derived from, with the same arguments."""
        for ancestor in type(self).__mro__:
            if ancestor in _names or ancestor in _former:
                if ancestor is type(self):
                    return self
                values = {argument.name: getattr(self, argument.name) for argument in arguments(ancestor)}
                made: Formula = ancestor(**values)
                return made
        return self

    def get_config(self) -> dict[str, object]:
        """Returns the arguments as plain values; ``from_config`` makes an equal formula of them.

        A formula among them is written as in a recipe: ``{"xavier_normal": {"gain": 1.0}}``.
        """
        return {argument.name: _to_config(getattr(self, argument.name)) for argument in arguments(type(self))}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """Returns the formula with these arguments."""
        kinds = {argument.name: argument.kind for argument in arguments(cls)}
        values: dict[str, Any] = {name: _from_config(kinds.get(name), value) for name, value in config.items()}
        return cls(**values)


_by_key: Final[dict[str, type[Formula]]] = {}
_names: Final[dict[type[Formula], str]] = {}
_aliases: Final[dict[str, tuple[str, ...]]] = {}
# What was defined anew since: instances that were made before are still called so.
_former: Final[dict[type[Formula], str]] = {}


_T = TypeVar("_T", bound=Formula)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def initializer(*other_names: str) -> Callable[[type[_T]], type[_T]]:
    """Makes a class an initializer: an open record, known by its name in snake case and by ``other_names``."""

    def decorate(formula: type[_T]) -> type[_T]:
        made = open_record(formula)
        register(made.__name__, made, other_names)
        return made

    return decorate


def find(name: str) -> type[Formula] | None:
    """Returns the formula that answers to ``name`` in any spelling, or None."""
    key = _key(name)
    # mmengine's and Keras's classes are called XavierInitializer, TruncatedNormalInitializer and so on.
    return _by_key.get(key) or _by_key.get(key.removesuffix("initializer"))


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


def registered() -> tuple[type[Formula], ...]:
    """Returns every formula that is known, in the order in which they became so."""
    return tuple(_names)


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
        name = _names.get(ancestor) or _former.get(ancestor)
        if name is not None:
            return name
    raise ValueError(f"{formula.__name__} is not registered: decorate it with @register_initializer(name)")


def register(
    name: str,
    formula: type[Formula],
    other_names: Iterable[str] = (),
    *,
    may_replace: Callable[[type[Formula]], bool] = lambda _: False,
) -> None:
    """Makes ``formula`` known as ``name``, written in snake case, and as each of ``other_names``.

    Args:
        name: The canonical name.
        formula: What is known by it.
        other_names: What it answers to as well.
        may_replace: Says of a formula that has one of the names whether it is forgotten rather than in the way.

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
    holders = {word: holder for word in (canonical, *others) if (holder := find(word)) is not None}
    for word, holder in holders.items():
        if not may_replace(holder):
            raise ValueError(f"the name {word!r} is taken by {name_of(holder)!r} ({holder.__module__}): choose another")
    if formula in _names and formula not in holders.values():
        raise ValueError(f"{formula.__name__} is registered as {_names[formula]!r} already")
    for holder in set(holders.values()):
        _former[holder] = name_of(holder)
        unregister(name_of(holder))
    _former.pop(formula, None)
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


def _to_config(value: object) -> object:
    match value:
        case Formula():
            return {name_of(type(value)): value.get_config()}
        case tuple():
            return [_to_config(item) for item in value]
        case _:
            return value


def _from_config(kind: Kind | None, value: object) -> object:
    match value:
        case Mapping() if kind == "formula":
            ((name, config),) = value.items()
            return known(name).from_config(config)
        case [*items] if kind == "formulas":
            return tuple(_from_config("formula", item) for item in items)
        case [*items] if kind == "mixture parts":
            return tuple(_part_from_config(item) for item in items)
        case _:
            return value


def _part_from_config(item: object) -> tuple[object, object]:
    match item:
        case [weight, formula]:
            return weight, _from_config("formula", formula)
        case _:
            raise TypeError(f"{item!r} is no pair of a weight and an initializer")
