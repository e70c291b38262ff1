"""Writes one file of values in constant memory, whole or not at all.

The file is cut into chunks, which threads draw into a few buffers and write at their places, or draw there, where the
file lives in memory; the header, with a checksum of all chunks, comes last. Until then the file has another name, so
what was interrupted is never taken for whole.
"""

from __future__ import annotations

import errno
import mmap
import os
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws.dtypes import FLOATS, storage
from ms_initkit.draws.windows import shape_of, slices_of_run
from ms_initkit.files.chunks import CHUNK, PARTIAL, Bytes, Chunks, aligned_buffer, claimed
from ms_initkit.files.descriptors import drop_cached, go_through_cache, is_direct, reserve, sync_folder, write_all
from ms_initkit.files.mapping import is_in_memory, mapped
from ms_initkit.files.safetensors import Header, header_bytes, read_header
from ms_initkit.plans.lines import Assignment
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.shards import Shard
from ms_initkit.stream.given import Given
from ms_initkit.stream.pool import Progress

CHECKSUM: Final = "ms_initkit.checksum"

_SPARE: Final = 2  # threads beyond the cores, so that these draw while others wait for the disk
_RUN: Final = 1 << 20  # elements drawn in one call, which does then not wake the stream's own threads
_MOST_DIRECT: Final = 4  # writers that one file has at a time past the page cache: a queue of more costs time
# A file in memory has one writer at a time, which copies; its pages written in place are twice the work, and no queue.
_WORTH_MAPPING: Final = 3
_SETTLE: Final = 1 << 27  # bytes after which what was written through the page cache is sent off
_MOST_WHOLE: Final = 2  # tensors that have to be drawn whole and are kept while their chunks are written


def write_shard(
    folder: Path, shard: Shard, metadata: Mapping[str, str], seed: int, progress: Progress | None = None
) -> None:
    """Draws ``shard`` and writes it to ``folder``; the file has its name only once it is complete and on the disk.

    Args:
        folder: An existing folder.
        shard: What to draw.
        metadata: Goes into the file's header, with a checksum of the values.
        seed: The seed.
        progress: Called from this thread with the bytes written since the last call.

    Raises:
        BusyError: If another process is writing it.
        OSError: If it cannot be written.
        ValueError: If a value cannot be drawn.
    """
    target = folder / shard.file
    head = header_bytes(shard.tensors, {**metadata, CHECKSUM: "0" * 32})
    with claimed(target) as descriptor:
        if descriptor is None:
            return
        file = Chunks(len(head), len(head) + shard.size)
        writer = _Writer(descriptor, file, _Tensors(shard.lines, [t.start for t in shard.tensors], seed))
        _write_values(writer, progress, in_place=is_in_memory(folder))
        _write_header(writer, shard, metadata, progress)
        os.ftruncate(descriptor, file.size)
        os.fsync(descriptor)
        target.with_name(target.name + PARTIAL).replace(target)
        sync_folder(folder)


def _write_values(writer: _Writer, progress: Progress | None, *, in_place: bool) -> None:
    """Writes all chunks but those that hold a part of the header, ``in_place`` where their pages can be had."""
    file, threads = writer.file, min(stream.threads(), stream.cores())  # more would only wait for one another
    if in_place and threads >= _WORTH_MAPPING:
        # To promise the room would be to hand out its pages here, one by one.
        os.ftruncate(writer.descriptor, file.size)
        _run(writer.write_in_place, file.behind_header, threads, progress)
    else:
        reserve(writer.descriptor, file.size)
        _run(writer.write, file.behind_header, threads + _SPARE, progress)


def _write_header(writer: _Writer, shard: Shard, metadata: Mapping[str, str], progress: Progress | None) -> None:
    """Writes the chunks that hold a part of the header, which tells the checksum of their values, too."""
    held = [(chunk, aligned_buffer()) for chunk in writer.file.with_header]
    for chunk, buffer in held:
        writer.draw(chunk, buffer)
    head = header_bytes(shard.tensors, {**metadata, CHECKSUM: writer.file.checksum()})
    for chunk, buffer in held:
        part = np.frombuffer(head, np.uint8)[chunk * CHUNK :][:CHUNK]
        buffer[: len(part)] = part
        size = writer.put(chunk, buffer)
        if progress is not None:
            progress(size)


def is_whole(path: Path, shard: Shard, progress: Progress | None = None) -> bool:
    """Returns whether ``path`` has every value of ``shard``, unharmed, as far as its checksum tells.

    Raises:
        ValueError: If it is no safetensors file.
        OSError: If it cannot be read.
    """
    header = read_header(path)
    if set(header.tensors) != set(shard.tensors) or path.stat().st_size != header.file_size:
        return False
    file = Chunks(header.length, header.file_size)
    descriptor = os.open(path, os.O_RDONLY)
    try:

        def look(chunk: int, buffer: Bytes) -> int:
            start, stop = file.bounds(chunk)
            values = buffer[: stop - start]
            if os.preadv(descriptor, [values.data], start) != len(values):
                raise OSError(f"{path}: cut short while it was read")
            drop_cached(descriptor, start, stop - start)
            values[: max(0, file.header - start)] = 0
            file.add(chunk, values)
            return file.value_bytes(chunk)

        _run(look, range(file.count), stream.threads() + _SPARE, progress)
    finally:
        os.close(descriptor)
    return dict(header.metadata).get(CHECKSUM) == file.checksum()


@dataclass
class _Tensors:
    """The values behind the header, as one run of bytes."""

    lines: Sequence[Assignment]
    starts: Sequence[int]
    seed: int
    _wholes: dict[int, NDArray[np.generic]] = field(default_factory=dict)
    _given: Given = field(default_factory=Given)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self, out: Bytes, start: int) -> None:
        """Writes the bytes from ``start`` on into ``out``."""
        stop = start + len(out)
        number = bisect_right(self.starts, start) - 1
        while number < len(self.lines) and self.starts[number] < stop:
            line, begin = self.lines[number], self.starts[number]
            kind = storage(line.dtype)
            first, last = max(start, begin), min(stop, begin + line.size * kind.itemsize)
            if first < last:
                part = out[first - start : last - start].view(kind)
                self._draw_run(part, number, (first - begin) // kind.itemsize)
            number += 1

    def _draw_run(self, out: NDArray[np.generic], number: int, first: int) -> None:
        """Draws ``len(out)`` elements of a tensor in C order, from element ``first`` on."""
        line = self.lines[number]
        if line.draw.is_drawn_whole:
            out[...] = self._whole(number).reshape(-1)[first : first + len(out)]
            return
        is_run = line.window is None and line.dtype in FLOATS and stream.law_of(line.draw) is not None
        for start in range(0, len(out), _RUN):
            part = out[start : start + _RUN]
            run = slice(first + start, first + start + len(part))
            if is_run:
                key = stream.key(self.seed, line.stream)
                stream.fill(part, line.draw, (line.size,), key, run, line.dtype)  # type: ignore[arg-type]
            else:
                self._draw_slices(part, line, run)

    def _draw_slices(self, out: NDArray[np.generic], line: Assignment, run: slice) -> None:
        offset = 0
        for slices in slices_of_run(line.local_shape, run.start, run.stop):
            shape = shape_of(slices)
            size = prod(shape)
            fill_line(out[offset : offset + size].reshape(shape), line, self.seed, slices, self._given)
            offset += size

    def _whole(self, number: int) -> NDArray[np.generic]:
        with self._lock:
            values = self._wholes.get(number)
            if values is None:
                line = self.lines[number]
                values = np.empty(line.local_shape, storage(line.dtype))
                fill_line(values, line, self.seed)
                while len(self._wholes) >= _MOST_WHOLE:
                    self._wholes.pop(next(iter(self._wholes)))
                self._wholes[number] = values
            return values


@dataclass
class _Writer:
    """Draws chunks and puts them where they belong."""

    descriptor: int
    file: Chunks
    tensors: _Tensors
    _unsettled: int = 0
    # One writer at a time has the file; those that wait for it asleep leave their cores to those that draw.
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _turns_past_cache: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_MOST_DIRECT))

    def draw(self, chunk: int, buffer: Bytes) -> None:
        """Draws a chunk into the first bytes of ``buffer``, zeros where the header will be, and adds it up."""
        start, stop = self.file.bounds(chunk)
        values = buffer[: stop - start]
        before = len(values) - self.file.value_bytes(chunk)
        values[:before] = 0
        if before < len(values):
            self.tensors.draw(values[before:], start + before - self.file.header)
        self.file.add(chunk, values)

    def write(self, chunk: int, buffer: Bytes) -> int:
        """Draws and writes a chunk; returns its bytes."""
        self.draw(chunk, buffer)
        return self.put(chunk, buffer)

    def write_in_place(self, chunk: int, buffer: Bytes) -> int:
        """Draws a chunk where it belongs, if it can be had as memory; returns its bytes."""
        start, stop = self.file.bounds(chunk)
        values = mapped(self.descriptor, start, stop - start)
        if values is None:
            return self.write(chunk, buffer)
        self.draw(chunk, values)
        return self.file.value_bytes(chunk)

    def put(self, chunk: int, buffer: Bytes) -> int:
        """Writes a chunk; returns the bytes of its values.

        Where the file system can, it goes past the page cache, in whole pages: beyond the end that is cut off later.
        """
        start, stop = self.file.bounds(chunk)
        size = stop - start
        if is_direct(self.descriptor):
            try:
                with self._turns_past_cache:
                    write_all(self.descriptor, buffer[: -(-size // mmap.PAGESIZE) * mmap.PAGESIZE], start)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                go_through_cache(self.descriptor)
            else:
                return self.file.value_bytes(chunk)
        with self._turn:
            write_all(self.descriptor, buffer[:size], start)
            self._unsettled += size
            if self._unsettled >= _SETTLE:
                self._unsettled = 0
                os.fdatasync(self.descriptor)
                drop_cached(self.descriptor)
        return self.file.value_bytes(chunk)


def _run(work: Callable[[int, Bytes], int], chunks: Sequence[int], threads: int, progress: Progress | None) -> None:
    """Calls ``work(chunk, buffer)`` for every chunk on so many threads, each with a buffer of its own, in order."""
    own = threading.local()

    def with_buffer(chunk: int) -> int:
        if not hasattr(own, "buffer"):
            own.buffer = aligned_buffer()
        return work(chunk, own.buffer)

    executor = ThreadPoolExecutor(max(1, min(len(chunks), threads)), thread_name_prefix="ms_initkit_write")
    try:
        for done in as_completed([executor.submit(with_buffer, chunk) for chunk in chunks]):
            size = done.result()
            if progress is not None:
                progress(size)
    finally:
        executor.shutdown(cancel_futures=True)  # of one that failed, or was interrupted, the others end their chunks


def header_of(path: Path) -> Header | None:
    """Returns the header of a file; None if it has none that can be read."""
    try:
        return read_header(path)
    except (OSError, ValueError):
        return None
