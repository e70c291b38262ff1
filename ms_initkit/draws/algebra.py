"""Linear algebra on one thread: on several, libraries add in another order, and small matrices gain nothing by them."""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

# What calls the libraries that NumPy and SciPy bring along, each its own.
_CALLERS: Final = ("numpy.linalg._umath_linalg", "scipy.linalg._flapack")
# What OpenBLAS calls its functions there: older builds have no prefix, those for 64-bit lengths a suffix.
_SPELLINGS: Final = tuple((before, after) for before in ("scipy_openblas_", "openblas_") for after in ("", "64_"))


class Library(NamedTuple):
    """How many threads a library has: to ask, and to say."""

    threads: Callable[[], int]
    set_threads: Callable[[int], object]


_lock: Final = threading.Lock()
_usual: Final[list[tuple[Library, int]]] = []  # the threads that each library has while nobody wants it to have one
_inside: Final[list[object]] = []  # who wants that now


@contextmanager
def one_thread() -> Iterator[None]:
    """Has linear algebra run on one thread, for this thread and others, as long as any of them wants it so.

    Of libraries other than OpenBLAS, which NumPy's and SciPy's wheels have, nothing is known.
    """
    ticket = object()
    with _lock:
        _inside.append(ticket)
        changed = [library for library, _ in _usual]
        for library in libraries():
            if library not in changed:
                _usual.append((library, library.threads()))
                library.set_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside.remove(ticket)
            while _usual and not _inside:
                library, threads = _usual.pop()
                library.set_threads(threads)


def libraries() -> list[Library]:
    """Returns the libraries of the modules that have been imported."""
    files = [str(sys.modules[caller].__file__) for caller in _CALLERS if caller in sys.modules]
    return [library for file in files if (library := _library_of(file)) is not None]


@functools.cache
def _library_of(file: str) -> Library | None:
    linked = ctypes.CDLL(file)  # it is there already: names are looked up in it and in what it is linked with
    for before, after in _SPELLINGS:
        threads, set_threads = f"{before}get_num_threads{after}", f"{before}set_num_threads{after}"
        if hasattr(linked, threads) and hasattr(linked, set_threads):
            return Library(getattr(linked, threads), getattr(linked, set_threads))
    return None
