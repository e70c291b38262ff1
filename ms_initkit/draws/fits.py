"""How values of one shape are made to fit another, as data; ``ms_initkit.draws.fitting`` does it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ms_initkit.basis.records import record

if TYPE_CHECKING:
    from ms_initkit.draws.slices import Shape

_LARGEST: Final = 1 << 31  # of values that a mean is taken of


@record
class FirstRows:
    """As many of the first rows as there are to be."""


@record
class MeanRow:
    """Every row is the mean of all rows."""


@record
class Channels:
    """Another number of input channels (axis 1), so that they answer to equal channels as before.

    ``average`` gives each the mean of all, ``repeat`` takes them in turn; both are scaled by old over new. A single
    channel is the sum of all by either.
    """

    how: Literal["average", "repeat"]


@record
class Inflated:
    """A new axis 2, of time or depth: each slice the plane divided by their number, or the middle one alone."""

    how: Literal["repeat", "center"]


@record
class Widened:
    """Units repeated in turn: of outputs (axis 0) copies, of inputs (axis 1) equal shares, so that sums stay."""

    what: Literal["outputs", "inputs"]


@record
class Grid:
    """Positions (the last axis but one), after ``tokens`` others, on a grid of ``new`` rows and columns for ``old``."""

    tokens: int
    old: tuple[int, int]
    new: tuple[int, int]
    antialias: bool


Fit: TypeAlias = FirstRows | MeanRow | Channels | Inflated | Widened | Grid


def misfit(fit: Fit, old: Shape, new: Shape) -> str | None:
    """Returns why values of shape ``old`` cannot be made to fit ``new`` so, None if they can."""
    match fit:
        case FirstRows() | MeanRow():
            problem = _differing(old, new, 0)
            if problem is None and isinstance(fit, FirstRows) and new[0] > old[0]:
                problem = f"{old[0]} rows are no {new[0]}"
            return problem or (f"{old[0]} rows have no mean" if not 0 < math.prod(old) <= _LARGEST else None)
        case Channels():
            return _differing(old, new, 1)
        case Widened(what):
            axis = 0 if what == "outputs" else 1
            problem = _differing(old, new, axis)
            return problem or (f"{old[axis]} {what} do not become {new[axis]}" if new[axis] < old[axis] else None)
        case Inflated():
            if len(new) != 5 or old != (*new[:2], *new[3:]):
                return f"a kernel of shape {old} is not that of {new} without its axis 2"
            return None if min(new) > 0 else f"{new} has no elements"
        case Grid(tokens, before, after):
            return _grid_misfit(tokens, before, after, old, new)


def _differing(old: Shape, new: Shape, axis: int) -> str | None:
    """Returns whether any axis but ``axis`` has another extent, or there is no such axis."""
    if len(old) != len(new) or len(new) <= axis:
        return f"it fits axis {axis} alone, of shapes with as many axes: {old} is no {new}"
    others = [at for at in range(len(new)) if at != axis and old[at] != new[at]]
    if others:
        return f"it fits axis {axis} alone, and {old} has another axis {others[0]} than {new}"
    return None if min(old[axis], new[axis]) > 0 else f"axis {axis} of {old} or {new} is empty"


def _grid_misfit(tokens: int, before: tuple[int, int], after: tuple[int, int], old: Shape, new: Shape) -> str | None:
    if len(old) != len(new) or len(new) < 2 or (*old[:-2], old[-1]) != (*new[:-2], new[-1]):
        return f"positions are the last axis but one, and {old} has others than {new}"
    for (height, width), shape in ((before, old), (after, new)):
        if tokens < 0 or min(height, width) < 1 or tokens + height * width != shape[-2]:
            return f"{tokens} tokens and {height} x {width} are not the {shape[-2]} positions of {shape}"
    return None
