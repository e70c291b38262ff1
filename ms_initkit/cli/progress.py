"""Progress of anything that takes over a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

# Below this many seconds a progress bar is noise.
_PATIENCE: Final = 1.0


@contextmanager
def pulse(what: str) -> Iterator[None]:
    """Says what is being done, once it has taken a second, where nobody can tell how far it is."""
    from rich.console import Console

    status = Console(file=sys.stderr).status(what)
    timer = threading.Timer(_PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()


@contextmanager
def progress_bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Yields a callback for what was done since its last call; a bar appears once the work has taken a second."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    began = time.perf_counter()
    done = 0
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(file=sys.stderr), transient=True)
    task = bar.add_task(what, total=total)

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if not bar.live.is_started and time.perf_counter() - began > _PATIENCE:
            bar.start()
        bar.update(task, completed=done)

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
