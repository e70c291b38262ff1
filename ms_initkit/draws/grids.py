"""Which part of a tensor a slice is: equal parts along any axes, numbered as MindSpore numbers them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Slices: TypeAlias = tuple[slice, ...]
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
    place = []
    for length in reversed(grid):
        number, rest = divmod(number, length)
        place.append(rest)
    return tuple(reversed(place))


def at(part: Shape, place: Sequence[int]) -> Slices:
    """Returns the slice at ``place`` in a grid of parts of shape ``part``."""
    return tuple(slice(i * n, (i + 1) * n) for i, n in zip(place, part, strict=True))


def describe(grid: Shape) -> str:
    """Returns how many slices a grid has, in words."""
    total = prod(grid)
    return "there is one, the whole tensor" if total == 1 else f"there are {total}, {'x'.join(map(str, grid))}"
