"""A layout as data: which slice of which global parameter a local one is, by ordered rules.

For parameters that are local from birth: column and row parallel layers, experts per rank, pipeline stages whose layer
indices restart. Made by ``layout_loading`` from YAML or by the functions here, read by ``placing``.
"""

from __future__ import annotations

import linecache
import re
import sys
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ms_initkit.language.recipe import Selector, Variable
from ms_initkit.syntax.expressions import RESERVED, Expression
from ms_initkit.syntax.globs import Glob
from ms_initkit.syntax.source import Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.plans.variables import VariableValue

Default: TypeAlias = Literal["whole", "error"]

SIZE: Final = "_size"
RANK: Final = "_rank"
WORLD: Final = ("rank", "world_size")


@dataclass(frozen=True, slots=True)
class Split:
    """Even parts along ``axis``, of which the local tensor is number ``index``.

    Args:
        axis: The axis that is cut; of several cuts along one axis each cuts what the one before it left.
        parts: How many parts there are.
        index: Which one this is, from 0.
        blocks: The ratio of the consecutive blocks that are cut each on its own, such as q, k and v, or how many equal
            ones there are; None is one block.
        copies: How many neighbouring ranks hold the same part: one number, or one for each block.
        over: The mesh axes that ``parts`` and ``index`` count, where that is all they do.
        span: Where it stands.
    """

    axis: int
    parts: Expression
    index: Expression
    blocks: Expression | tuple[Expression, ...] | None
    copies: tuple[Expression, ...]
    over: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """The elements ``start`` to ``stop`` of an axis of length ``extent``; ``copies`` ranks hold each of them."""

    axis: int
    start: Expression
    stop: Expression
    extent: Expression
    copies: Expression
    span: Span


Cut: TypeAlias = Split | Stretch


@dataclass(frozen=True, slots=True)
class Template:
    """A whole global name: texts and, in braces, expressions."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Indices:
    """The local name with other indices in the places of its captures."""

    values: tuple[tuple[str, Expression], ...]


Naming: TypeAlias = Template | Indices


@dataclass(frozen=True, slots=True)
class NameRule:
    """Gives names that ``match`` selects their global form; ``id`` is its number or what the file says."""

    id: str
    match: Selector
    naming: Naming
    is_optional: bool
    when: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """Cuts what ``match`` selects out of its global tensor.

    Args:
        id: Unique in its layout.
        match: Which local parameters it is for.
        cuts: In order; none means that every rank holds the whole.
        shape: The global shape, None for what follows from the cuts.
        naming: The global name, in place of what the layout's ``names`` say.
        is_optional: Whether it may select nothing.
        when: A condition on mesh and variables; where it is false the rule does not exist.
        span: Where it stands.
    """

    id: str
    match: Selector
    cuts: tuple[Cut, ...]
    shape: tuple[Expression | None, ...] | None
    naming: Naming | None
    is_optional: bool
    when: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class Layout:
    """Ordered rules with the mesh they count on.

    Args:
        name: The layout's name.
        path: The file it was read from; ``python`` where there is none.
        mesh: Axes with their sizes; ranks count row by row: the last axis is the fastest, as in MindSpore's `Layout`.
        variables: In the order in which they are evaluated; they may use ``rank``, ``world_size`` and, of an axis
            ``tp``, ``tp_rank`` and ``tp_size``.
        names: From local names to global ones; a name that none of them selects is global already.
        rules: In the order in which they are tried.
        default: Whether parameters that no rule selects are whole on every rank, or an error.
        model: The parameters of the whole model, if they are known: then a rank's plan is checked against all of it.
    """

    name: str
    path: str
    mesh: tuple[tuple[str, int], ...]
    variables: tuple[Variable, ...]
    names: tuple[NameRule, ...]
    rules: tuple[PlaceRule, ...]
    default: Default = "error"
    model: tuple[ParamInfo, ...] | None = None

    @property
    def world_size(self) -> int:
        """Number of ranks."""
        return prod(size for _, size in self.mesh)

    def at(self, rank: int | None = None, **ranks: int) -> Position:
        """Returns the place of one rank in the mesh: ``layout.at(37)``, or ``layout.at(tp_rank=1, pp_rank=2)``.

        Args:
            rank: The global rank.
            ranks: The rank along each axis, by ``<axis>_rank``; axes left out are at 0.

        Raises:
            ValueError: If the mesh has no such axis or rank, or both ways are taken at once.
        """
        if rank is not None and ranks:
            raise ValueError("a place in the mesh is given by its rank or by the ranks along the axes, not by both")
        if rank is None:
            return Position(self, self._coordinates(ranks))
        if not 0 <= rank < self.world_size:
            raise ValueError(f"rank {rank} is not in a mesh of {self.world_size} ({self.mesh_text()})")
        coordinates = []
        for _, size in reversed(self.mesh):
            coordinates.append(rank % size)
            rank //= size
        return Position(self, tuple(reversed(coordinates)))

    def _coordinates(self, ranks: Mapping[str, int]) -> tuple[int, ...]:
        known = {axis + RANK: size for axis, size in self.mesh}
        for name, value in ranks.items():
            if name not in known:
                raise ValueError(f"the mesh has no {name!r}; it has {', '.join(known)}")
            if not 0 <= value < known[name]:
                raise ValueError(f"{name} is 0 to {known[name] - 1}, not {value}")
        return tuple(ranks.get(name, 0) for name in known)

    def resized(self, **sizes: int) -> Layout:
        """Returns the layout on a mesh with other sizes.

        Raises:
            ValueError: If the mesh has no such axis, or a size is below 1.
        """
        known = [axis for axis, _ in self.mesh]
        for axis, size in sizes.items():
            if axis not in known or size < 1:
                raise ValueError(f"{axis}={size}: the mesh has {', '.join(known)}, each at least 1")
        return replace(self, mesh=tuple((axis, sizes.get(axis, size)) for axis, size in self.mesh))

    def with_values(self, **values: VariableValue) -> Layout:
        """Returns the layout with other values of its variables.

        Raises:
            ValueError: If it has no such variable.
        """
        known = [variable.name for variable in self.variables]
        for name in values:
            if name not in known:
                raise ValueError(f"the layout has no variable {name!r}; it has {', '.join(known) or 'none'}")
        return replace(
            self,
            variables=tuple(
                replace(variable, value=_value(values[variable.name])) if variable.name in values else variable
                for variable in self.variables
            ),
        )

    def mesh_text(self) -> str:
        """Returns ``pp=16, dp=32, tp=8``."""
        return ", ".join(f"{axis}={size}" for axis, size in self.mesh)


@dataclass(frozen=True, slots=True)
class Position:
    """One rank of a layout's mesh, by its rank along each axis."""

    layout: Layout
    coordinates: tuple[int, ...]

    @property
    def rank(self) -> int:
        """The global rank."""
        rank = 0
        for (_, size), at in zip(self.layout.mesh, self.coordinates, strict=True):
            rank = rank * size + at
        return rank

    def __str__(self) -> str:
        """Returns ``rank 37 (pp_rank=0, dp_rank=4, tp_rank=5)``."""
        ranks = zip(self.layout.mesh, self.coordinates, strict=True)
        return f"rank {self.rank} ({', '.join(f'{axis}{RANK}={at}' for (axis, _), at in ranks)})"


def over_axes(axes: Sequence[str]) -> tuple[Expression, Expression]:
    """Returns how many ranks several mesh axes have together, and which of them this one is, row by row."""
    parts = " * ".join(axis + SIZE for axis in axes)
    index = axes[0] + RANK
    for axis in axes[1:]:
        index = f"({index}) * {axis}{SIZE} + {axis}{RANK}"
    return Expression(parts), Expression(index)


def split(
    axis: int,
    over: str | Sequence[str] | None = None,
    *,
    parts: int | str | None = None,
    index: int | str | None = None,
    blocks: int | str | Sequence[int | str] | None = None,
    copies: int | str | Sequence[int | str] = 1,
) -> Split:
    """Returns even parts along ``axis``, over mesh axes or as ``parts`` and ``index`` say; expressions are text.

    Raises:
        ValueError: If it is said in both ways or in none, or a text is no expression.
    """
    if (over is None) != (parts is not None and index is not None) or (over is not None and parts is not None):
        raise ValueError("a split has `over`, or `parts` and `index`")
    axes = () if over is None else (over,) if isinstance(over, str) else tuple(over)
    counted = over_axes(axes) if axes else (_expression(parts), _expression(index))
    ratio = None
    if blocks is not None:
        ratio = _expression(blocks) if isinstance(blocks, int | str) else tuple(map(_expression, blocks))
    times = (copies,) if isinstance(copies, int | str) else tuple(copies)
    return Split(axis, *counted, ratio, tuple(map(_expression, times)), axes, _here())


def stretch(axis: int, start: int | str, stop: int | str, extent: int | str, *, copies: int | str = 1) -> Stretch:
    """Returns the elements ``start`` to ``stop`` of an axis of length ``extent``; expressions are text.

    Raises:
        ValueError: If a text is no expression.
    """
    return Stretch(axis, _expression(start), _expression(stop), _expression(extent), _expression(copies), _here())


def rename(match: str | Sequence[str] | Selector, to: str | Mapping[str, int | str]) -> NameRule:
    """Returns how names that ``match`` selects are called globally: by a template, or by other indices.

    Example:
        >>> rename("layers.{i}.**", {"i": "i + pp_rank * layers_per_stage"})

    Raises:
        ValueError: If a text is no glob or no expression.
    """
    return NameRule("", _selector(match), _naming(to), False, None, _here())


def place(
    match: str | Sequence[str] | Selector,
    *cuts: Cut,
    shape: Sequence[int | str | None] | None = None,
    to: str | Mapping[str, int | str] | None = None,
    optional: bool = False,
    when: str | None = None,
) -> PlaceRule:
    """Returns the rule that cuts what ``match`` selects out of its global tensor; no cut is the whole.

    Raises:
        ValueError: If a text is no glob, expression or condition.
    """
    extents = None if shape is None else tuple(None if n is None else _expression(n) for n in shape)
    naming = None if to is None else _naming(to)
    condition = None if when is None else Expression(when, is_condition=True)
    return PlaceRule("", _selector(match), cuts, extents, naming, optional, condition, _here())


def layout(
    mesh: Mapping[str, int],
    rules: Sequence[PlaceRule],
    *,
    names: Sequence[NameRule] = (),
    vars: Mapping[str, VariableValue] | None = None,
    default: Default = "error",
    model: Sequence[ParamInfo] | None = None,
    name: str = "layout",
) -> Layout:
    """Returns a layout written in Python; rules are numbered from 1, and variables may be expressions.

    Raises:
        ValueError: If an axis or a variable has a name that means something else, or a size is below 1.
    """
    for axis, size in mesh.items():
        if not axis.isidentifier() or size < 1:
            raise ValueError(f"the mesh axis {axis!r} of size {size}: a word and a number of at least 1 are due")
    known = {*WORLD, *RESERVED, *(axis + end for axis in mesh for end in (RANK, SIZE))}
    for variable in vars or {}:
        if variable in known or not variable.isidentifier():
            raise ValueError(f"a variable of a layout cannot be called {variable!r}")
    here = _here()
    return Layout(
        name,
        "python",
        tuple(mesh.items()),
        tuple(Variable(key, _value(value), here) for key, value in (vars or {}).items()),
        tuple(replace(rule, id=rule.id or f"names {n}") for n, rule in enumerate(names, 1)),
        tuple(replace(rule, id=rule.id or str(n)) for n, rule in enumerate(rules, 1)),
        default,
        None if model is None else tuple(model),
    )


def template(text: str) -> Template:
    """Returns the template of a global name, such as ``layers.{i + 8 * pp_rank}.weight``.

    Raises:
        ValueError: If a brace is not closed, or what stands in one is no expression.
    """
    pieces = re.split(r"\{([^{}]*)\}", text)
    if any(char in piece for piece in pieces[::2] for char in "{}*?"):
        raise ValueError(f"{text!r} is no whole name: texts and, in braces, expressions; no stars or choices")
    parts = [Expression(piece) if n % 2 else piece for n, piece in enumerate(pieces)]
    return Template(tuple(part for part in parts if part != ""))


def _naming(to: str | Mapping[str, int | str]) -> Naming:
    if isinstance(to, str):
        return template(to)
    return Indices(tuple((capture, _expression(value)) for capture, value in to.items()))


def _selector(match: str | Sequence[str] | Selector) -> Selector:
    if isinstance(match, Selector):
        return match
    globs = tuple(map(Glob, (match,) if isinstance(match, str) else match))
    return Selector(globs, None, None, None, None, None, None, "any", _here())


def _expression(value: float | str | None) -> Expression:
    return Expression(str(value))


def _value(value: VariableValue) -> Expression | str | bool:
    return value if isinstance(value, bool) else Expression(str(value))


def _here() -> Span:
    """Returns the line of the caller's code that a rule written in Python stands on."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(path, line).rstrip("\n")
    return Span(path, line, len(text) - len(text.lstrip()) + 1, max(len(text), 1) + 1, text)
