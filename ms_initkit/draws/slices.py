"""Which part of a global tensor a local one is: consecutive pieces along each axis.

A window is a product: along every axis a tuple of ``(start, stop)`` pieces in global coordinates, which lie one behind
the other in the local tensor. A plain slice has one piece per axis; q, k and v of a fused weight split by heads have
three.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Piece: TypeAlias = tuple[int, int]
Pieces: TypeAlias = tuple[Piece, ...]
Window: TypeAlias = tuple[Pieces, ...]
Slices: TypeAlias = tuple[slice, ...]


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


def boxes(window: Window) -> Iterator[tuple[Slices, Slices]]:
    """Yields the slices that a window is made of: where they lie in the local tensor, and where in the global one."""
    axes = []
    for pieces in window:
        offset, axis = 0, []
        for start, stop in pieces:
            axis.append((slice(offset, offset + stop - start), slice(start, stop)))
            offset += stop - start
        axes.append(axis)
    for box in product(*axes):
        yield tuple(local for local, _ in box), tuple(place for _, place in box)


def size(window: Window) -> int:
    """Returns the number of elements of the local tensor."""
    return prod(local_shape(window))


def text(window: Window, shape: Sequence[int]) -> str:
    """Returns ``[0:512, :]`` for people: a colon is the whole axis, a plus joins pieces."""
    axes = [
        ":" if pieces == ((0, extent),) else "+".join(f"{start}:{stop}" for start, stop in pieces)
        for pieces, extent in zip(window, shape, strict=True)
    ]
    return f"[{', '.join(axes)}]"
