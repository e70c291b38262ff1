"""Sums over axes of tensors of any size, in one fixed order: the same bits on every machine, in blocks of any size.

Of values, squares or magnitudes in float64. Along an axis neighbours are added, element 0 to 1, 2 to 3 and so on, then
the sums of these in the same way until one is left; one without a neighbour goes on as it is. The last axis is summed
first.
An aligned block of 2**k elements is then one subtree, whatever is summed beside it and when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Literal, TypeAlias

import numpy as np

from ms_initkit.draws.arrays import Floats, Reals
from ms_initkit.draws.windows import Slices, shape_of, with_axis

Of: TypeAlias = Literal["values", "squares", "magnitudes"]
Axes: TypeAlias = tuple[int, ...]
Read: TypeAlias = Callable[[Slices], Reals]
# Carries out what can be done at once: it calls a function with each number below the one given.
Together: TypeAlias = Callable[[Callable[[int], None], int], None]


def total(read: Read, slices: Slices, axes: Axes, of: Of, limit: int, together: Together) -> Floats:
    """Returns the sums over ``axes``, which stay as axes of length one, of what ``read`` returns of ``slices``.

    Args:
        read: Returns any slices of the tensor.
        slices: Which part of it; along ``axes`` it begins at 0 and is whole.
        axes: What is summed over, in ascending order.
        of: What is summed.
        limit: How many elements are read at a time.
        together: What calls for the parts at once.
    """
    parts = list(_parts(slices, limit))
    sums: list[Floats | None] = [None] * len(parts)

    def add_up(number: int) -> None:
        values = read(parts[number]).astype(np.float64)
        match of:
            case "squares":
                values = values * values
            case "magnitudes":
                values = np.abs(values)
        for axis in reversed(axes):
            values = pairwise(values, axis)
        sums[number] = values

    together(add_up, len(parts))
    return _joined(slices, axes, limit, iter([part for part in sums if part is not None]))


def pairwise(values: Floats, axis: int) -> Floats:
    """Returns the sum along ``axis``, which stays as one of length one: neighbours first."""
    values = np.moveaxis(values, axis, 0)
    while len(values) > 1:
        even = len(values) // 2 * 2
        sums = values[0:even:2] + values[1:even:2]
        values = sums if even == len(values) else np.concatenate([sums, values[even:]])
    if not len(values):
        values = np.zeros((1, *values.shape[1:]))
    return np.moveaxis(values, 0, axis)


def _cut(slices: Slices, limit: int) -> tuple[int, int] | None:
    """Returns the axis along which slices are cut, and into parts how long; None if they are not."""
    lengths = shape_of(slices)
    size = prod(lengths)
    if size <= limit:
        return None
    axis = next(axis for axis, length in enumerate(lengths) if length > 1)
    rows = max(1, limit // (size // lengths[axis]))
    return axis, 1 << (rows.bit_length() - 1)


def _stretches(slices: Slices, axis: int, step: int) -> Iterator[Slices]:
    for start in range(slices[axis].start, slices[axis].stop, step):
        yield with_axis(slices, axis, slice(start, min(start + step, slices[axis].stop)))


def _parts(slices: Slices, limit: int) -> Iterator[Slices]:
    cut = _cut(slices, limit)
    if cut is None:
        yield slices
    else:
        for part in _stretches(slices, *cut):
            yield from _parts(part, limit)


def _joined(slices: Slices, axes: Axes, limit: int, sums: Iterator[Floats]) -> Floats:
    """Returns the sums over slices of those over their parts, which come in the order of ``_parts``."""
    cut = _cut(slices, limit)
    if cut is None:
        return next(sums)
    joined = np.concatenate([_joined(part, axes, limit, sums) for part in _stretches(slices, *cut)], cut[0])
    return pairwise(joined, cut[0]) if cut[0] in axes else joined
