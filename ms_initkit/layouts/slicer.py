"""The slice that a local parameter is of its global tensor, and whether those of all ranks tile it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ms_initkit.draws import windows
from ms_initkit.draws.windows import Window
from ms_initkit.layouts.cuts import claims, global_shape, tile_by_construction, whole_number
from ms_initkit.layouts.mesh import Coordinates, Mesh, along
from ms_initkit.layouts.names import Naming
from ms_initkit.layouts.rules import PlaceRule
from ms_initkit.layouts.tiling import Claim, Claims, misfit
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.grammar import Value


class Holding(NamedTuple):
    """What a rank holds of a global tensor.

    Args:
        shape: The global shape.
        window: The part of it that is local; None where it is the whole.
        claims: The window with the number of ranks that hold each piece; of the whole, all once.
        ranks: The rank along the mesh axes that decide the window: equal ones are declared to hold the same.
    """

    shape: tuple[int, ...]
    window: Window | None
    claims: Claims
    ranks: Coordinates


class Sliced(NamedTuple):
    """A local parameter that a rule cuts, with the captures in the rule's expressions."""

    rule: PlaceRule
    captured: Mapping[str, int]
    info: ParamInfo


@dataclass
class Slicer:
    """Cuts parameters of any rank; equal questions are answered once for all ranks."""

    mesh: Mesh
    _cuts: dict[object, tuple[tuple[int, ...], Window | None, Claims]] = field(default_factory=dict)
    _checked: dict[object, str | None] = field(default_factory=dict)

    def cut(self, one: Sliced, namings: Sequence[Naming], coordinates: Coordinates) -> Holding:
        """Returns which slice the parameter is, whose global name ``namings`` have given.

        Raises:
            ValueError: If the cuts do not come out even, make another shape, or depend on what the name depends on.
        """
        rule, captured, info = one
        ranks = along(self.mesh.uses_of(rule).axes, coordinates)
        key = (id(rule), info.shape, tuple(captured.items()), ranks, tuple(map(id, namings)))
        if key not in self._cuts:
            environment = {**self.mesh.values_at(coordinates), **captured}
            shape = global_shape(rule.cuts, info.shape, environment)
            _check_shape(rule, shape, environment)
            held = claims(rule.cuts, shape, environment) if rule.cuts else uncut(shape)
            window = tuple(map(_joined, held))
            if windows.local_shape(window) != info.shape:
                raise ValueError(f"the slice {windows.text(window, shape)} of {shape} is not of shape {info.shape}")
            self._check_names(rule, namings)
            self._cuts[key] = shape, None if window == windows.whole(shape) else window, held
        return Holding(*self._cuts[key], ranks)

    def sliced(self, rule: PlaceRule, info: ParamInfo, owner: int) -> Sliced:
        """Returns the parameter with what ``rule`` counts on of the name of its owner number ``owner``."""
        wanted = self.mesh.uses_of(rule).captures
        found = rule.match.capture(info.owners[owner].name) if wanted else {}
        # Only indices stand in expressions.
        used = {name: value for name, value in found.items() if name in wanted and isinstance(value, int)}
        return Sliced(rule, used, info)

    def misfit(self, shape: tuple[int, ...], sliced: Sequence[Sliced]) -> str | None:
        """Returns what is wrong with the slices that all ranks hold of one tensor; None if they tile it.

        Other ranks are taken to have the same parameters, as far as the mesh axes go that cut this one.
        """
        if len(sliced) == 1 and tile_by_construction(sliced[0].rule.cuts):
            return None
        key = (shape, tuple((id(one.rule), tuple(one.captured.items())) for one in sliced))
        if key not in self._checked:
            self._checked[key] = misfit(shape, (held for one in sliced for held in self._all_claims(one, shape)))
        return self._checked[key]

    def _all_claims(self, one: Sliced, shape: tuple[int, ...]) -> Iterator[Claims]:
        for coordinates in self.mesh.places_along(self.mesh.uses_of(one.rule).axes):
            yield claims(one.rule.cuts, shape, {**self.mesh.values_at(coordinates), **one.captured})

    def _check_names(self, rule: PlaceRule, namings: Sequence[Naming]) -> None:
        axes = self.mesh.uses_of(rule).axes
        for naming in namings:
            for axis in self.mesh.uses_of(naming).axes:
                if axis in axes:
                    name = self.mesh.sizes[axis][0]
                    raise ValueError(
                        f"the mesh axis {name!r} decides both the name and the slice: the other slices are nobody's"
                    )


def uncut(shape: tuple[int, ...]) -> Claims:
    """Returns the claims of a rank that holds the whole."""
    return tuple(((0, extent, 1),) for extent in shape)


def _check_shape(rule: PlaceRule, shape: tuple[int, ...], environment: Mapping[str, Value]) -> None:
    if rule.shape is None:
        return
    declared = tuple(None if n is None else whole_number(n.evaluate(environment), "shape") for n in rule.shape)
    if len(declared) != len(shape) or any(n not in (None, extent) for n, extent in zip(declared, shape, strict=True)):
        shown = "x".join("any" if n is None else str(n) for n in declared)
        raise ValueError(f"the cuts make a global tensor of {'x'.join(map(str, shape))}, not of {shown}")


def _joined(claims: Sequence[Claim]) -> windows.Pieces:
    plain = tuple((start, stop) for start, stop, _ in claims)
    return windows.take(plain, 0, windows.length(plain))
