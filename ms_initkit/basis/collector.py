"""The cyclic garbage collector, paused where it could free nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pauses it while much is made that stays, and leaves it as it was.

    It would walk all that there is, every cell and MindSpore's own 160,000 objects, and find nothing to free.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
