"""The arithmetic of cuts: from a local shape to the global one, and from that to the pieces that a rank holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.layouts.rules import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ms_initkit.layouts.rules import Cut, Split
    from ms_initkit.layouts.tiling import Claims
    from ms_initkit.syntax.grammar import Value


def global_shape(cuts: Sequence[Cut], local: tuple[int, ...], environment: Mapping[str, Value]) -> tuple[int, ...]:
    """Returns the shape that a tensor had before ``cuts`` left ``local`` of it.

    Raises:
        ValueError: If no tensor leaves it.
    """
    shape = list(local)
    for cut in reversed(cuts):
        axis = _axis(cut, len(local))
        if isinstance(cut, Stretch):
            shape[axis] = whole_number(cut.extent.evaluate(environment), "extent")
            continue
        parts, _, ratio, copies = _split_numbers(cut, environment)
        share = sum(weight * times for weight, times in zip(ratio, copies, strict=True))
        extent, rest = divmod(shape[axis] * sum(ratio) * parts, share)
        if rest:
            raise ValueError(
                f"axis {axis} of length {shape[axis]} cannot be one of {parts} parts of blocks in the ratio {ratio}"
            )
        shape[axis] = extent
    return tuple(shape)


def claims(cuts: Sequence[Cut], shape: tuple[int, ...], environment: Mapping[str, Value]) -> Claims:
    """Returns the pieces of every axis that ``cuts`` leave, each with the number of ranks that hold it.

    Raises:
        ValueError: If a cut does not come out even, or lies outside.
    """
    axes = [[(0, extent, 1)] for extent in shape]
    for cut in cuts:
        axis = _axis(cut, len(shape))
        extent = sum(stop - start for start, stop, _ in axes[axis])
        axes[axis] = [
            piece
            for start, stop, copies in _pieces(cut, extent, environment)
            for piece in _take(axes[axis], start, stop, copies)
        ]
    return tuple(map(tuple, axes))


def _pieces(cut: Cut, extent: int, environment: Mapping[str, Value]) -> Iterator[tuple[int, int, int]]:
    """Yields what ``cut`` takes of an axis that is ``extent`` long: start, stop, copies."""
    if isinstance(cut, Stretch):
        start, stop, whole, copies = (
            whole_number(value.evaluate(environment), what)
            for value, what in (
                (cut.start, "start"),
                (cut.stop, "stop"),
                (cut.extent, "extent"),
                (cut.copies, "copies"),
            )
        )
        if whole != extent or not 0 <= start < stop <= extent:
            raise ValueError(f"{start} to {stop} does not lie inside an axis of length {extent}")
        yield start, stop, copies
        return
    parts, index, ratio, copies_each = _split_numbers(cut, environment)
    total, offset = sum(ratio), 0
    for weight, copies in zip(ratio, copies_each, strict=True):
        size, rest = divmod(extent * weight, total)
        part, odd = divmod(size, parts // copies)
        if rest or odd:
            raise ValueError(
                f"axis {cut.axis} of length {extent} in blocks of the ratio {ratio} cannot be cut into {parts} parts"
            )
        at = index // copies
        yield offset + at * part, offset + (at + 1) * part, copies
        offset += size


def _take(pieces: Sequence[tuple[int, int, int]], start: int, stop: int, copies: int) -> Iterator[tuple[int, int, int]]:
    offset = 0
    for first, last, times in pieces:
        low, high = max(start - offset, 0), min(stop - offset, last - first)
        if low < high:
            yield first + low, first + high, times * copies
        offset += last - first


def _split_numbers(cut: Split, environment: Mapping[str, Value]) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    parts = whole_number(cut.parts.evaluate(environment), "parts")
    index = whole_number(cut.index.evaluate(environment), "index")
    match cut.blocks:
        case None:
            ratio: tuple[int, ...] = (1,)
        case tuple() as weights:
            ratio = tuple(whole_number(weight.evaluate(environment), "blocks") for weight in weights)
        case count:
            ratio = (1,) * whole_number(count.evaluate(environment), "blocks")
    copies = tuple(whole_number(times.evaluate(environment), "copies") for times in cut.copies)
    if len(copies) == 1:
        copies *= len(ratio)
    if not ratio or min(ratio) < 1 or len(copies) != len(ratio):
        raise ValueError(f"blocks in the ratio {ratio}, each held by {copies} ranks, are no cut")
    if parts < 1 or not 0 <= index < parts:
        raise ValueError(f"there is no part {index} of {parts}")
    if any(times < 1 or parts % times for times in copies):
        raise ValueError(f"{parts} parts cannot be held by {copies} ranks each")
    return parts, index, ratio, copies


def _axis(cut: Cut, ndim: int) -> int:
    if not -ndim <= cut.axis < ndim:
        raise ValueError(f"a tensor of {ndim} axes has no axis {cut.axis}")
    return cut.axis % ndim


def whole_number(value: float, what: str) -> int:
    """Returns ``value`` as an integer.

    Raises:
        ValueError: If it is none.
    """
    if value != int(value):
        raise ValueError(f"{what} must be whole, not {value:.6g}")
    return int(value)
