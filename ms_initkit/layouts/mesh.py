"""The mesh of a layout: its axes, what expressions know of a place in it, and on which axes they depend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, NamedTuple, Protocol, TypeAlias

from ms_initkit.language.variables import Variable
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import Value

SIZE: Final = "_size"
RANK: Final = "_rank"
WORLD: Final = ("rank", "world_size")

Coordinates: TypeAlias = tuple[int, ...]  # the rank along each axis
Axes: TypeAlias = tuple[int, ...]  # numbers of mesh axes


class Uses(NamedTuple):
    """What expressions depend on: mesh axes, and names that the mesh does not know, such as captures."""

    axes: Axes
    captures: frozenset[str]


class Counting(Protocol):
    """What has expressions: a rule, or a naming."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it counts on."""


@dataclass
class Mesh:
    """Axes with their sizes, and the variables that are told from a place among them.

    Args:
        sizes: The axes' names and sizes, the last the fastest.
        variables: In the order in which they are evaluated.
    """

    sizes: tuple[tuple[str, int], ...]
    variables: tuple[Variable, ...]
    _axes: dict[str, frozenset[int]] = field(default_factory=dict)
    _uses: dict[int, Uses] = field(default_factory=dict)  # by identity: rules and namings live as long as their layout
    _environments: dict[Coordinates, dict[str, Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds for every name the mesh axes on which it depends."""
        everything = frozenset(range(len(self.sizes)))
        self._axes = {"rank": everything, "world_size": frozenset()}
        for number, (axis, _) in enumerate(self.sizes):
            self._axes |= {axis + RANK: frozenset({number}), axis + SIZE: frozenset()}
        for variable in self.variables:
            used = variable.value.names if isinstance(variable.value, Expression) else frozenset()
            self._axes[variable.name] = frozenset(axis for name in used for axis in self._axes.get(name, ()))

    def uses_of(self, counted: Counting) -> Uses:
        """Returns what the expressions of a rule or a naming of this layout depend on together."""
        known = self._uses.get(id(counted))
        if known is None:
            names = {name for expression in counted.expressions for name in expression.names}
            axes = {axis for name in names for axis in self._axes.get(name, ())}
            known = self._uses[id(counted)] = Uses(tuple(sorted(axes)), frozenset(names - self._axes.keys()))
        return known

    def values_at(self, coordinates: Coordinates) -> dict[str, Value]:
        """Returns all that is known at one place: ranks, sizes and variables.

        Raises:
            ValueError: If an expression has no value.
        """
        known = self._environments.get(coordinates)
        if known is None:
            known = self._environments[coordinates] = self._evaluated(coordinates)
        return known

    def shared_values(self, coordinates: Coordinates) -> dict[str, Value]:
        """Returns the variables that are the same on every rank."""
        values = self.values_at(coordinates)
        return {variable.name: values[variable.name] for variable in self.variables if not self._axes[variable.name]}

    def places_along(self, axes: Axes) -> Iterator[Coordinates]:
        """Yields every place along ``axes``, at 0 along the others."""
        ranks = [range(size) if number in axes else (0,) for number, (_, size) in enumerate(self.sizes)]
        return product(*ranks)

    def _evaluated(self, coordinates: Coordinates) -> dict[str, Value]:
        rank, world_size = 0, 1
        values: dict[str, Value] = {}
        for (axis, size), at in zip(self.sizes, coordinates, strict=True):
            rank, world_size = rank * size + at, world_size * size
            values |= {axis + SIZE: size, axis + RANK: at}
        values |= {"rank": rank, "world_size": world_size}
        for variable in self.variables:
            values[variable.name] = _value(variable, values)
        return values


def ranks_along(axes: Sequence[str]) -> tuple[Expression, Expression]:
    """Returns how many ranks several mesh axes have together, and which of them this one is, row by row."""
    parts = " * ".join(axis + SIZE for axis in axes)
    index = axes[0] + RANK
    for axis in axes[1:]:
        index = f"({index}) * {axis}{SIZE} + {axis}{RANK}"
    return Expression(parts), Expression(index)


def along(axes: Axes, coordinates: Coordinates) -> Coordinates:
    """Returns the ranks along ``axes`` alone."""
    return tuple(coordinates[axis] for axis in axes)


def _value(variable: Variable, values: Mapping[str, Value]) -> Value:
    match variable.value:
        case Expression() as expression:
            try:
                return expression.evaluate(values)
            except ValueError as error:
                raise ValueError(f"variable {variable.name!r} has no value: {error}") from error
        case bool() | str() as value:
            return value
        case _:
            raise TypeError(f"the variable {variable.name!r} of a layout is a number or an expression")
