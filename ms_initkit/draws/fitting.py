"""Values of one shape made to fit another, the same for every slice and on every machine.

Sums are taken element by element in a fixed order, in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np

from ms_initkit.draws.fits import Channels, FirstRows, Grid, Inflated, MeanRow, Widened

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ms_initkit.draws.arrays import Array, Floats
    from ms_initkit.draws.fits import Fit
    from ms_initkit.draws.slices import Shape, Slices

# Returns a slice of the values that there are.
Read: TypeAlias = "Callable[[Slices], Array]"

_SLAB: Final = 256  # rows that are summed together: as many whatever the columns, for the sum's order
# Keys 1981, Cubic convolution interpolation; the sharper one is what torch takes, the other its antialiased one.
_SHARP: Final = -0.75
_SMOOTH: Final = -0.5
# The absolute weights of four taps half way between two: 1.375 along each axis.
_OVERSHOOT: Final = 1.375**2


def bounds(fit: Fit, old: Shape, new: Shape, low: float, high: float) -> tuple[float, float]:
    """Returns between which numbers values lie that lay between ``low`` and ``high``."""
    match fit:
        case Channels():
            factor = old[1] / new[1]
            return low * factor, high * factor
        case Inflated("repeat"):
            return low / new[2], high / new[2]
        case Inflated() | Widened():
            return min(low, 0.0), max(high, 0.0)
        case Grid():
            largest = _OVERSHOOT * max(abs(low), abs(high))
            return -largest, largest
        case _:
            return low, high


def fitted(fit: Fit, read: Read, old: Shape, new: Shape, at: Slices) -> Floats:
    """Returns the slice ``at`` of the tensor of shape ``new`` that values of shape ``old`` are made to be."""
    match fit:
        case FirstRows():
            return _wide(read(at))
        case MeanRow():
            return np.broadcast_to(mean_row(read, old, at[1:]), _lengths(at))
        case Channels(how):
            return _channels(how, _wide(read((at[0], slice(0, old[1]), *at[2:]))), new[1], at[1])
        case Inflated(how):
            plane = _wide(read((at[0], at[1], *at[3:])))[:, :, None]
            slices = np.arange(at[2].start, at[2].stop)
            return np.repeat(plane / new[2], slices.size, 2) if how == "repeat" else _centered(plane, slices, new[2])
        case Widened(what):
            return _widened(what, read, old, new, at)
        case Grid():
            return _grid(fit, read, at)


def mean_row(read: Read, old: Shape, columns: Slices) -> Floats:
    """Returns the mean of all rows, a few columns of it; with one row."""
    total = np.zeros((1, *_lengths(columns)))
    for start in range(0, old[0], _SLAB):
        total += _sum(_wide(read((slice(start, min(start + _SLAB, old[0])), *columns))))
    return total / old[0]


def _sum(rows: Floats) -> Floats:
    """Returns the sum of ``rows``, halves added to halves: NumPy's own order depends on how values lie."""
    rows = rows.copy()
    count = len(rows)
    while count > 1:
        half = count // 2
        rows[:half] += rows[count - half : count]
        count -= half
    return rows[:1]


def _channels(how: str, values: Floats, count: int, at: slice) -> Floats:
    old = values.shape[1]
    if how == "average" or count == 1:
        total = np.swapaxes(_sum(np.swapaxes(values, 0, 1)), 0, 1) / count
        return np.repeat(total, at.stop - at.start, 1)
    taken: Floats = values[:, np.arange(at.start, at.stop) % old] * (old / count)
    return taken


def _centered(plane: Floats, slices: NDArray[np.int_], depth: int) -> Floats:
    out: Floats = plane * (slices == depth // 2).reshape(-1, 1, 1)
    return out


def _widened(what: str, read: Read, old: Shape, new: Shape, at: Slices) -> Floats:
    axis = 0 if what == "outputs" else 1
    units = np.arange(at[axis].start, at[axis].stop) % old[axis]
    first, last = int(units.min()), int(units.max()) + 1
    values = _wide(read((*at[:axis], slice(first, last), *at[axis + 1 :])))
    taken: Floats = np.take(values, units - first, axis)
    if axis == 0:
        return taken
    copies = new[1] // old[1] + (units < new[1] % old[1])
    return taken / copies.reshape(-1, *(1,) * (len(new) - 2))


class _Taps(NamedTuple):
    """For each place on a new axis, places on the old one and their weights."""

    places: NDArray[np.intp]
    weights: Floats


def _grid(grid: Grid, read: Read, at: Slices) -> Floats:
    *leading, positions, columns = at
    start, stop = positions.start, positions.stop
    parts = []
    if start < grid.tokens:
        parts.append(_wide(read((*leading, slice(start, min(stop, grid.tokens)), columns))))
    start, stop = max(start - grid.tokens, 0), stop - grid.tokens
    if start < stop:
        width = grid.new[1]
        top, bottom = start // width, -(-stop // width)
        rows = _interpolated(grid, read, (*leading, columns), top, bottom)
        parts.append(rows[..., start - top * width : stop - top * width, :])
    return np.concatenate(parts, -2)


def _interpolated(grid: Grid, read: Read, at: Slices, top: int, bottom: int) -> Floats:
    """Returns the rows ``top`` to ``bottom`` of the new grid, one behind the other."""
    (height, width), (new_height, new_width) = grid.old, grid.new
    down = _taps(height, new_height, is_smooth=grid.antialias)
    across = _taps(width, new_width, is_smooth=grid.antialias)
    down = _Taps(down.places[top:bottom], down.weights[top:bottom])
    first, last = int(down.places.min()), int(down.places.max()) + 1
    *leading, columns = at
    span = slice(grid.tokens + first * width, grid.tokens + last * width)
    values = _wide(read((*leading, span, columns)))
    values = values.reshape(*values.shape[:-2], last - first, width, values.shape[-1])
    values = _tapped(values, across, -2)
    values = _tapped(values, _Taps(down.places - first, down.weights), -3)
    return values.reshape(*values.shape[:-3], -1, values.shape[-1])


def _tapped(values: Floats, taps: _Taps, axis: int) -> Floats:
    shape = (-1, *(1,) * (-1 - axis))
    out = np.take(values, taps.places[:, 0], axis) * taps.weights[:, 0].reshape(shape)
    for tap in range(1, taps.places.shape[1]):
        out += np.take(values, taps.places[:, tap], axis) * taps.weights[:, tap].reshape(shape)
    return out


def _taps(old: int, new: int, *, is_smooth: bool) -> _Taps:
    """Returns the taps of cubic convolution as torch has it with ``align_corners=False``."""
    scale = old / new
    centers = (np.arange(new)[:, None] + 0.5) * scale
    if not is_smooth:
        places = np.floor(centers - 0.5) + np.arange(-1, 3)
        return _Taps(np.clip(places, 0, old - 1).astype(np.intp), _cubic(centers - 0.5 - places, _SHARP))
    stretch = max(scale, 1.0)
    firsts = np.maximum(np.trunc(centers - 2.0 * stretch + 0.5), 0.0)
    lasts = np.minimum(np.trunc(centers + 2.0 * stretch + 0.5), old)
    places = firsts + np.arange(int((lasts - firsts).max()))
    weights = np.where(places < lasts, _cubic((places - centers + 0.5) / stretch, _SMOOTH), 0.0)
    total = np.zeros_like(centers)
    for tap in range(weights.shape[1]):
        total += weights[:, tap : tap + 1]
    return _Taps(np.minimum(places, old - 1).astype(np.intp), weights / total)


def _cubic(distances: Floats, a: float) -> Floats:
    x = np.abs(distances)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = ((x - 5.0) * x + 8.0) * x * a - 4.0 * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _wide(values: Array) -> Floats:
    return values.astype(np.float64)


def _lengths(at: Slices) -> tuple[int, ...]:
    return tuple(part.stop - part.start for part in at)
