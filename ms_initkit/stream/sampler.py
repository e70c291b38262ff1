"""Samples any draw of ``ms_initkit.draws``, whole or by slices."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import tables
from ms_initkit.draws.arrays import Reals
from ms_initkit.draws.custom import draw_custom
from ms_initkit.draws.rounding import carried, carried_number, rounded
from ms_initkit.draws.windows import Index, Slices, normalise, partition, shape_of, with_axis
from ms_initkit.files import checkpoints
from ms_initkit.stream import engine, oracle, wholes
from ms_initkit.stream.edits import edited, in_type, masked
from ms_initkit.stream.engine import STORAGE, Dtype, Numbering
from ms_initkit.stream.given import DrawnSource, Given
from ms_initkit.stream.keys import key as key_of
from ms_initkit.stream.laws import WORDS, Law, law_of
from ms_initkit.stream.pool import run
from ms_initkit.stream.table import DTYPES

Kind: TypeAlias = np.dtype[np.float32] | np.dtype[np.float64]

_AT_ONCE: Final = 1 << 17  # elements of a composed draw made at once: its temporaries stay in a core's caches
_WORDS: Final = Law(WORDS, np.zeros(8, np.float32))
# Substreams (the upper half of Philox's counter): 0 is the values, odd ones the choices of mixtures by depth of
# nesting, 2 the ranks of whole draws, and the last one re-keys a part that something outside the stream draws.
_VALUES: Final = 0
_CHOICE: Final = 1
_RANKS: Final = 2
_REKEY: Final = 2**64 - 1


@record
class _Under:
    """What a draw is drawn under, whichever part of it is wanted.

    Args:
        key: The stream.
        dtype: The element type, within whose bounds the values of laws are kept when they are rounded to it.
        given: What comes from outside the stream.
        choice: The substream of the choices of a mixture that is met next.
    """

    key: int
    dtype: Dtype
    given: Given
    choice: int = _CHOICE

    @property
    def kind(self) -> Kind:
        """Random numbers are float32; what is computed with them is so, too, unless the parameter is wider."""
        return np.dtype("float64" if self.dtype == "float64" else "float32")

    @property
    def computed(self) -> _Under:
        """The same for values that are computed with, and rounded to the element type only afterwards."""
        return self if self.dtype in ("float32", "float64") else replace(self, dtype="float32")


def sample(draw: draws.Draw, shape: tuple[int, ...], key: int, index: Index | None = None) -> NDArray[np.float32]:
    """The values of ``draw`` on ``index`` of a tensor of ``shape``, as ``whole[index]`` would be.

    Args:
        draw: What is drawn.
        shape: The shape of the whole tensor.
        key: The stream, as from ``ms_initkit.stream.key``.
        index: Slices with step 1, whole numbers and an ellipsis, as NumPy reads them; None is everything.

    Raises:
        ValueError: If the draw cannot be sampled at this shape, or its numbers make no distribution.
        IndexError: If ``index`` does not fit ``shape``.
    """
    slices, kept = normalise(index, shape)
    out = np.empty(shape_of(slices), np.float32)
    _fill(out, draw, shape, slices, _Under(key, "float32", Given()))
    return out.reshape(kept)


def fill(
    out: NDArray[np.generic],
    draw: draws.Draw,
    shape: tuple[int, ...],
    key: int,
    index: Index | None = None,
    dtype: Dtype = "float32",
    given: Given | None = None,
) -> None:
    """Writes ``sample(draw, shape, key, index)`` into ``out``, rounded once to nearest even, but never beyond a bound.

    Args:
        out: C-contiguous, writable, of the slice's size; bfloat16 as a ``uint16`` view, float16 as itself or so.
        draw: What is drawn.
        shape: The shape of the whole tensor.
        key: The stream.
        index: As in ``sample``.
        dtype: What the storage holds.
        given: Values that are there, where the draw takes any, and sums that were added up before.

    Raises:
        ValueError: If ``out`` does not fit, or as ``sample``.
    """
    slices, _ = normalise(index, shape)
    wanted = shape_of(slices)
    size = math.prod(wanted)
    storage = STORAGE[DTYPES[dtype]]
    if out.size != size or out.itemsize != storage.itemsize:
        raise ValueError(f"{dtype} values of shape {wanted} do not fit an array of {out.dtype} of shape {out.shape}")
    if not (out.flags.c_contiguous and out.flags.writeable and out.flags.aligned):
        raise ValueError("values are written into C-contiguous, writable, aligned arrays only")
    under = _Under(key, dtype, Given() if given is None else given)
    _fill(out.reshape(-1).view(storage).reshape(wanted), draw, shape, slices, under)


def _fill(out: NDArray[np.generic], draw: draws.Draw, shape: tuple[int, ...], slices: Slices, under: _Under) -> None:
    numbering = Numbering.whole(shape)
    if out.size == 0:
        return
    dtype = under.dtype
    law = law_of(draw, dtype)
    if law is not None:
        engine.fill_loops(out, DTYPES[dtype], law, under.key, _VALUES, numbering.loops(slices))
        return

    def stored(slices: Slices) -> NDArray[np.generic]:
        if isinstance(draw, draws.Loaded):
            return rounded(_loaded(draw, slices), dtype).view(out.dtype)
        return engine.narrow(_sample(draw, numbering, slices, under), DTYPES[dtype])

    if draw.is_drawn_whole:
        out[...] = stored(slices)
        return
    parts = list(partition(out.shape, _AT_ONCE))

    def task(first: int, last: int) -> None:
        for part in parts[first:last]:
            moved = tuple(
                slice(s.start + inner.start, s.start + inner.stop) for s, inner in zip(slices, part, strict=True)
            )
            out[part] = stored(moved)

    # Sums are added up by all threads for the first piece, and known to those of the others.
    first = 1 if _has_sums(draw) else 0
    task(0, first)
    run([(task, at, at + 1) for at in range(first, len(parts))])


def _sample(draw: draws.Draw, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    """The values before they are rounded, which keeps them within the bounds of their laws."""
    key, kind = under.key, under.kind
    if isinstance(draw, draws.Constant):
        return np.full(shape_of(slices), _number(draw.value, under.dtype), kind)
    law = law_of(draw, under.dtype)
    if law is not None:
        return _elementwise(law, numbering, slices, key, _VALUES).astype(kind, copy=False)
    match draw:
        case draws.Mixture():
            return _mixture(draw, numbering, slices, under)
        case draws.Table(name, arguments):
            table = tables.evaluate(name, arguments, tuple(np.ogrid[slices]), numbering.shape)
            return _known(np.broadcast_to(table, shape_of(slices)), under.dtype)
        case draws.Whole(name, arguments):
            return wholes.evaluate(name, arguments, _numbers(numbering, key, kind))[slices]
        case draws.Custom(name, arguments):
            return _custom(name, arguments, numbering, key, kind)[slices]
        case draws.Blocks():
            return _blocks(draw, numbering, slices, under)
        case draws.Repeated():
            return _repeated(draw, numbering, slices, under)
        case draws.Edited():
            return _edited(draw, numbering, slices, under)
        case draws.InRows():
            return _in_rows(draw, numbering, slices, under)
        case draws.Made():
            return _made(draw, numbering, slices, under)
        case draws.There(name):
            return _known(under.given.read(name, slices), under.dtype)
        case draws.Loaded():
            return _known(_loaded(draw, slices), under.dtype)
        case draws.Keep():
            raise ValueError("what is kept is not drawn: its values are the parameter's own")
    raise TypeError(f"not a draw: {draw!r}")


def _known(values: NDArray[np.generic], dtype: Dtype) -> Reals:
    """What is not random, in the type in which it is computed with: it will have been rounded once to ``dtype``."""
    return values.astype(np.float64) if dtype == "float64" else carried(values, dtype)


def _number(value: float, dtype: Dtype) -> float:
    return float(value) if dtype == "float64" else carried_number(value, dtype)


def _loaded(draw: draws.Loaded, slices: Slices) -> NDArray[np.generic]:
    return checkpoints.read(draw.path, draw.key, slices)


def _has_sums(draw: draws.Draw) -> bool:
    return isinstance(draw, draws.Made) or any(map(_has_sums, draw.parts))


def _elementwise(law: Law, numbering: Numbering, slices: Slices, key: int, substream: int) -> Reals:
    out = np.empty(shape_of(slices), np.float32)
    if out.size:
        engine.fill_loops(out, DTYPES["float32"], law, key, substream, numbering.loops(slices))
    return out


def words(numbering: Numbering, slices: Slices, key: int, substream: int) -> NDArray[np.uint32]:
    """The stream's words themselves."""
    out = np.empty(shape_of(slices), np.uint32)
    if out.size:
        engine.fill_loops(out, DTYPES["uint32"], _WORDS, key, substream, numbering.loops(slices))
    return out


def _numbers(numbering: Numbering, key: int, kind: Kind) -> wholes.Numbers:
    normal = law_of(draws.Normal(0.0, 1.0))
    assert normal is not None  # elementwise by definition
    return wholes.Numbers(
        numbering.shape,
        lambda slices: _elementwise(normal, numbering, slices, key, _VALUES).astype(kind, copy=False),
        lambda slices: words(numbering, slices, key, _RANKS),
    )


def _mixture(draw: draws.Mixture, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    total = sum(draw.weights)
    if len(draw.weights) != len(draw.draws) or not draw.draws or min(draw.weights) < 0.0 or not 0.999 < total < 1.001:
        raise ValueError(f"a mixture has one weight per draw, none negative, their sum 1: {draw.weights}")
    chosen = words(numbering, slices, under.key, under.choice)
    deeper = replace(under, choice=under.choice + 2)
    out = _sample(draw.draws[0], numbering, slices, deeper)
    share = draw.weights[0]
    for weight, part in zip(draw.weights[1:], draw.draws[1:], strict=True):
        from_here = chosen >= min(round(share / total * 2**32), 2**32 - 1)
        _replace(out, _sample(part, numbering, slices, deeper), from_here)
        share += weight
    return out


def _replace(values: Reals, others: Reals, where: NDArray[np.bool_]) -> None:
    """``np.copyto(values, others, where=where)``, which where the choice is random takes ten times as long."""
    word = np.dtype(f"i{values.itemsize}")
    bits = values.view(word)
    bits ^= (bits ^ others.view(word)) & -where.astype(word)


def _custom(name: str, arguments: draws.Arguments, numbering: Numbering, key: int, kind: Kind) -> Reals:
    return draw_custom(name, arguments, numbering.shape, part_key(numbering, key), kind.name)


def part_key(numbering: Numbering, key: int) -> int:
    """The key for something drawn outside the stream: ``key`` for a whole tensor, another one for each part of one."""
    if numbering.is_run and numbering.offset == 0:
        return key
    low, high = oracle.words(np.array([numbering.offset * 4, numbering.offset * 4 + 1], np.uint64), _REKEY, key)
    return int(low) | int(high) << 32


def _blocks(draw: draws.Blocks, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    axis = draw.axis % len(numbering.shape)
    if sum(draw.sizes) != numbering.shape[axis] or len(draw.sizes) != len(draw.draws):
        raise ValueError(f"blocks of {draw.sizes} along axis {axis} do not make up the shape {numbering.shape}")
    if draw.shares_words and len(set(draw.sizes)) > 1:
        raise ValueError(f"blocks that share their words are of one size, not {draw.sizes}")
    parts: list[Reals] = []
    start = 0
    for size, part in zip(draw.sizes, draw.draws, strict=True):
        first, last = (min(max(edge - start, 0), size) for edge in (slices[axis].start, slices[axis].stop))
        if first < last:
            shape = with_axis(numbering.shape, axis, size)
            words_from = 0 if draw.shares_words else start
            inner = Numbering(shape, numbering.offset + words_from * numbering.strides[axis], numbering.strides)
            parts.append(_sample(part, inner, with_axis(slices, axis, slice(first, last)), under))
        start += size
    return np.concatenate(parts, axis) if parts else np.empty(shape_of(slices), under.kind)


def _repeated(draw: draws.Repeated, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    axis, times = draw.axis % len(numbering.shape), draw.times
    if times < 1 or numbering.shape[axis] % times:
        raise ValueError(f"axis {axis} of {numbering.shape} cannot be {times} equal slices in a row")
    shape = with_axis(numbering.shape, axis, numbering.shape[axis] // times)
    if numbering.is_run:
        base = Numbering.whole(shape, numbering.offset)
    else:  # a part that is no run: each base element has the number of its first copy, so parts never share a word
        strides = with_axis(numbering.strides, axis, numbering.strides[axis] * times)
        base = Numbering(shape, numbering.offset, strides)
    wanted = slices[axis]
    first, last = wanted.start // times, -(-wanted.stop // times)
    values = _sample(draw.draw, base, with_axis(slices, axis, slice(first, last)), under)
    trimmed = (*(slice(None),) * axis, slice(wanted.start - first * times, wanted.stop - first * times))
    return np.repeat(values, times, axis)[trimmed]


def _made(draw: draws.Made, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    """What a function makes of another tensor, which is drawn under the same key, whole as it is."""
    computed = replace(under.computed, choice=_CHOICE)
    of = Numbering.whole(draw.shape)

    def sampled(wanted: Slices) -> Reals:
        return _sample(draw.draw, of, wanted, computed)

    source = DrawnSource(draw.draw, draw.shape, sampled, under.given, (under.key, computed.dtype))
    with np.errstate(over="ignore"):
        return draw.function.values(source, slices, numbering.shape).astype(under.kind)


def _edited(draw: draws.Edited, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    """The values of ``draw.draw`` after the edits, one after the other."""
    # A step changes the value, and with it what it rounds to.
    is_computed = any(isinstance(edit, draws.Step | draws.AddDraw | draws.Masked) for edit in draw.edits)
    inner = under.computed if is_computed else under
    values = _sample(draw.draw, numbering, slices, inner)
    for edit in in_type(under.dtype, draw.edits):
        match edit:
            case draws.AddDraw(added, stream):  # under the same numbers in a stream of its own
                own = replace(inner, key=key_of(inner.key, stream), choice=_CHOICE)
                with np.errstate(over="ignore"):
                    values = values + _sample(added, numbering, slices, own)
            case draws.Masked(mask):
                values = masked(values, _sample(mask, numbering, slices, replace(inner, choice=_CHOICE)))
            case _:
                values = edited(values, edit, numbering.shape, slices)
    return values


def _in_rows(draw: draws.InRows, numbering: Numbering, slices: Slices, under: _Under) -> Reals:
    """The values of ``draw.draw`` in its rows, as they are in the whole tensor, and what the others are."""
    values = _sample(draw.rest, numbering, slices, under)
    first, *others = slices
    for start, stop in draw.rows:
        low, high = max(start, first.start), min(stop, first.stop)
        if low < high:
            part = _sample(draw.draw, numbering, (slice(low, high), *others), under)
            values[low - first.start : high - first.start] = part
    return values
