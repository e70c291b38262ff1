"""Runs the laws over memory: slices cut into blocks, blocks over threads, columns of whole parameters at once.

What is written depends on none of that: a value is a function of the key and the element's number alone.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.dtypes import TYPES
from ms_initkit.draws.windows import Slices
from ms_initkit.stream import laws, oracle, table
from ms_initkit.stream.compiled import kernels as _kernels
from ms_initkit.stream.pool import Progress, is_inside_task, run, threads, together

Dtype: TypeAlias = Literal["float32", "float16", "bfloat16", "float64"]
_OfNumbers: TypeAlias = Callable[[NDArray[np.uint64]], NDArray[np.generic]]  # values by the elements' numbers
# What the kernels write of each type, by its number: words of those of 16 bits.
STORAGE: Final = tuple(
    np.dtype("uint16" if record.size == 2 else record.storage)
    for record in sorted((one for one in TYPES.values() if one.kernel is not None), key=lambda one: one.kernel or 0)
)

_BLOCK: Final = 1 << 14  # elements the oracle draws at once
_TASK: Final = 1 << 20  # elements a thread takes at once: about a millisecond
_FRESH_TASK: Final = 1 << 22  # of memory that was never written: a few large pages in one go
# From so many elements on, what is written will have left the caches before anyone reads it: it is written past them,
# which saves reading every line of memory before overwriting it.
_PAST_CACHES: Final = 1 << 22
_ALONE: Final = 1 << 16  # as many elements are not worth waking a thread for
_SMALLEST_TASK: Final = 1 << 15
_GLANCE: Final = 0.1  # seconds after which this thread looks up from its work: to report, or to be interrupted


class Loops(NamedTuple):
    """Elements as nested loops over their numbers, the outermost first.

    Neighbours that continue one another are merged, and the innermost is a run of consecutive numbers.
    """

    offset: int
    lengths: tuple[int, ...]
    strides: tuple[int, ...]


class Numbering(NamedTuple):
    """Which number in the stream each element of a tensor has: ``offset + sum(coordinate * stride)``."""

    shape: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]

    @staticmethod
    def whole(shape: tuple[int, ...], offset: int = 0) -> Numbering:
        """Consecutive numbers in C order, from ``offset``."""
        strides, step = [], 1
        for length in reversed(shape):
            strides.append(step)
            step *= length
        return Numbering(shape, offset, tuple(reversed(strides)))

    @property
    def is_run(self) -> bool:
        """Whether the numbers are consecutive in C order."""
        consecutive = Numbering.whole(self.shape).strides
        return all(
            n == 1 or mine == theirs for n, mine, theirs in zip(self.shape, self.strides, consecutive, strict=True)
        )

    def loops(self, slices: Slices) -> Loops:
        """The elements in ``slices``, in C order."""
        offset = self.offset
        loops: list[tuple[int, int]] = []
        for part, stride in zip(slices, self.strides, strict=True):
            offset += part.start * stride
            length = part.stop - part.start
            if length == 1:
                continue
            if loops and loops[-1][1] == length * stride:
                loops[-1] = (loops[-1][0] * length, stride)
            else:
                loops.append((length, stride))
        if not loops or loops[-1][1] != 1:
            loops.append((1, 1))  # the innermost loop is a run of consecutive numbers, if only of one
        lengths, strides = zip(*loops, strict=True)
        return Loops(offset, lengths, strides)


def fill_loops(out: NDArray[np.generic], dtype: int, law: laws.Law, key: int, substream: int, loops: Loops) -> None:
    """Writes the values of ``law`` at ``loops`` into ``out``, C-contiguous, as ``DTYPES[...] == dtype``."""
    size = out.size
    if _kernels() is None:
        flat = out.reshape(-1)
        values = partial(_values, law, substream, key)
        _share(lambda start, stop: _fill_slowly(flat, dtype, values, loops, start, stop), size)
        return
    is_run = len(loops.lengths) == 1 or law.id == laws.CONSTANT
    outer = () if is_run else (*loops.lengths, *loops.strides)
    row = table.PACKED.pack(
        size,
        size,
        out.__array_interface__["data"][0],
        dtype,
        law.id,
        key,
        substream,
        loops.offset,
        law.parameters.tobytes(),
        len(outer) // 2,
        8 * table.ROW,
    )
    _fill_table(row + struct.pack(f"{len(outer)}q", *outer), 1, size)


def _fill_table(
    rows: bytes | NDArray[np.int64], count: int, size: int, progress: Progress | None = None, *, is_fresh: bool = False
) -> None:
    """Writes ``size`` elements: all those of a table of ``count`` rows.

    Threads share them out among themselves; the interpreter has a thread come and go, and tasks are not its business.
    """
    kernels = _kernels()
    assert kernels is not None  # whoever calls has asked
    past_caches, step = size >= _PAST_CACHES, _step(size, _FRESH_TASK if is_fresh else _TASK)
    if size <= step:
        kernels.fill(rows, count, 0, size, past_caches)
        if progress is not None:
            progress(size)
        return
    shared = np.zeros(kernels.SHARED, np.int64)  # elements taken, elements done, whether to stop, is_fresh, ...
    shared[3] = is_fresh
    told = 0

    def work(seconds: float) -> bool:
        finished: bool = kernels.work(rows, count, size, step, past_caches, shared, seconds)
        return finished

    def help_along() -> None:
        work(0.0)

    def report() -> None:
        nonlocal told
        done = int(shared[1])
        if progress is not None and done > told:
            progress(done - told)
        told = done

    def own() -> None:
        while not work(_GLANCE):
            report()

    def end() -> None:
        shared[2] = 1

    together(min(threads(), -(-size // step)), own, help_along, end)
    report()


def _step(size: int, most: int) -> int:
    """How many of ``size`` elements are worth a thread's while, at most ``most``."""
    if size <= _ALONE or is_inside_task():
        return max(size, 1)
    # More parts than threads: a core that has to be woken is slower at first, and the others take what it leaves.
    return min(max(size // (4 * threads()), _SMALLEST_TASK), most)


def _share(task: Callable[[int, int], None], size: int, progress: Progress | None = None) -> None:
    """Calls ``task`` over ``size`` elements, in parts where there are enough for several threads."""
    step = _step(size, _TASK)
    run([(task, start, min(start + step, size)) for start in range(0, size, step)], progress)


def _fill_slowly(out: NDArray[np.generic], dtype: int, values: _OfNumbers, loops: Loops, start: int, stop: int) -> None:
    for first in range(start, stop, _BLOCK):
        last = min(first + _BLOCK, stop)
        numbers = _numbers(loops, first, last)
        out[first:last] = narrow(values(numbers), dtype)


def _values(law: laws.Law, substream: int, key: int, numbers: NDArray[np.uint64]) -> NDArray[np.generic]:
    if law.id == laws.CONSTANT:
        return np.full(numbers.shape, law.parameters[0])
    words = oracle.words(numbers, substream, key)
    return words if law.id == laws.WORDS else oracle.draw(law, words)


def narrow(values: NDArray[np.generic], dtype: int) -> NDArray[np.generic]:
    """``values`` as they are stored under ``dtype``, rounded once."""
    match dtype:
        case 1:
            return oracle.to_float16(values.astype(np.float32, copy=False))
        case 2:
            return oracle.to_bfloat16(values.astype(np.float32, copy=False))
        case _:
            return values.astype(STORAGE[dtype], copy=False)


def _numbers(loops: Loops, start: int, stop: int) -> NDArray[np.uint64]:
    rest = np.arange(start, stop, dtype=np.uint64)
    numbers = np.full(rest.shape, loops.offset, np.uint64)
    for length, stride in zip(loops.lengths[::-1], loops.strides[::-1], strict=True):
        numbers += (rest % np.uint64(length)) * np.uint64(stride)
        rest //= np.uint64(length)
    return numbers


@dataclass(frozen=True, eq=False)  # without slots, for what is computed once
class Batch:
    """Whole parameters of elementwise laws, one row each, in columns: what of them is the same for every seed.

    Attributes:
        sizes: Elements of each.
        laws: ``law_of(draw, dtype).id`` of each.
        dtypes: ``DTYPES[name]`` of each.
        parameters: ``law_of(draw, dtype).parameters`` of each, one row of ``WIDTH``.
    """

    sizes: NDArray[np.int64]
    laws: NDArray[np.int8]
    dtypes: NDArray[np.int8]
    parameters: NDArray[np.float32]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The table of them, without addresses and keys."""
        rows = np.zeros((len(self.sizes), table.ROW), np.int64)
        rows[:, table.END] = np.cumsum(self.sizes, dtype=np.int64)
        rows[:, table.SIZE], rows[:, table.DTYPE], rows[:, table.LAW] = self.sizes, self.dtypes, self.laws
        rows[:, table.BITS : table.LOOPS] = np.ascontiguousarray(self.parameters, np.float32).view(np.int64)
        return rows


def fill_many(
    jobs: Batch,
    addresses: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    progress: Progress | None = None,
    *,
    is_fresh: bool = False,
) -> None:
    """Draws every parameter of ``jobs`` into its storage.

    Args:
        jobs: The parameters; nothing is done in Python for each.
        addresses: Where each parameter's C-contiguous storage begins; the caller keeps it alive.
        keys: ``key(seed, name)`` of each.
        progress: Called from this thread now and then with the elements written since the last call.
        is_fresh: Whether the memory has never been written, so that the system is yet to hand out its pages.
    """
    if not len(jobs.sizes):
        return
    rows = jobs.rows.copy()
    rows[:, table.ADDRESS], rows[:, table.KEY] = addresses.view(np.int64), keys.view(np.int64)
    total = int(rows[-1, table.END])
    if _kernels() is None:
        _share(lambda start, stop: _fill_many_slowly(jobs, addresses, keys, start, stop), total, progress)
    else:
        _fill_table(rows, len(rows), total, progress, is_fresh=is_fresh)


def _fill_many_slowly(
    jobs: Batch, addresses: NDArray[np.uint64], keys: NDArray[np.uint64], start: int, stop: int
) -> None:
    ends = jobs.rows[:, table.END]
    job = int(np.searchsorted(ends, start, side="right"))
    while start < stop:
        size, end = int(jobs.sizes[job]), int(ends[job])
        first, last = start - (end - size), min(stop, end) - (end - size)
        dtype = int(jobs.dtypes[job])
        buffer = (ctypes.c_char * (size * STORAGE[dtype].itemsize)).from_address(int(addresses[job]))
        law = laws.Law(int(jobs.laws[job]), jobs.parameters[job])
        loops = Numbering.whole((size,)).loops((slice(0, size),))
        out: NDArray[np.generic] = np.ndarray(size, STORAGE[dtype], memoryview(buffer))
        _fill_slowly(out, dtype, partial(_values, law, 0, int(keys[job])), loops, first, last)
        start, job = end, job + 1
