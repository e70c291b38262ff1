"""Tests of what is drawn whole: orthogonality, zeros where they are due."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ms_initkit import draws
from ms_initkit.draws.arrays import Array
from ms_initkit.draws.text import number
from ms_initkit.draws.windows import everything
from ms_initkit.stages.statistics.goodness import Misfit, rounding
from ms_initkit.stages.statistics.regions import Region
from ms_initkit.stages.statistics.tally import as_floats

Matrix: TypeAlias = NDArray[np.float32]

# Rows of a product that are looked at together.
_ROWS: Final = 512
# What QR in float32 leaves of orthogonality, relative to the gain squared.
_FACTORISATION: Final = 2e-5


def structural_misfits(values: Array, dtype: str, region: Region, alpha: float) -> Iterator[Misfit]:
    """Yields what of the structure that ``region`` has is not in its stored ``values``; nothing if it has none."""
    if not isinstance(region.draw, draws.Whole):
        return
    options = dict(region.draw.arguments)
    stacked = options.pop("batch_axes", ())
    if not isinstance(stacked, tuple) or not stacked:
        yield from _of_one(values, dtype, region, alpha)
    elif region.is_whole:
        axes = [int(axis) for axis in stacked]
        shape = tuple(extent for axis, extent in enumerate(region.shape) if axis not in axes)
        draw = draws.Whole(region.draw.name, tuple(options.items()))
        one = replace(region, draw=draw, shape=shape, drawn=everything(shape))
        members = np.moveaxis(values, axes, range(len(axes)))
        indices = list(np.ndindex(members.shape[: len(axes)]))
        for index in indices:
            for misfit in _of_one(members[index], dtype, one, alpha / len(indices)):
                yield Misfit(misfit.code, f"member {list(index)}: {misfit.message}")


def _of_one(values: Array, dtype: str, region: Region, alpha: float) -> Iterator[Misfit]:
    factor = _factor(region.steps)
    if not isinstance(region.draw, draws.Whole) or factor is None:
        return
    match region.draw.name, dict(region.draw.arguments):
        case "orthogonal", {"gain": float(gain), "column_axis": str(axis)}:
            yield from _orthogonal(values, dtype, gain * factor, region, axis, alpha)
        case "delta_orthogonal", {"gain": float(gain)} if region.is_whole:
            yield from _delta_orthogonal(values, dtype, gain * factor, alpha)
        case "sparse", {"sparsity": float(sparsity)} if region.is_whole:
            yield from _zeros_of_columns(values, math.ceil(sparsity * region.shape[0]))


def _factor(steps: tuple[draws.Step, ...]) -> float | None:
    """Returns what steps multiply values by; None if they do anything else."""
    if any(step.name != "multiply" for step in steps):
        return None
    return math.prod(step.value for step in steps)


def _orthogonal(values: Array, dtype: str, gain: float, region: Region, axis: str, alpha: float) -> Iterator[Misfit]:
    rows = region.shape[0] if axis == "first" else math.prod(region.shape[:-1])
    columns = math.prod(region.shape) // rows
    # Of a matrix that is not tall, some rows are as orthogonal as all.
    is_part = not region.is_whole
    whole_rows = all(
        (at.start, at.stop) == (0, extent) for at, extent in zip(region.drawn[1:], region.shape[1:], strict=True)
    )
    if is_part and not (axis == "first" and rows <= columns and whole_rows):
        return
    matrix = _matrix(values, dtype).reshape((-1, columns))
    yield from _orthonormal(matrix if rows <= columns else matrix.T, dtype, gain, max(rows, columns), alpha)


def _matrix(values: Array, dtype: str) -> Matrix:
    return values if dtype == "float32" else as_floats(values, dtype).astype(np.float32)  # type: ignore[return-value]


def _orthonormal(matrix: Matrix, dtype: str, gain: float, length: int, alpha: float) -> Iterator[Misfit]:
    """Yields whether the rows of ``matrix``, of which there are not more than columns, are not orthogonal."""
    rows = len(matrix)
    square = gain * gain
    # A rounded matrix has another product by E W^T + W E^T, of which a row is as long as E has norm: a few units.
    allowed = square * (_FACTORISATION * math.sqrt(rows) + 6.0 * rounding(dtype))
    worst, row = 0.0, 0
    for start in range(0, rows, _ROWS):
        product = matrix[start : start + _ROWS] @ matrix.T
        product[np.arange(len(product)), np.arange(start, start + len(product))] -= np.float32(square)
        lengths = np.sqrt(np.einsum("ij,ij->i", product, product))
        if not lengths.max() <= worst:
            worst, row = float(lengths.max()), start + int(lengths.argmax())
    if not worst <= allowed:
        yield Misfit(
            "lost-orthogonality",
            f"W W^T is not {number(square)} I: row {row} of the difference is {worst:.3g} long, "
            f"and rounding explains {allowed:.2g}",
        )
        return
    # A coordinate of a unit vector squared is Beta(1/2, (n - 1)/2): an identity, say, is orthogonal and not drawn.
    share = min(1.0, (float(np.abs(matrix).max()) * (1.0 - 1e-3) / abs(gain)) ** 2)
    chance = float(special.betainc(0.5 * (length - 1), 0.5, 1.0 - share)) if length > 1 else 1.0
    if matrix.size * chance < alpha:
        yield Misfit("wrong-law", f"it is orthogonal, but an element of {number(np.abs(matrix).max())} is not drawn")


def _delta_orthogonal(values: Array, dtype: str, gain: float, alpha: float) -> Iterator[Misfit]:
    taps = tuple((extent - 1) // 2 for extent in values.shape[2:])
    index: tuple[slice | int, ...] = (slice(None), slice(None), *taps)
    center = values[index]
    outside = np.count_nonzero(values) - np.count_nonzero(center)
    if outside:
        yield Misfit("different-values", f"{outside:,} values beside the centre tap are not 0")
    yield from _orthonormal(_matrix(center, dtype).T, dtype, gain, values.shape[0], alpha)


def _zeros_of_columns(values: Array, zeros: int) -> Iterator[Misfit]:
    found = len(values) - np.count_nonzero(values, axis=0)
    wrong = np.flatnonzero(found != zeros)
    if wrong.size:
        yield Misfit(
            "different-values",
            f"{wrong.size:,} columns have not {zeros:,} zeros, the first of them column {wrong[0]} with "
            f"{found[wrong[0]]:,}",
        )
