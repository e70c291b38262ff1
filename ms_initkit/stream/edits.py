"""Edits of values, piece by piece of their tensor, and the numbers in them as an element type has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ms_initkit.draws import AddDraw, Edit, Masked, SetBox, SetElement, SetRows, Step
from ms_initkit.draws.arrays import Reals
from ms_initkit.draws.rounding import carried_number
from ms_initkit.draws.steps import stepped
from ms_initkit.draws.windows import Shape, Slices, common, relative, slices_of
from ms_initkit.stream.engine import Dtype
from ms_initkit.stream.laws import greatest_to, least_from


def in_type(dtype: Dtype, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """``edits``, their numbers in ``dtype`` where nothing is computed with them any more."""
    last = max((number for number, edit in enumerate(edits, 1) if _computes(edit)), default=0)
    return (*edits[:last], *(_edit_in_type(dtype, edit) for edit in edits[last:]))


def _computes(edit: Edit) -> bool:
    return isinstance(edit, AddDraw | Masked) or (isinstance(edit, Step) and edit.name not in ("at_least", "below"))


def _edit_in_type(dtype: Dtype, edit: Edit) -> Edit:
    if dtype == "float64":
        return edit
    infinity = np.float32(np.inf)
    match edit:
        case SetElement(to=to) | SetRows(to=to) | SetBox(to=to):
            return replace(edit, to=carried_number(to, dtype))
        case Step("at_least", value):
            return Step("at_least", float(least_from(np.float32(value), dtype)))
        case Step("below", value):
            largest = greatest_to(np.nextafter(np.float32(value), -infinity), dtype)
            return Step("below", float(np.nextafter(largest, infinity)))
        case _:
            return edit


def edited(values: Reals, edit: Edit, shape: Shape, slices: Slices) -> Reals:
    """``values``, those in ``slices`` of a tensor of ``shape``, after an edit that needs nothing else."""
    match edit:
        case Step():
            return stepped(edit, values)
        case SetElement(at, to):
            if len(at) != len(shape) or any(not -n <= i < n for i, n in zip(at, shape, strict=True)):
                raise ValueError(f"{at} is no place in a tensor of shape {shape}")
            local = tuple(i % n - part.start for i, n, part in zip(at, shape, slices, strict=True))
            if all(0 <= i < n for i, n in zip(local, values.shape, strict=True)):
                values = values.copy()
                values[local] = to
            return values
        case SetRows(rows, to):
            if any(not -shape[0] <= row < shape[0] for row in rows):
                raise ValueError(f"rows {rows} are not all in a tensor of shape {shape}")
            local_rows = [row % shape[0] - slices[0].start for row in rows]
            values = values.copy()
            values[[row for row in local_rows if 0 <= row < values.shape[0]]] = to
            return values
        case SetBox(at, to):
            values = values.copy()
            for _, part in slices_of(at):
                inside = common(part, slices)
                if inside is not None:
                    values[relative(inside, slices)] = to
            return values
    raise TypeError(f"not an edit: {edit!r}")


def masked(values: Reals, mask: Reals) -> Reals:
    """The products, 0 where the mask is."""
    with np.errstate(all="ignore"):
        return np.where(mask == 0.0, values.dtype.type(0.0), values * mask)
