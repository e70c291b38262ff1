"""Any slice of any parameter of a plan, without a network."""

from __future__ import annotations

from dataclasses import replace
from types import EllipsisType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws import windows
from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import FLOATS, HALVES, storage
from ms_initkit.draws.windows import normalise
from ms_initkit.files import checkpoints
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.given import given_plan
from ms_initkit.stream import Dtype
from ms_initkit.stream.given import Given
from ms_initkit.stream.keys import checked_seed

# Elements that are drawn aside before they are copied to where they do not lie in one piece: 4 MiB of float32.
_ASIDE: Final = 1 << 20


def draw(plan: Plan, name: str, *, seed: int, index: stream.Index | None = None) -> NDArray[Any]:
    """Returns the values of parameter ``name``, or a slice of them, in float32; of wider types in their own.

    An apply with ``seed`` writes these; into float16 and bfloat16 rounded once to nearest even. Parameters of float64
    and of whole numbers are returned as they are: float32 does not hold all of their values.

    Args:
        plan: A plan; its network is not needed.
        name: Any name that the parameter answers to.
        seed: The seed of the apply.
        index: Slices of step 1 and whole numbers, as NumPy indexes the parameter; None is all of it.

    Raises:
        KeyError: If no parameter answers to ``name``.
        ValueError: If the parameter is kept, so that the plan does not know its values.
        TypeError: If ``plan`` is neither a plan nor a report.
    """
    line = given_plan(plan, "draw")[name]
    if isinstance(line.draw, draws.Keep):
        raise ValueError(f"{name!r} is kept: the plan does not know its values")
    if line.draw.takes:
        raise ValueError(f"{name!r} is made of values that a network holds: the plan does not know them")
    slices, kept = normalise(index, line.local_shape)
    dtype = "float32" if line.dtype in HALVES else line.dtype
    out = np.empty(windows.shape_of(slices), dtype)
    fill_line(out, replace(line, dtype=dtype), checked_seed(seed), slices)
    return out.reshape(kept)


def fill_line(
    out: Array, line: Assignment, seed: int, slices: windows.Slices | None = None, given: Given | None = None
) -> None:
    """Writes the values of a plan's line, or a slice of them, into ``out``, as an apply with ``seed`` does.

    Args:
        out: C-contiguous and writable, in the shape of the slice; bfloat16 as ``uint16``.
        line: A line that is not kept.
        seed: The seed of the apply.
        slices: Starts, stops and step 1 in the parameter's own coordinates, one per axis; None is all of it.
        given: What is there already, where the line takes any of it, and sums that were added up before.

    Raises:
        ValueError: If the draw cannot be sampled, or a file lacks its values.
    """
    if line.dtype not in FLOATS:
        _fill_exactly(out, line, slices, given)
        return
    key = stream.key(seed, line.stream)
    if line.window is None:
        stream.fill(out, line.draw, line.shape, key, slices, line.dtype, given)  # type: ignore[arg-type]  # of FLOATS
        return
    window = line.window if slices is None else windows.restrict(line.window, slices)
    _fill_window(out, line, key, window, Given() if given is None else given)


def exact_values(line: Assignment) -> Array | int:
    """Returns the values of the whole tensor of an integer parameter: a constant, or an array that is loaded."""
    match line.draw:
        case draws.Constant(value):
            return int(value)  # of which no bit was ever in a float that could not hold it
        case draws.Loaded(path, key):
            return checkpoints.read(path, key)
        case draw:
            raise ValueError(f"{line.name!r} of {line.dtype} cannot hold {draw}")


def _fill_exactly(out: Array, line: Assignment, slices: windows.Slices | None, given: Given | None) -> None:
    # Whole constants, values of files and copies of what is there are all that binding lets into an integer parameter.
    window = windows.whole(line.shape) if line.window is None else line.window
    if slices is not None:
        window = windows.restrict(window, slices)
    if isinstance(line.draw, draws.There):
        for local, drawn in windows.slices_of(window):
            out[local] = (Given() if given is None else given).read(line.draw.name, drawn)
        return
    values = np.broadcast_to(np.asarray(exact_values(line)), line.shape)
    for local, drawn in windows.slices_of(window):
        out[local] = values[drawn]


def _fill_window(out: Array, line: Assignment, key: int, window: windows.Window, given: Given) -> None:
    dtype: Dtype = line.dtype  # type: ignore[assignment]  # one of FLOATS
    parts = list(windows.slices_of(window))
    if len(parts) > 1 and line.draw.is_drawn_whole:
        everything = np.empty(line.shape, storage(dtype))
        stream.fill(everything, line.draw, line.shape, key, None, dtype, given)
        for local, drawn in parts:
            out[local] = everything[drawn]
        return
    for local, drawn in parts:
        # The ellipsis makes a view of a scalar, too.
        view: tuple[slice | EllipsisType, ...] = (*local, ...)
        _fill_slices(out[view], line, key, drawn, given)


def _fill_slices(target: Array, line: Assignment, key: int, drawn: windows.Slices, given: Given) -> None:
    dtype: Dtype = line.dtype  # type: ignore[assignment]  # one of FLOATS
    if target.flags.c_contiguous:
        stream.fill(target, line.draw, line.shape, key, drawn, dtype, given)
        return
    step = max(1, _ASIDE // max(target[0].size, 1))
    for start in range(0, len(target), step):
        rows = target[start : start + step]
        first = slice(drawn[0].start + start, drawn[0].start + start + len(rows))
        aside = np.empty(rows.shape, rows.dtype)
        stream.fill(aside, line.draw, line.shape, key, (first, *drawn[1:]), dtype, given)
        rows[...] = aside
