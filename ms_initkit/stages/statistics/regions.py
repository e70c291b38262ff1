"""Which elements of a parameter are fixed by its plan, and which follow one law or structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Edit, Step, windows
from ms_initkit.draws.windows import Shape, Slices, common, relative, shape_of, with_axis
from ms_initkit.plans.lines import Assignment

Mask: TypeAlias = bool | NDArray[np.bool_]


@record
class Region:
    """Elements of a parameter that one draw makes, fixed ones among them.

    Args:
        draw: A draw of elements or of a whole tensor.
        steps: What is done with its values afterwards.
        local: Where the elements lie in the parameter; of what is repeated, the first of each group.
        drawn: Where they lie in the tensor of ``draw``.
        shape: The shape of that tensor.
    """

    draw: Draw
    steps: tuple[Step, ...]
    local: Slices
    drawn: Slices
    shape: Shape

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole tensor of its draw."""
        return all((at.start, at.stop) == (0, extent) for at, extent in zip(self.drawn, self.shape, strict=True))


def regions(line: Assignment) -> Iterator[Region]:
    """Yields the parts of ``line``'s parameter whose values depend on the seed, each with what draws it."""
    window = windows.whole(line.shape) if line.window is None else line.window
    for local, drawn in windows.slices_of(window):
        yield from _parts(Region(line.draw, (), local, drawn, line.shape))


def _parts(region: Region) -> Iterator[Region]:
    """Yields what of ``region`` depends on the seed, each part with the one draw that makes it."""
    draw = region.draw
    match draw:
        case draws.Constant() | draws.Table() | draws.Loaded() | draws.There() | draws.Keep():
            return
        case draws.Made() if not draw.is_random:
            return
        case draws.Edited(edits=edits) if _sums(edits):
            if draw.is_random:  # a sum is one law, whatever it is the sum of
                yield _before_steps(region, draw, _sums(edits))
        case draws.Edited():
            yield from _parts(_before_steps(region, draw, 0))
        case draws.InRows():
            yield from chain.from_iterable(map(_parts, _in_rows_of(region, draw)))
        case draws.Blocks():
            yield from chain.from_iterable(map(_parts, _in_blocks_of(region, draw)))
        case draws.Repeated():
            yield from chain.from_iterable(map(_parts, _once(region, draw)))
        case _:
            if all(at.start < at.stop for at in region.drawn):
                yield region


def _before_steps(region: Region, draw: draws.Edited, count: int) -> Region:
    """Returns ``region`` of the first ``count`` edits; the steps after them are done with its values."""
    own = tuple(edit for edit in draw.edits[count:] if isinstance(edit, draws.Step))
    made = draws.Edited(draw.draw, draw.edits[:count]) if count else draw.draw
    return replace(region, draw=made, steps=own + region.steps)


def _in_rows_of(region: Region, draw: draws.InRows) -> Iterator[Region]:
    """Yields the rows that are drawn; the others are none of the draw's."""
    local, drawn = region.local, region.drawn
    for start, stop in draw.rows:
        low, high = max(drawn[0].start, start), min(drawn[0].stop, stop)
        if low < high:
            at = _cut(local[0], low - drawn[0].start, high - low)
            rows = slice(low, high)
            yield replace(region, draw=draw.draw, local=with_axis(local, 0, at), drawn=with_axis(drawn, 0, rows))


def _in_blocks_of(region: Region, draw: draws.Blocks) -> Iterator[Region]:
    """Yields what ``region`` has of each block, placed in the block's own tensor."""
    axis, drawn = draw.axis, region.drawn
    start = 0
    for size, part in zip(draw.sizes, draw.draws, strict=True):
        low, high = max(drawn[axis].start, start), min(drawn[axis].stop, start + size)
        if low < high:
            yield Region(
                part,
                region.steps,
                with_axis(region.local, axis, _cut(region.local[axis], low - drawn[axis].start, high - low)),
                with_axis(drawn, axis, slice(low - start, high - start)),
                with_axis(region.shape, axis, size),
            )
        start += size


def _once(region: Region, draw: draws.Repeated) -> Iterator[Region]:
    """Yields the first of each group of equal slices that begins in ``region``, if any does."""
    axis, times, drawn = draw.axis, draw.times, region.drawn
    first, last = -(-drawn[axis].start // times), -(-drawn[axis].stop // times)
    if first < last:
        step = region.local[axis].step or 1
        begin = region.local[axis].start + (first * times - drawn[axis].start) * step
        groups = slice(begin, begin + (last - first - 1) * step * times + 1, step * times)
        yield Region(
            draw.draw,
            region.steps,
            with_axis(region.local, axis, groups),
            with_axis(drawn, axis, slice(first, last)),
            with_axis(region.shape, axis, region.shape[axis] // times),
        )


def _sums(edits: tuple[Edit, ...]) -> int:
    """Returns how many edits there are up to the last one that computes with a draw; 0 if none does."""
    combining = draws.AddDraw | draws.Masked
    return max((number for number, edit in enumerate(edits, 1) if isinstance(edit, combining)), default=0)


def _cut(whole: slice, offset: int, count: int) -> slice:
    step = whole.step or 1
    start = whole.start + offset * step
    return slice(start, start + (count - 1) * step + 1, step)


def has_fixed(draw: Draw) -> bool:
    """Returns whether any element's value is the same under every seed."""
    match draw:
        case draws.Constant() | draws.Table() | draws.Loaded() | draws.There() | draws.Keep():
            return True
        case draws.Made():
            return not draw.is_random
        case draws.Edited(edits=edits):
            is_set = any(isinstance(edit, draws.SetElement | draws.SetRows | draws.SetBox) for edit in edits)
            return is_set or all(map(has_fixed, draw.parts))
        case draws.Repeated(draw=inner):
            return has_fixed(inner)
        case draws.Blocks() | draws.InRows():
            return any(map(has_fixed, draw.parts))
        case _:
            return False


def repeats(draw: Draw, axis: int = 0) -> tuple[int, int] | None:
    """Returns along which axis of the whole tensor how many slices in a row are equal, edits aside."""
    match draw:
        case draws.Repeated(axis, times, _) if times > 1:
            return axis, times
        case draws.Edited(inner, edits) if not _sums(edits):
            return repeats(inner)
        case _:
            return None


def fixed(draw: Draw, slices: Slices, shape: Shape) -> Mask:
    """Returns which elements in ``slices`` of a tensor of ``shape`` have the same value under every seed."""
    match draw:
        case draws.Constant() | draws.Table() | draws.Loaded() | draws.There() | draws.Keep():
            return True
        case draws.Made():
            return not draw.is_random
        case draws.Edited(inner, edits):
            return _edited(fixed(inner, slices, shape), edits, slices, shape)
        case draws.InRows(rows, inner, rest):
            return _in_rows(rows, fixed(inner, slices, shape), fixed(rest, slices, shape), slices)
        case draws.Blocks(axis, sizes, parts):
            return _in_blocks(axis, sizes, parts, slices, shape)
        case draws.Repeated(axis, times, inner):
            first, last = slices[axis].start // times, -(-slices[axis].stop // times)
            groups = with_axis(slices, axis, slice(first, last))
            mask = fixed(inner, groups, with_axis(shape, axis, shape[axis] // times))
            if isinstance(mask, bool):
                return mask
            offset = slices[axis].start - first * times
            repeated = np.repeat(mask, times, axis)
            return np.take(repeated, range(offset, offset + slices[axis].stop - slices[axis].start), axis)
        case _:
            return False


def _edited(mask: Mask, edits: tuple[Edit, ...], slices: Slices, shape: Shape) -> Mask:
    for edit in edits:
        match edit:
            case draws.SetElement(at, _) if mask is not True:
                if all(part.start <= index < part.stop for part, index in zip(slices, at, strict=True)):
                    mask = _writable(mask, slices)
                    mask[tuple(index - part.start for part, index in zip(slices, at, strict=True))] = True
            case draws.SetRows(rows, _) if mask is not True:
                inside = [row - slices[0].start for row in rows if slices[0].start <= row < slices[0].stop]
                if inside:
                    mask = _writable(mask, slices)
                    mask[inside] = True
            case draws.SetBox(at, _) if mask is not True:
                for _, part in windows.slices_of(at):
                    found = common(part, slices)
                    if found is not None:
                        mask = _writable(mask, slices)
                        mask[relative(found, slices)] = True
            case draws.AddDraw(added):
                mask = mask & fixed(added, slices, shape)
    return mask


def _writable(mask: Mask, slices: Slices) -> NDArray[np.bool_]:
    return np.zeros(shape_of(slices), bool) if isinstance(mask, bool) else mask


def _in_rows(rows: windows.Pieces, inside: Mask, outside: Mask, slices: Slices) -> Mask:
    numbers = np.arange(slices[0].start, slices[0].stop)
    is_inside = np.zeros(len(numbers), bool)
    for start, stop in rows:
        is_inside |= (numbers >= start) & (numbers < stop)
    shape = shape_of(slices)
    return np.where(is_inside.reshape(-1, *(1,) * (len(shape) - 1)), inside, np.broadcast_to(outside, shape))


def _in_blocks(axis: int, sizes: tuple[int, ...], parts: tuple[Draw, ...], slices: Slices, shape: Shape) -> Mask:
    start, masks = 0, []
    for size, part in zip(sizes, parts, strict=True):
        low, high = max(slices[axis].start, start), min(slices[axis].stop, start + size)
        if low < high:
            inner = with_axis(slices, axis, slice(low - start, high - start))
            mask = fixed(part, inner, with_axis(shape, axis, size))
            masks.append((with_axis(slices, axis, slice(low, high)), mask))
        start += size
    if all(mask is True for _, mask in masks) or all(mask is False for _, mask in masks):
        return bool(masks) and masks[0][1] is True
    out = np.zeros(shape_of(slices), bool)
    for found, mask in masks:
        out[relative(found, slices)] = mask
    return out
