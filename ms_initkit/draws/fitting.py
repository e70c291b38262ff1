"""The arithmetic of ``ms_initkit.draws.fits``: any slice of what values of one shape are made to be in another.

Sums are taken element by element in a fixed order, in float64.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.arrays import Floats, Reals
from ms_initkit.draws.sums import Read, pairwise
from ms_initkit.draws.windows import Shape, Slices, with_axis

# Keys 1981, Cubic convolution interpolation; the sharper one is what torch takes, the other its antialiased one.
_SHARP: Final = -0.75
_SMOOTH: Final = -0.5


def channels(values: Reals, at: slice, count: int, *, is_mean: bool) -> Floats:
    """Returns the channels ``at`` of ``count`` that all of those in ``values`` are made to be."""
    wide, old = _wide(values), values.shape[1]
    if is_mean or count == 1:
        return np.repeat(pairwise(wide, 1) / count, at.stop - at.start, 1)
    taken: Floats = wide[:, np.arange(at.start, at.stop) % old] * (old / count)
    return taken


def inflated(plane: Reals, at: slice, depth: int, *, is_centered: bool) -> Floats:
    """Returns the slices ``at`` of ``depth`` along a new axis 2."""
    wide = _wide(plane)[:, :, None]
    if not is_centered:
        return np.repeat(wide / depth, at.stop - at.start, 2)
    is_middle = np.arange(at.start, at.stop) == depth // 2
    out: Floats = wide * is_middle.reshape(-1, 1, 1)
    return out


def widened(read: Read, old: Shape, at: Slices, axis: int, count: int) -> Floats:
    """Returns the slice ``at`` of a tensor of ``count`` units along ``axis``, copies of the old ones or shares."""
    units = np.arange(at[axis].start, at[axis].stop) % old[axis]
    first, last = int(units.min()), int(units.max()) + 1
    values = _wide(read(with_axis(at, axis, slice(first, last))))
    taken: Floats = np.take(values, units - first, axis)
    if axis == 0:
        return taken
    copies = count // old[1] + (units < count % old[1])
    return taken / copies.reshape(-1, *(1,) * (len(old) - 2))


class Regrid(NamedTuple):
    """Positions after ``tokens`` others, on a grid of ``new`` rows and columns for ``old``."""

    tokens: int
    old: tuple[int, int]
    new: tuple[int, int]
    is_smooth: bool


class _Taps(NamedTuple):
    """For each position on a new axis, positions on the old one and their weights."""

    positions: NDArray[np.intp]
    weights: Floats


def interpolated(grid: Regrid, read: Read, at: Slices) -> Floats:
    """Returns the slice ``at`` of positions on another grid."""
    *leading, positions, columns = at
    start, stop = positions.start, positions.stop
    parts = []
    if start < grid.tokens:
        parts.append(_wide(read((*leading, slice(start, min(stop, grid.tokens)), columns))))
    start, stop = max(start - grid.tokens, 0), stop - grid.tokens
    if start < stop:
        width = grid.new[1]
        top, bottom = start // width, -(-stop // width)
        rows = _rows(grid, read, (*leading, columns), top, bottom)
        parts.append(rows[..., start - top * width : stop - top * width, :])
    return np.concatenate(parts, -2)


def _rows(grid: Regrid, read: Read, at: Slices, top: int, bottom: int) -> Floats:
    """Returns the rows ``top`` to ``bottom`` of the new grid, one behind the other."""
    (height, width), (new_height, new_width) = grid.old, grid.new
    down = _taps(height, new_height, is_smooth=grid.is_smooth)
    across = _taps(width, new_width, is_smooth=grid.is_smooth)
    down = _Taps(down.positions[top:bottom], down.weights[top:bottom])
    first, last = int(down.positions.min()), int(down.positions.max()) + 1
    *leading, columns = at
    span = slice(grid.tokens + first * width, grid.tokens + last * width)
    values = _wide(read((*leading, span, columns)))
    values = values.reshape(*values.shape[:-2], last - first, width, values.shape[-1])
    values = _tapped(values, across, -2)
    values = _tapped(values, _Taps(down.positions - first, down.weights), -3)
    return values.reshape(*values.shape[:-3], -1, values.shape[-1])


def _tapped(values: Floats, taps: _Taps, axis: int) -> Floats:
    shape = (-1, *(1,) * (-1 - axis))
    out = np.take(values, taps.positions[:, 0], axis) * taps.weights[:, 0].reshape(shape)
    for tap in range(1, taps.positions.shape[1]):
        out += np.take(values, taps.positions[:, tap], axis) * taps.weights[:, tap].reshape(shape)
    return out


def _taps(old: int, new: int, *, is_smooth: bool) -> _Taps:
    """Returns the taps of cubic convolution as torch has it with ``align_corners=False``."""
    scale = old / new
    centers = (np.arange(new)[:, None] + 0.5) * scale
    if not is_smooth:
        positions = np.floor(centers - 0.5) + np.arange(-1, 3)
        return _Taps(np.clip(positions, 0, old - 1).astype(np.intp), _cubic(centers - 0.5 - positions, _SHARP))
    stretch = max(scale, 1.0)
    firsts = np.maximum(np.trunc(centers - 2.0 * stretch + 0.5), 0.0)
    lasts = np.minimum(np.trunc(centers + 2.0 * stretch + 0.5), old)
    positions = firsts + np.arange(int((lasts - firsts).max()))
    weights = np.where(positions < lasts, _cubic((positions - centers + 0.5) / stretch, _SMOOTH), 0.0)
    total = np.zeros_like(centers)
    for tap in range(weights.shape[1]):
        total += weights[:, tap : tap + 1]
    return _Taps(np.minimum(positions, old - 1).astype(np.intp), weights / total)


def _cubic(distances: Floats, a: float) -> Floats:
    x = np.abs(distances)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = ((x - 5.0) * x + 8.0) * x * a - 4.0 * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _wide(values: Reals) -> Floats:
    return values.astype(np.float64)
