"""A file written in chunks at their places: who may write it, and the checksum of its chunks."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.files.descriptors import is_at, lock, require_locks
from ms_initkit.files.mapping import is_in_memory

PARTIAL: Final = ".partial"

CHUNK: Final = 1 << 22

Bytes: TypeAlias = NDArray[np.uint8]


class BusyError(Exception):
    """Another process is writing the file."""


@dataclass
class Chunks:
    """A file of ``size`` bytes in chunks, of which those that hold a part of the header are special."""

    header: int
    size: int
    sums: NDArray[np.uint64] = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros(self.count, np.uint64)

    @property
    def count(self) -> int:
        """How many there are."""
        return -(-self.size // CHUNK)

    @property
    def with_header(self) -> range:
        """Those that hold a part of the header."""
        return range(min(self.count, -(-self.header // CHUNK)))

    @property
    def behind_header(self) -> range:
        """The others."""
        return range(self.with_header.stop, self.count)

    def bounds(self, chunk: int) -> tuple[int, int]:
        """Returns the bytes of ``chunk``, the first and the one after the last."""
        return chunk * CHUNK, min((chunk + 1) * CHUNK, self.size)

    def value_bytes(self, chunk: int) -> int:
        """Bytes of a chunk that are not the header's."""
        start, stop = self.bounds(chunk)
        return max(0, stop - max(start, self.header))

    def add(self, chunk: int, values: Bytes) -> None:
        """Adds a chunk to the checksum, in which the header counts as zeros."""
        whole = len(values) // 8 * 8
        total = int(values[:whole].view(np.uint64).sum())
        total += int.from_bytes(values[whole:].tobytes(), "little")
        self.sums[chunk] = total % 2**64

    def checksum(self) -> str:
        """BLAKE2b of the sums of 64-bit words, chunk by chunk: it tells any lost, zeroed or altered stretch."""
        digest = hashlib.blake2b(self.size.to_bytes(8, "little"), digest_size=16)
        digest.update(self.sums.tobytes())
        return digest.hexdigest()


def aligned_buffer() -> Bytes:
    """Returns memory for a chunk, aligned to pages as writing past the page cache asks for."""
    return np.frombuffer(mmap.mmap(-1, CHUNK), np.uint8)


@contextmanager
def claimed(target: Path) -> Iterator[int | None]:
    """Opens the unfinished file for this process alone; yields None if ``target`` was finished meanwhile.

    The lock ends with the process, however it ends. Between opening and locking another process may have finished the
    file and given it its name: then what was locked is the finished file, and must not be touched.
    """
    require_locks(target)
    path = target.with_name(target.name + PARTIAL)
    while True:
        descriptor = open_partial(path)
        try:
            try:
                lock(descriptor, waits=False)
            except BlockingIOError as error:
                raise BusyError(f"another process is writing {target}") from error
            if not is_at(descriptor, path):
                continue
            if target.exists():
                path.unlink()
                yield None
                return
            yield descriptor
            return
        finally:
            os.close(descriptor)


def open_partial(path: Path) -> int:
    """Opens the file for writing past the page cache, where its file system has one and bears that."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    if is_in_memory(path.parent):
        return os.open(path, flags, 0o644)
    try:
        return os.open(path, flags | getattr(os, "O_DIRECT", 0), 0o644)
    except OSError:
        return os.open(path, flags, 0o644)
