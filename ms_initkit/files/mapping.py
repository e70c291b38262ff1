"""Files that live in memory: their pages can be written where they are, without a copy and without a queue."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_MOUNTS: Final = Path("/proc/self/mountinfo")
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
# Linux 5.14: hand out the pages now, and say so where there are none, instead of ending the process at the first write.
_POPULATE_WRITE: Final = 23


def is_in_memory(path: Path) -> bool:
    """Returns whether ``path`` is on a file system that has no disk behind it."""
    try:
        device = path.stat().st_dev
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    # number, parent, device, root, where, options, and after a dash the kind
    kinds = [line.partition(" - ")[2].split(" ", 1)[0] for line in mounts if line.split(" ", 3)[2] == number]
    return bool(kinds) and set(kinds) <= _IN_MEMORY


def mapped(descriptor: int, start: int, size: int) -> NDArray[np.uint8] | None:
    """Returns ``size`` bytes of a file from ``start`` on, a multiple of a page, as memory; None where that cannot be.

    Raises:
        OSError: If there is no room for them.
    """
    values = np.frombuffer(mmap.mmap(descriptor, size, offset=start), np.uint8)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.madvise(ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(size), _POPULATE_WRITE) == 0:
        return values
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS):
        return None
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
