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
from ms_initkit.draws.windows import Shape, Slices
from ms_initkit.plans.lines import Assignment

Mask: TypeAlias = bool | NDArray[np.bool_]


@record
class Region:
    """Elements of a parameter that one draw makes, fixed ones among them.

    Args:
        draw: A draw of elements or of a whole tensor.
        steps: What is done with its values afterwards.
        local: Where the elements lie in the parameter; of what is repeated, the first of each group.
        place: Where they lie in the tensor of ``draw``.
        shape: The shape of that tensor.
    """

    draw: Draw
    steps: tuple[Step, ...]
    local: Slices
    place: Slices
    shape: Shape

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole tensor of its draw."""
        return all((at.start, at.stop) == (0, extent) for at, extent in zip(self.place, self.shape, strict=True))


def regions(line: Assignment) -> Iterator[Region]:
    """Yields the parts of ``line``'s parameter whose values depend on the seed, each with what draws it."""
    window = windows.whole(line.shape) if line.window is None else line.window
    for local, place in windows.slices_of(window):
        yield from _parts(Region(line.draw, (), local, place, line.shape))


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
            if all(at.start < at.stop for at in region.place):
                yield region


def _before_steps(region: Region, draw: draws.Edited, count: int) -> Region:
    """Returns ``region`` of the first ``count`` edits; the steps after them are done with its values."""
    own = tuple(edit for edit in draw.edits[count:] if isinstance(edit, draws.Step))
    made = draws.Edited(draw.draw, draw.edits[:count]) if count else draw.draw
    return replace(region, draw=made, steps=own + region.steps)


def _in_rows_of(region: Region, draw: draws.InRows) -> Iterator[Region]:
    """Yields the rows that are drawn; the others are none of the draw's."""
    local, place = region.local, region.place
    for start, stop in draw.rows:
        low, high = max(place[0].start, start), min(place[0].stop, stop)
        if low < high:
            at = _cut(local[0], low - place[0].start, high - low)
            rows = slice(low, high)
            yield replace(region, draw=draw.draw, local=_with(local, 0, at), place=_with(place, 0, rows))


def _in_blocks_of(region: Region, draw: draws.Blocks) -> Iterator[Region]:
    """Yields what ``region`` has of each block, placed in the block's own tensor."""
    axis, place = draw.axis, region.place
    start = 0
    for size, part in zip(draw.sizes, draw.draws, strict=True):
        low, high = max(place[axis].start, start), min(place[axis].stop, start + size)
        if low < high:
            yield Region(
                part,
                region.steps,
                _with(region.local, axis, _cut(region.local[axis], low - place[axis].start, high - low)),
                _with(place, axis, slice(low - start, high - start)),
                _extent(region.shape, axis, size),
            )
        start += size


def _once(region: Region, draw: draws.Repeated) -> Iterator[Region]:
    """Yields the first of each group of equal slices that begins in ``region``, if any does."""
    axis, times, place = draw.axis, draw.times, region.place
    first, last = -(-place[axis].start // times), -(-place[axis].stop // times)
    if first < last:
        step = region.local[axis].step or 1
        begin = region.local[axis].start + (first * times - place[axis].start) * step
        groups = slice(begin, begin + (last - first - 1) * step * times + 1, step * times)
        yield Region(
            draw.draw,
            region.steps,
            _with(region.local, axis, groups),
            _with(place, axis, slice(first, last)),
            _extent(region.shape, axis, region.shape[axis] // times),
        )


def _sums(edits: tuple[Edit, ...]) -> int:
    """Returns how many edits there are up to the last one that computes with a draw; 0 if none does."""
    combining = draws.AddDraw | draws.Masked
    return max((number for number, edit in enumerate(edits, 1) if isinstance(edit, combining)), default=0)


def _cut(whole: slice, offset: int, count: int) -> slice:
    step = whole.step or 1
    start = whole.start + offset * step
    return slice(start, start + (count - 1) * step + 1, step)


def _with(slices: Slices, axis: int, new: slice) -> Slices:
    return (*slices[:axis], new, *slices[axis + 1 :])


def _extent(shape: Shape, axis: int, extent: int) -> Shape:
    return (*shape[:axis], extent, *shape[axis + 1 :])


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


def fixed(draw: Draw, place: Slices, shape: Shape) -> Mask:
    """Returns which elements at ``place`` in a tensor of ``shape`` have the same value under every seed."""
    match draw:
        case draws.Constant() | draws.Table() | draws.Loaded() | draws.There() | draws.Keep():
            return True
        case draws.Made():
            return not draw.is_random
        case draws.Edited(inner, edits):
            return _edited(fixed(inner, place, shape), edits, place, shape)
        case draws.InRows(rows, inner, rest):
            return _in_rows(rows, fixed(inner, place, shape), fixed(rest, place, shape), place)
        case draws.Blocks(axis, sizes, parts):
            return _in_blocks(axis, sizes, parts, place, shape)
        case draws.Repeated(axis, times, inner):
            first, last = place[axis].start // times, -(-place[axis].stop // times)
            mask = fixed(inner, _with(place, axis, slice(first, last)), _extent(shape, axis, shape[axis] // times))
            if isinstance(mask, bool):
                return mask
            offset = place[axis].start - first * times
            repeated = np.repeat(mask, times, axis)
            return np.take(repeated, range(offset, offset + place[axis].stop - place[axis].start), axis)
        case _:
            return False


def _edited(mask: Mask, edits: tuple[Edit, ...], place: Slices, shape: Shape) -> Mask:
    for edit in edits:
        match edit:
            case draws.SetElement(at, _) if mask is not True:
                if all(part.start <= index < part.stop for part, index in zip(place, at, strict=True)):
                    mask = _writable(mask, place)
                    mask[tuple(index - part.start for part, index in zip(place, at, strict=True))] = True
            case draws.SetRows(rows, _) if mask is not True:
                inside = [row - place[0].start for row in rows if place[0].start <= row < place[0].stop]
                if inside:
                    mask = _writable(mask, place)
                    mask[inside] = True
            case draws.SetBox(at, _) if mask is not True:
                for _, box in windows.slices_of(at):
                    ends = [(max(b.start, p.start), min(b.stop, p.stop)) for b, p in zip(box, place, strict=True)]
                    if all(low < high for low, high in ends):
                        mask = _writable(mask, place)
                        moved = zip(ends, place, strict=True)
                        mask[tuple(slice(low - part.start, high - part.start) for (low, high), part in moved)] = True
            case draws.AddDraw(added):
                mask = mask & fixed(added, place, shape)
    return mask


def _writable(mask: Mask, place: Slices) -> NDArray[np.bool_]:
    return np.zeros([part.stop - part.start for part in place], bool) if isinstance(mask, bool) else mask


def _in_rows(rows: windows.Pieces, inside: Mask, outside: Mask, place: Slices) -> Mask:
    numbers = np.arange(place[0].start, place[0].stop)
    is_inside = np.zeros(len(numbers), bool)
    for start, stop in rows:
        is_inside |= (numbers >= start) & (numbers < stop)
    shape = [part.stop - part.start for part in place]
    return np.where(is_inside.reshape(-1, *(1,) * (len(shape) - 1)), inside, np.broadcast_to(outside, shape))


def _in_blocks(axis: int, sizes: tuple[int, ...], parts: tuple[Draw, ...], place: Slices, shape: Shape) -> Mask:
    start, masks = 0, []
    for size, part in zip(sizes, parts, strict=True):
        low, high = max(place[axis].start, start), min(place[axis].stop, start + size)
        if low < high:
            inner = _with(place, axis, slice(low - start, high - start))
            masks.append((slice(low, high), fixed(part, inner, _extent(shape, axis, size))))
        start += size
    if all(mask is True for _, mask in masks) or all(mask is False for _, mask in masks):
        return bool(masks) and masks[0][1] is True
    out = np.zeros([part.stop - part.start for part in place], bool)
    for at, mask in masks:
        out[_with(_all(place), axis, slice(at.start - place[axis].start, at.stop - place[axis].start))] = mask
    return out


def _all(place: Slices) -> Slices:
    return tuple(slice(0, part.stop - part.start) for part in place)
