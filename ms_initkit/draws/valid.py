"""Whether a draw makes sense in a tensor of a shape: what every formula sees to, and what no file need."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from ms_initkit import draws
from ms_initkit.draws import Draw, Edit, tables
from ms_initkit.draws.windows import Pieces

# How many axes the draws of whole tensors take.
_AXES: Final = {"orthogonal": range(2, 65), "delta_orthogonal": range(3, 6), "sparse": range(2, 3)}
_WEIGHTS: Final = 1e-3  # by which the weights of a mixture may miss their sum, 1


def fault(draw: Draw, shape: tuple[int, ...]) -> str | None:
    """Returns what is wrong with ``draw`` in a tensor of ``shape``, None if it makes sense."""
    match draw:
        case draws.Constant(value):
            return None if math.isfinite(value) else f"a constant is finite, not {value}"
        case draws.Uniform(low, high):
            return _ordered(low, high)
        case draws.Normal(mean, std):
            return _spread(mean, std)
        case draws.TruncatedNormal(mean, std, low, high):
            is_bounded = low <= high and low < math.inf and high > -math.inf
            return _spread(mean, std) or (None if is_bounded else f"no number lies from {low} to {high}")
        case draws.Mixture(weights, parts):
            return _weights_fault(weights, len(parts)) or _first(_part_fault(part, shape) for part in parts)
        case draws.Table(name, arguments):
            return _table_fault(name, arguments, shape)
        case draws.Whole(name, arguments):
            return _whole_fault(name, dict(arguments), shape)
        case draws.Blocks(_, _, parts):
            return _blocks_fault(draw, shape) or _first(
                _part_fault(part, own) for part, own in zip(parts, draw.shapes(shape), strict=True)
            )
        case draws.Repeated(axis, times, inner):
            if not 0 <= axis < len(shape) or times < 1 or shape[axis] % times:
                return f"axis {axis} of {shape} is not {times} times something"
            return _part_fault(inner, *draw.shapes(shape))
        case draws.Made(inner, inner_shape, function):
            made_of = function.fault(inner_shape) or _part_fault(inner, inner_shape)
            return made_of or _result_fault(inner_shape, function.result(inner_shape, shape), shape)
        case draws.InRows(rows, inner, rest):
            return _pieces_fault(rows, shape, 0) or fault(inner, shape) or fault(rest, shape) or _kept(inner)
        case draws.Edited(inner, edits):
            found = _part_fault(inner, shape) or _first(_edit_fault(edit, shape) for edit in edits)
            return found or _streams_fault([edit.stream for edit in edits if isinstance(edit, draws.AddDraw)])
        case _:
            return None


def _part_fault(part: Draw, shape: tuple[int, ...]) -> str | None:
    return fault(part, shape) or _kept(part)


def _first(faults: Iterable[str | None]) -> str | None:
    return next((found for found in faults if found is not None), None)


def _kept(part: Draw) -> str | None:
    return "a part of a parameter cannot be kept" if isinstance(part, draws.Keep) else None


def _ordered(low: float, high: float) -> str | None:
    is_right = math.isfinite(low) and math.isfinite(high) and low <= high
    return None if is_right else f"no distribution lies from {low} to {high}"


def _spread(mean: float, std: float) -> str | None:
    is_right = math.isfinite(mean) and math.isfinite(std) and std >= 0.0
    return None if is_right else f"no distribution has the mean {mean} and the standard deviation {std}"


def _weights_fault(weights: tuple[float, ...], parts: int) -> str | None:
    is_right = len(weights) == parts > 0 and min(weights) >= 0.0 and abs(math.fsum(weights) - 1.0) < _WEIGHTS
    what = "a mixture has one weight for each of its draws, none negative, and their sum is 1"
    return None if is_right else f"{what}: {weights}"


def _result_fault(old: tuple[int, ...], made: tuple[int, ...], due: tuple[int, ...]) -> str | None:
    return None if made == due else f"what is made of {old} is {made}, not {due}"


def _blocks_fault(draw: draws.Blocks, shape: tuple[int, ...]) -> str | None:
    is_right = 0 <= draw.axis < len(shape) and len(draw.sizes) == len(draw.draws) and min(draw.sizes, default=0) >= 1
    if not is_right or sum(draw.sizes) != shape[draw.axis]:
        return f"blocks of {draw.sizes} along axis {draw.axis} do not make up {shape}"
    if draw.shares_words and len(set(draw.sizes)) > 1:
        return f"blocks that share their words are of one size, not {draw.sizes}"
    return None


def _edit_fault(edit: Edit, shape: tuple[int, ...]) -> str | None:
    match edit:
        case draws.Step(_, value):
            return None if math.isfinite(value) else f"a step takes a finite number, not {value}"
        case draws.SetElement(at, to):
            if len(at) != len(shape) or not all(-n <= place < n for place, n in zip(at, shape, strict=True)):
                return f"{list(at)} is not a place in {shape}"
        case draws.SetRows(rows, to):
            if not shape or not all(-shape[0] <= row < shape[0] for row in rows):
                return f"{list(rows)} are not all rows of {shape}"
        case draws.SetBox(at, to):
            wrong = f"{at} is not in {shape}" if len(at) != len(shape) else None
            wrong = wrong or _first(_pieces_fault(pieces, shape, axis) for axis, pieces in enumerate(at))
            if wrong is not None:
                return wrong
        case draws.AddDraw(draw):
            return _part_fault(draw, shape)
        case draws.Masked(draw):
            return _part_fault(draw, shape) or ("a mask is not drawn" if draw.is_random else None)
    return "an element is not set to nan" if math.isnan(to) else None


def _pieces_fault(pieces: Pieces, shape: tuple[int, ...], axis: int) -> str | None:
    """Returns whether stretches of an axis are none of them, or not in ascending order."""
    ends = [end for piece in pieces for end in piece]
    is_right = axis < len(shape) and ends == sorted(set(ends)) and ends[:1] >= [0] and ends[-1:] <= [shape[axis]]
    return None if pieces and is_right else f"{pieces} are not stretches of axis {axis} of {shape}"


def _streams_fault(streams: list[str]) -> str | None:
    if len(set(streams)) < len(streams):
        return f"no two draws are added of the same random numbers: {streams}"
    is_text = all(name == name.encode(errors="ignore").decode() for name in streams)
    return None if is_text else f"the names of random numbers are text: {streams}"


def _whole_fault(name: str, arguments: dict[str, object], shape: tuple[int, ...]) -> str | None:
    axes = _AXES.get(name)
    if axes is None:
        return f"no draw of a whole tensor is called {name!r}"
    stacked = arguments.pop("batch_axes", ())
    if not isinstance(stacked, tuple) or not all(type(axis) is int and 0 <= axis < len(shape) for axis in stacked):
        return f"batch_axes are axes of {shape}, not {stacked}"
    inner = len(shape) - len(set(stacked))
    if len(set(stacked)) < len(stacked) or inner not in axes:
        return f"{name} takes {axes.start} to {axes.stop - 1} axes, and {shape} without {stacked} has {inner}"
    column = arguments.pop("column_axis", "first")
    numbers = all(isinstance(value, float) and math.isfinite(value) for value in arguments.values())
    if not numbers or column not in ("first", "last") or not arguments.keys() <= {"gain", "std", "sparsity"}:
        return f"{name} cannot be drawn of {arguments | {'column_axis': column}}"
    return None


def _table_fault(name: str, arguments: draws.Arguments, shape: tuple[int, ...]) -> str | None:
    if 0 in shape:
        return None
    try:
        with np.errstate(all="ignore"):
            first, last = ((0,) * len(shape), tuple(extent - 1 for extent in shape))
            corners = [tuple(np.full((1,) * len(shape), at, np.int64) for at in corner) for corner in (first, last)]
            values = np.array([tables.evaluate(name, arguments, corner, shape) for corner in corners])
    except Exception as error:  # a table takes its arguments for what a formula gives it
        return f"table {name!r} cannot be made of {dict(arguments)}: {type(error).__name__}: {error}"
    return None if np.isfinite(values).all() else f"table {name!r} of {dict(arguments)} is not finite"
