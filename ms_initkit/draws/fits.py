"""Values of one shape made to fit another: functions of all of them, the same for every slice and on every machine.

Each knows of the new shape what it needs; sums are taken element by element in a fixed order, in float64.
"""

# ruff: noqa: D102 (Function says what the methods do)

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, final

from ms_initkit.basis.records import record
from ms_initkit.draws.functions import Bounds, Function, Source
from ms_initkit.draws.windows import Shape, Slices, with_axis

if TYPE_CHECKING:
    from ms_initkit.draws.arrays import Reals

# The absolute weights of four taps half way between two: 1.375 along each axis.
_OVERSHOOT: Final = 1.375**2


@final
@record
class FirstRows(Function):
    """The first ``count`` rows."""

    count: int

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return (self.count, *shape[1:])

    def fault(self, shape: Shape) -> str | None:
        return None if shape and 0 < self.count <= shape[0] else f"{shape} has no {self.count} rows"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        del shape
        return source.read(slices)

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        return bounds


@final
@record
class MeanRow(Function):
    """``count`` rows, each the mean of all rows."""

    count: int

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return (self.count, *shape[1:])

    def fault(self, shape: Shape) -> str | None:
        return None if shape and min(*shape, self.count) > 0 else f"{shape} has no mean row, or {self.count} are none"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        import numpy as np

        mean = source.sums("values", (0,), slices) / source.shape[0]
        return np.repeat(mean, slices[0].stop - slices[0].start, 0)

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        return bounds


@final
@record
class Channels(Function):
    """``count`` input channels (axis 1), so that they answer to equal channels as those that there are.

    ``average`` gives each the mean of all, ``repeat`` takes them in turn; both are scaled by old over new. A single
    channel is the sum of all by either.
    """

    how: Literal["average", "repeat"]
    count: int

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return (shape[0], self.count, *shape[2:])

    def fault(self, shape: Shape) -> str | None:
        if len(shape) < 2:
            return f"{shape} has no axis 1"
        return None if min(shape[1], self.count) > 0 else f"{self.count} channels are not made of {shape[1]}"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        from ms_initkit.draws import fitting

        del shape
        everything = slice(0, source.shape[1])
        values = source.read((slices[0], everything, *slices[2:]))
        return fitting.channels(values, slices[1], self.count, is_mean=self.how == "average")

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        return None if bounds is None else (bounds[0] * shape[1] / self.count, bounds[1] * shape[1] / self.count)


@final
@record
class Inflated(Function):
    """A new axis 2 of ``depth``: each slice the plane divided by their number, or the middle one alone."""

    how: Literal["repeat", "center"]
    depth: int

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return (*shape[:2], self.depth, *shape[2:])

    def fault(self, shape: Shape) -> str | None:
        return None if len(shape) == 4 and self.depth > 0 else f"{shape} is no kernel to make {self.depth} slices of"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        from ms_initkit.draws import fitting

        del shape
        plane = source.read((*slices[:2], *slices[3:]))
        return fitting.inflated(plane, slices[2], self.depth, is_centered=self.how == "center")

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        if bounds is None or self.how == "repeat":
            return None if bounds is None else (bounds[0] / self.depth, bounds[1] / self.depth)
        return min(bounds[0], 0.0), max(bounds[1], 0.0)


@final
@record
class Widened(Function):
    """``count`` units, the old ones in turn: of outputs (axis 0) copies, of inputs (axis 1) equal shares: sums stay."""

    what: Literal["outputs", "inputs"]
    count: int

    @property
    def axis(self) -> int:
        """The axis of the units."""
        return 0 if self.what == "outputs" else 1

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return with_axis(shape, self.axis, self.count)

    def fault(self, shape: Shape) -> str | None:
        if len(shape) <= self.axis:
            return f"{shape} has no axis {self.axis}"
        old = shape[self.axis]
        return None if 0 < old <= self.count else f"{old} {self.what} do not become {self.count}"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        from ms_initkit.draws import fitting

        del shape
        return fitting.widened(source.read, source.shape, slices, self.axis, self.count)

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        return None if bounds is None else (min(bounds[0], 0.0), max(bounds[1], 0.0))


@final
@record
class Grid(Function):
    """Positions (the last axis but one), after ``tokens`` others, on a grid of ``new`` rows and columns for ``old``."""

    tokens: int
    old: tuple[int, int]
    new: tuple[int, int]
    antialias: bool

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        return (*shape[:-2], self.tokens + math.prod(self.new), shape[-1])

    def fault(self, shape: Shape) -> str | None:
        if len(shape) < 2:
            return f"positions are the last axis but one, and {shape} has none"
        is_right = self.tokens >= 0 and min(*self.old, *self.new) > 0
        if not is_right or self.tokens + math.prod(self.old) != shape[-2]:
            height, width = self.old
            return f"{self.tokens} tokens and {height} x {width} are not the {shape[-2]} positions of {shape}"
        return None

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        from ms_initkit.draws import fitting

        del shape
        grid = fitting.Regrid(self.tokens, self.old, self.new, self.antialias)
        return fitting.interpolated(grid, source.read, slices)

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        if bounds is None:
            return None
        largest = _OVERSHOOT * max(map(abs, bounds))
        return -largest, largest


Fits: TypeAlias = FirstRows | MeanRow | Channels | Inflated | Widened | Grid
