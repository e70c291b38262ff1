"""Which part of a tensor is meant, in a few words.

An *index* is what a user writes, as NumPy takes it. *Slices* are one slice of step 1 for each axis. A *window* is which
part of a global tensor a local one is, a product: along every axis a tuple of *pieces*, ``(start, stop)`` in global
coordinates, which lie one behind the other in the local tensor. Plain slices have one piece per axis; q, k and v of a
fused weight split by heads have three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from operator import index as index_of
from types import EllipsisType
from typing import TypeAlias, TypeVar

Piece: TypeAlias = tuple[int, int]
Pieces: TypeAlias = tuple[Piece, ...]
Window: TypeAlias = tuple[Pieces, ...]
Slices: TypeAlias = tuple[slice, ...]

_T = TypeVar("_T")


def shape_of(slices: Slices) -> tuple[int, ...]:
    """Returns the shape of what ``slices`` take."""
    return tuple(part.stop - part.start for part in slices)


def everything(shape: Sequence[int]) -> Slices:
    """Returns the slices that are all of a tensor of ``shape``."""
    return tuple(slice(0, extent) for extent in shape)


def with_axis(items: tuple[_T, ...], axis: int, item: _T) -> tuple[_T, ...]:
    """Returns slices, a shape or strides with ``item`` for ``axis``."""
    return (*items[:axis], item, *items[axis + 1 :])


def common(slices: Slices, others: Slices) -> Slices | None:
    """Returns what two slices of one tensor have in common, None if it is nothing."""
    parts = tuple(
        slice(max(part.start, other.start), min(part.stop, other.stop))
        for part, other in zip(slices, others, strict=True)
    )
    return parts if all(part.start < part.stop for part in parts) else None


def relative(slices: Slices, to: Slices) -> Slices:
    """Returns where ``slices``, which lie in slices of the same tensor, lie in these alone."""
    return tuple(slice(part.start - base.start, part.stop - base.start) for part, base in zip(slices, to, strict=True))


def whole(shape: Sequence[int]) -> Window:
    """Returns the window that is all of a tensor of ``shape``."""
    return tuple(((0, extent),) for extent in shape)


def length(pieces: Pieces) -> int:
    """Returns the local extent of ``pieces``."""
    return sum(stop - start for start, stop in pieces)


def local_shape(window: Window) -> tuple[int, ...]:
    """Returns the shape of the local tensor."""
    return tuple(length(pieces) for pieces in window)


def take(pieces: Pieces, start: int, stop: int) -> Pieces:
    """Returns the pieces that the local coordinates ``start`` to ``stop`` are; neighbours that continue are joined."""
    taken: list[Piece] = []
    offset = 0
    for first, last in pieces:
        low, high = max(start - offset, 0), min(stop - offset, last - first)
        if low < high:
            if taken and taken[-1][1] == first + low:
                taken[-1] = (taken[-1][0], first + high)
            else:
                taken.append((first + low, first + high))
        offset += last - first
    return tuple(taken)


def restrict(window: Window, slices: Sequence[slice]) -> Window:
    """Returns the window of a part of the local tensor; ``slices`` have starts, stops and step 1, one per axis."""
    return tuple(take(pieces, part.start, part.stop) for pieces, part in zip(window, slices, strict=True))


def localised(window: Window, slices: Slices) -> Slices:
    """Returns where ``slices`` of the global tensor lie in the local one.

    Raises:
        ValueError: If the local tensor has not all of them, one behind the other.
    """
    return tuple(_localised(pieces, part) for pieces, part in zip(window, slices, strict=True))


def _localised(pieces: Pieces, part: slice) -> slice:
    offset = 0
    for start, stop in pieces:
        if start <= part.start and part.stop <= stop:
            return slice(part.start - start + offset, part.stop - start + offset)
        offset += stop - start
    raise ValueError(f"{part.start}:{part.stop} is not in the part of the tensor that is here, {pieces}")


def slices_of(window: Window) -> Iterator[tuple[Slices, Slices]]:
    """Yields the slices that a window is made of: where they lie in the local tensor, and where in the global one."""
    axes = []
    for pieces in window:
        offset, axis = 0, []
        for start, stop in pieces:
            axis.append((slice(offset, offset + stop - start), slice(start, stop)))
            offset += stop - start
        axes.append(axis)
    for along in product(*axes):
        yield tuple(local for local, _ in along), tuple(drawn for _, drawn in along)


def text(window: Window, shape: Sequence[int]) -> str:
    """Returns ``[0:512, :]`` for people: a colon is the whole axis, a plus joins pieces."""
    axes = [
        ":" if pieces == ((0, extent),) else "+".join(f"{start}:{stop}" for start, stop in pieces)
        for pieces, extent in zip(window, shape, strict=True)
    ]
    return f"[{', '.join(axes)}]"


Shape: TypeAlias = tuple[int, ...]


def counts(shape: Shape, part: Shape) -> Shape:
    """Returns along each axis how many parts of shape ``part`` make up a tensor of ``shape``.

    Raises:
        ValueError: If they do not make it up exactly.
    """
    if len(shape) != len(part):
        raise ValueError(f"a slice of shape {part} has not the axes of the global shape {shape}")
    for axis, (whole, piece) in enumerate(zip(shape, part, strict=True)):
        if whole != piece and (piece < 1 or whole % piece):
            raise ValueError(f"slices of shape {part} do not make up the global shape {shape}: axis {axis}")
    return tuple(1 if whole == piece else whole // piece for whole, piece in zip(shape, part, strict=True))


def tile(shape: Shape, part: Shape, number: int) -> Slices:
    """Returns slice ``number`` of a tensor of ``shape`` cut into parts of shape ``part``, the last axis fastest.

    Raises:
        ValueError: If such parts do not make up the tensor, or there are not that many.
    """
    return at(part, coordinates(counts(shape, part), number))


def coordinates(grid: Shape, number: int) -> Shape:
    """Returns where cell ``number`` of a grid is, the last axis fastest.

    Raises:
        ValueError: If the grid has not that many cells.
    """
    if not 0 <= number < prod(grid):
        raise ValueError(f"slice {number} is asked for where {describe(grid)}")
    cell = []
    for length in reversed(grid):
        number, rest = divmod(number, length)
        cell.append(rest)
    return tuple(reversed(cell))


def at(part: Shape, cell: Sequence[int]) -> Slices:
    """Returns the slices at ``cell`` of a grid of parts of shape ``part``."""
    return tuple(slice(i * n, (i + 1) * n) for i, n in zip(cell, part, strict=True))


def describe(grid: Shape) -> str:
    """Returns how many slices a grid has, in words."""
    total = prod(grid)
    return "there is one, the whole tensor" if total == 1 else f"there are {total}, {'x'.join(map(str, grid))}"


def slices_of_run(shape: tuple[int, ...], start: int, stop: int) -> Iterator[Slices]:
    """Yields the slices that the elements ``start`` to ``stop`` in C order of a tensor of ``shape`` are, in order."""
    if start >= stop:
        return
    if not shape:
        yield ()
        return
    inner = prod(shape[1:])
    row, first = divmod(start, inner)
    last_row, last = divmod(stop, inner)
    if first or row == last_row:
        end = min(stop - row * inner, inner)
        yield from ((slice(row, row + 1), *rest) for rest in slices_of_run(shape[1:], first, end))
        row += 1
    if row < last_row:
        yield (slice(row, last_row), *everything(shape[1:]))
    if last and row <= last_row:
        yield from ((slice(last_row, last_row + 1), *rest) for rest in slices_of_run(shape[1:], 0, last))


def partition(shape: tuple[int, ...], limit: int) -> Iterator[Slices]:
    """Slices that partition ``shape`` in C order, each of at most ``limit`` elements and contiguous in memory."""
    size = prod(shape)
    if size <= limit:
        if size:
            yield everything(shape)
        return
    inner = size // shape[0]
    step = max(1, limit // inner)
    for start in range(0, shape[0], step):
        head = slice(start, min(start + step, shape[0]))
        if inner > limit:
            yield from ((head, *rest) for rest in partition(shape[1:], limit))
        else:
            yield (head, *everything(shape[1:]))


Index: TypeAlias = tuple[slice | int | EllipsisType, ...] | slice | int | EllipsisType


def normalise(index: Index | None, shape: tuple[int, ...]) -> tuple[Slices, tuple[int, ...]]:
    """``index`` as one ``slice(start, stop)`` per axis, and the shape that NumPy would give the result.

    Raises:
        IndexError: If it does not fit ``shape``.
        ValueError: If a slice has a step.
    """
    items = index if isinstance(index, tuple) else (... if index is None else index,)
    if len(items) != len(shape) or any(type(item) is not slice for item in items):
        items = _without_ellipsis(items, shape)
    slices: list[slice] = []
    kept: list[int] = []
    for item, length in zip(items, shape, strict=True):
        if isinstance(item, slice):
            start, stop, step = item.indices(length)
            if step != 1:
                raise ValueError(f"a slice of a draw has step 1, not {step}")
            slices.append(slice(start, max(start, stop)))
            kept.append(slices[-1].stop - start)
        elif (number := _integer(item)) is not None and -length <= number < length:
            slices.append(slice(number % length, number % length + 1))
        else:
            raise IndexError(f"{item!r} is no index into an axis of {length} (shape {shape})")
    return tuple(slices), tuple(kept)


def _integer(item: object) -> int | None:
    """``item`` if it is an integer of Python or NumPy."""
    try:
        return index_of(item)  # type: ignore[arg-type]  # what is no integer raises
    except TypeError:
        return None


def _without_ellipsis(items: tuple[slice | int | EllipsisType, ...], shape: tuple[int, ...]) -> tuple[slice | int, ...]:
    """``items`` with one for every axis: what an ellipsis stands for, and what is left out at the end."""
    ellipses = [number for number, item in enumerate(items) if item is ...]
    if len(ellipses) > 1:
        raise IndexError(f"an index has at most one ellipsis: {items!r}")
    at = ellipses[0] if ellipses else len(items)
    before, after = items[:at], items[at + 1 :]
    missing = len(shape) - len(before) - len(after)
    if missing < 0:
        raise IndexError(f"{items!r} has more axes than the shape {shape}")
    return tuple(item for item in (*before, *(slice(None),) * missing, *after) if item is not ...)
