"""Runs the laws over memory: regions cut into blocks, blocks over threads, columns of whole parameters at once.

What is written depends on none of that: a value is a function of the key and the element's number alone.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import struct
import threading
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from ms_initkit.stream import laws, oracle, table
from ms_initkit.stream.table import DTYPES
from ms_initkit.stream.workers import pool, threads

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

Dtype: TypeAlias = Literal["float32", "float16", "bfloat16", "float64"]
Progress: TypeAlias = Callable[[int], None]
Task: TypeAlias = tuple[Callable[[int, int], None], int, int]
STORAGE: Final = tuple(np.dtype(name) for name in ("float32", "uint16", "uint16", "float64", "uint32"))

_BLOCK: Final = 1 << 14  # elements the oracle draws at once
_TASK: Final = 1 << 20  # elements a thread takes at once: about a millisecond
# From so many elements on, what is written will have left the caches before anyone reads it: it is written past them,
# which saves reading every line of memory before overwriting it.
_PAST_CACHES: Final = 1 << 22
_ALONE: Final = 1 << 16  # as many elements are not worth waking a thread for
_SMALLEST_TASK: Final = 1 << 15


class _Thread(threading.local):
    """Whether this thread is carrying out a task of ``run``."""

    is_inside = False


_thread: Final = _Thread()


_ROW: Final = struct.Struct("=qqQqqQQq32sq")  # a row of ``table``, of which a run has no loops


@functools.cache
def _kernels() -> ModuleType | None:
    """The compiled kernels, loaded with the first draw; None without them: the oracle serves, with the same bits."""
    try:
        compiled = importlib.import_module("ms_initkit.stream.compiled")
        compiled.address("fill")
    except ImportError:
        return None
    except Exception as error:  # numba may be switched off, or fail in ways of its own
        message = f"numba cannot compile, so NumPy draws, with the same bits and more slowly: {error}"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None
    return compiled


class Place(NamedTuple):
    """Which element numbers a tensor's elements have: ``offset + sum(coordinate * stride)``."""

    shape: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]

    @staticmethod
    def whole(shape: tuple[int, ...], offset: int = 0) -> Place:
        """Consecutive numbers in C order, from ``offset``."""
        strides, step = [], 1
        for length in reversed(shape):
            strides.append(step)
            step *= length
        return Place(shape, offset, tuple(reversed(strides)))

    @property
    def is_run(self) -> bool:
        """Whether the numbers are consecutive in C order."""
        consecutive = Place.whole(self.shape).strides
        return all(
            n == 1 or mine == theirs for n, mine, theirs in zip(self.shape, self.strides, consecutive, strict=True)
        )


class Region(NamedTuple):
    """A slice of a place as nested loops over element numbers, the outermost first.

    Neighbours that continue one another are merged, and the innermost is a run of consecutive numbers.
    """

    offset: int
    lengths: tuple[int, ...]
    strides: tuple[int, ...]


def region(place: Place, slices: tuple[slice, ...]) -> Region:
    """The elements of ``place`` in ``slices``, in C order."""
    offset = place.offset
    loops: list[tuple[int, int]] = []
    for part, stride in zip(slices, place.strides, strict=True):
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
    return Region(offset, lengths, strides)


def fill_region(out: NDArray[np.generic], dtype: int, law: laws.Law, key: int, substream: int, where: Region) -> None:
    """Writes the values of ``law`` at ``where`` into ``out``, C-contiguous, as ``DTYPES[...] == dtype``."""
    size = out.size
    kernels = _kernels()
    if kernels is None:
        flat = out.reshape(-1)

        def task(start: int, stop: int) -> None:
            _fill_slowly(flat, dtype, law, key, substream, where, start, stop)

    else:
        kernels.prepare({(law.id, dtype)})
        is_run = len(where.lengths) == 1 or law.id == laws.CONSTANT
        loops = () if is_run else (*where.lengths, *where.strides)
        row = _ROW.pack(
            size, size, out.__array_interface__["data"][0], dtype, law.id, key, substream, where.offset,
            law.parameters.tobytes(), len(loops) // 2,
        ) + struct.pack(f"{len(loops)}q", *loops)  # fmt: skip
        past_caches = size >= _PAST_CACHES

        def task(start: int, stop: int) -> None:
            kernels.fill(row, 1, start, stop, past_caches)

    _share(task, size)


def _share(task: Callable[[int, int], None], size: int, progress: Progress | None = None) -> None:
    """Calls ``task`` over ``size`` elements, in parts where there are enough for several threads."""
    step = size
    if size > _ALONE and not _thread.is_inside:
        # More parts than threads: a core that has to be woken is slower at first, and the others take what it leaves.
        step = min(max(size // (4 * threads()), _SMALLEST_TASK), _TASK)
    if step < size or progress is not None:
        run([(task, start, min(start + step, size)) for start in range(0, size, max(step, 1))], progress)
    elif size:
        task(0, size)


def run(tasks: Sequence[Task], progress: Progress | None = None) -> None:
    """Calls each ``task(start, stop)``: this thread and those of the pool take the next one in turn.

    Tasks within a task are called by its thread alone: the others are at work already.

    Args:
        tasks: What is called.
        progress: Called from this thread now and then with the elements done since the last call.
    """
    n = 1 if _thread.is_inside else min(threads(), len(tasks))
    if n <= 1:
        for task, start, stop in tasks:
            task(start, stop)
            if progress is not None:
                progress(stop - start)
        return
    left = iter(tasks)  # a step of an iterator is one operation of the interpreter: no task is taken twice
    done: list[int] = []

    def work(after_each: Callable[[], None]) -> None:
        _thread.is_inside = True
        try:
            for task, start, stop in left:
                task(start, stop)
                done.append(stop - start)
                after_each()
        except BaseException:
            deque(left, maxlen=0)  # the others stop at their next task
            raise
        finally:
            _thread.is_inside = False

    def report() -> None:
        count = len(done)
        if progress is not None and count:
            progress(sum(done[:count]))
            del done[:count]

    helpers: list[Future[None]] = []
    try:
        with suppress(RuntimeError):  # no thread can be had any more: those that there are do it all
            for _ in range(n - 1):
                helpers.append(pool(threads(), os.getpid()).submit(work, lambda: None))
        work(report)
    finally:
        deque(left, maxlen=0)
        _wait_for(helpers)
    for helper in helpers:
        if not helper.cancelled():
            helper.result()
    report()


def _wait_for(helpers: list[Future[None]]) -> None:
    """Returns when no helper is at work, whatever happens meanwhile: they write into memory of the caller's."""
    try:
        wait([helper for helper in helpers if not helper.cancel()])
    except BaseException:
        _wait_for(helpers)
        raise


def _fill_slowly(
    out: NDArray[np.generic], dtype: int, law: laws.Law, key: int, substream: int, where: Region, start: int, stop: int
) -> None:
    for first in range(start, stop, _BLOCK):
        last = min(first + _BLOCK, stop)
        numbers = _numbers(where, first, last)
        out[first:last] = narrow(_values(law, numbers, substream, key), dtype)


def _values(law: laws.Law, numbers: NDArray[np.uint64], substream: int, key: int) -> NDArray[np.generic]:
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


def _numbers(where: Region, start: int, stop: int) -> NDArray[np.uint64]:
    rest = np.arange(start, stop, dtype=np.uint64)
    numbers = np.full(rest.shape, where.offset, np.uint64)
    for length, stride in zip(where.lengths[::-1], where.strides[::-1], strict=True):
        numbers += (rest % np.uint64(length)) * np.uint64(stride)
        rest //= np.uint64(length)
    return numbers


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole parameters of elementwise laws, one row each, in columns.

    Attributes:
        addresses: Where each parameter's C-contiguous storage begins; the caller keeps it alive.
        sizes: Elements of each.
        keys: ``key(seed, name)`` of each.
        laws: ``law_of(draw).id`` of each.
        dtypes: ``DTYPES[name]`` of each.
        parameters: ``law_of(draw).parameters`` of each, one row of ``laws.WIDTH``.
    """

    addresses: NDArray[np.uint64]
    sizes: NDArray[np.int64]
    keys: NDArray[np.uint64]
    laws: NDArray[np.int8]
    dtypes: NDArray[np.int8]
    parameters: NDArray[np.float32]


def fill_many(jobs: Batch, progress: Progress | None = None) -> None:
    """Draws every parameter of ``jobs`` into its storage.

    Args:
        jobs: The parameters; nothing is done in Python for each.
        progress: Called from this thread now and then with the elements written since the last call.
    """
    ends = np.cumsum(jobs.sizes, dtype=np.int64)
    total = int(ends[-1]) if ends.size else 0
    kernels = _kernels()
    if kernels is None:

        def task(start: int, stop: int) -> None:
            _fill_many_slowly(jobs, ends, start, stop)

    else:
        kinds = np.flatnonzero(np.bincount(jobs.laws.astype(np.intp) * len(DTYPES) + jobs.dtypes))
        kernels.prepare({divmod(kind, len(DTYPES)) for kind in kinds.tolist()})
        rows = np.zeros((len(ends), table.ROW), np.int64)
        rows[:, table.END], rows[:, table.SIZE] = ends, jobs.sizes
        rows[:, table.ADDRESS], rows[:, table.KEY] = jobs.addresses.view(np.int64), jobs.keys.view(np.int64)
        rows[:, table.DTYPE], rows[:, table.LAW] = jobs.dtypes, jobs.laws
        rows[:, table.BITS : table.AXES] = np.ascontiguousarray(jobs.parameters, np.float32).view(np.int64)
        first = rows.__array_interface__["data"][0]

        def task(start: int, stop: int) -> None:
            kernels.fill(first, len(rows), start, stop, total >= _PAST_CACHES)

    _share(task, total, progress)


def _fill_many_slowly(jobs: Batch, ends: NDArray[np.int64], start: int, stop: int) -> None:
    job = int(np.searchsorted(ends, start, side="right"))
    while start < stop:
        size, end = int(jobs.sizes[job]), int(ends[job])
        first, last = start - (end - size), min(stop, end) - (end - size)
        dtype = int(jobs.dtypes[job])
        buffer = (ctypes.c_char * (size * STORAGE[dtype].itemsize)).from_address(int(jobs.addresses[job]))
        law = laws.Law(int(jobs.laws[job]), jobs.parameters[job])
        where = region(Place.whole((size,)), (slice(0, size),))
        _fill_slowly(
            np.ndarray(size, STORAGE[dtype], memoryview(buffer)), dtype, law, int(jobs.keys[job]), 0, where, first, last
        )
        start, job = end, job + 1
