"""Linear algebra on one thread: on several, libraries add in another order, and small matrices gain nothing by them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Returns a context in which linear algebra has one thread."""
    limited: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limited


@functools.cache
def _libraries() -> ThreadpoolController:
    """The linear algebra libraries of this process, SciPy's among them, which takes a moment to find out."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
