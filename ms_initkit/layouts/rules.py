"""A layout as data: which slice of which global parameter a local one is, by ordered rules.

For parameters that are local from birth: column and row parallel layers, experts per rank, pipeline stages whose layer
indices restart. Made by ``load`` from YAML or by the functions of ``python``, read by ``placer``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Literal, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language.selectors import Selector
from ms_initkit.language.variables import Variable
from ms_initkit.layouts.cuts import Cut
from ms_initkit.layouts.mesh import RANK
from ms_initkit.layouts.names import Naming
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.expressions import Expression

Default: TypeAlias = Literal["whole", "error"]


@record
class NameRule:
    """Gives names that ``match`` selects their global form; ``id`` is its number or what the file says."""

    id: str
    match: Selector
    naming: Naming
    is_optional: bool
    when: Expression | None
    span: Span


@record
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

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that its cuts and its shape count on."""
        declared = (extent for extent in self.shape or () if extent is not None)
        return (*(one for cut in self.cuts for one in cut.expressions), *declared)


@record
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

    def mesh_text(self) -> str:
        """Returns ``pp=16, dp=32, tp=8``."""
        return ", ".join(f"{axis}={size}" for axis, size in self.mesh)


@record
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
