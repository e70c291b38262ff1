"""What a system does with open files: it locks them, keeps them in its page cache and sends them to the disk.

Linux does all of it, and what another system lacks is left out; but for the locks, without which nothing is written.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

try:
    import fcntl
except ImportError:  # of Windows, where recipes are checked and planned all the same
    _HAS_LOCKS = False
else:
    _HAS_LOCKS = True

_DIRECT: Final[int] = getattr(os, "O_DIRECT", 0)


def require_locks(target: Path) -> None:
    """Refuses to write ``target`` where nothing can be locked.

    Raises:
        OSError: If the system has no locks.
    """
    if not _HAS_LOCKS:
        message = "files are locked while they are written, and this system has no fcntl, which does it"
        raise OSError(errno.ENOTSUP, message, str(target))


def lock(descriptor: int, *, waits: bool) -> None:
    """Locks an open file or folder, which ``require_locks`` allows, until it is closed or the process ends.

    Raises:
        BlockingIOError: If another process has locked it, unless this one ``waits`` for it.
    """
    fcntl.flock(descriptor, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_at(descriptor: int, path: Path) -> bool:
    """Returns whether ``path`` still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def is_direct(descriptor: int) -> bool:
    """Returns whether the file is written past the page cache."""
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & _DIRECT)


def go_through_cache(descriptor: int) -> None:
    """Writes through the page cache from now on."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~_DIRECT)


def drop_cached(descriptor: int, start: int = 0, length: int = 0) -> None:
    """Tells a platform that takes advice that what the page cache holds of the file from ``start`` on may go."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


def reserve(descriptor: int, size: int) -> None:
    """Asks for room on the disk, where the platform can be asked and the file system can promise it."""
    if hasattr(os, "posix_fallocate"):
        with suppress(OSError):
            os.posix_fallocate(descriptor, 0, size)


def write_all(descriptor: int, values: NDArray[np.uint8], start: int) -> None:
    """Writes ``values`` at byte ``start``, in as many calls as the system wants."""
    done = 0
    while done < len(values):
        done += os.pwrite(descriptor, values[done:].data, start + done)


def sync_folder(folder: Path) -> None:
    """Sends the names in ``folder`` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
