"""The threads that draw: as many as the cores this process may use, unless the user says otherwise."""

from __future__ import annotations

import functools
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

Progress: TypeAlias = Callable[[int], None]
Task: TypeAlias = tuple[Callable[[int, int], None], int, int]

VARIABLE: Final = "MS_INITKIT_THREADS"
_CGROUP: Final = Path("/sys/fs/cgroup")

_chosen: int | None = None


def set_threads(n: int | None) -> None:
    """Draws with ``n`` threads from now on; None goes back to the environment and the cores.

    Raises:
        ValueError: If ``n`` is below 1.
    """
    global _chosen  # one setting per process is what is meant
    if n is not None and n < 1:
        raise ValueError(f"a number of threads is at least 1, not {n}")
    _chosen = n


def threads() -> int:
    """What ``set_threads`` said, or else ``MS_INITKIT_THREADS``, or else the cores this process may use.

    Raises:
        ValueError: If the environment variable is not a whole number of at least 1.
    """
    if _chosen is not None:
        return _chosen
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return cores()
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{VARIABLE} is a whole number of at least 1, not {text!r}: unset it to use every core")
    return int(text)


def cores() -> int:
    """Returns how many cores this process may use, by its affinity and its container's limit."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cgroup_limit(_CGROUP)
    return max(1, allowed if limit is None else min(allowed, math.ceil(limit)))


@functools.cache
def cgroup_limit(root: Path) -> float | None:
    """The cores a container may use (cgroup version 2, then 1), or None where there is no limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if quota in {"max", "-1"}:
        return None
    return float(quota) / float(period)


@functools.cache
def pool(n: int, process: int) -> ThreadPoolExecutor:
    """A pool of ``n`` threads; ``process`` keeps a forked child from waiting on threads it does not have."""
    del process
    return ThreadPoolExecutor(n, thread_name_prefix="ms_initkit")


class _Thread(threading.local):
    """Whether this thread is carrying out a task of ``run``."""

    is_inside = False


_thread: Final = _Thread()


def is_inside_task() -> bool:
    """Whether this thread carries out a task already, so that the others are at work and not worth calling."""
    return _thread.is_inside


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
            end()  # the others stop at their next task
            raise
        finally:
            _thread.is_inside = False

    def report() -> None:
        count = len(done)
        if progress is not None and count:
            progress(sum(done[:count]))
            del done[:count]

    def end() -> None:
        deque(left, maxlen=0)

    together(n, lambda: work(report), lambda: work(lambda: None), end)
    report()


def together(n: int, own: Callable[[], None], helper: Callable[[], None], end: Callable[[], None]) -> None:
    """Calls ``own`` on this thread and ``helper`` on ``n - 1`` of the pool, or on as many as can be had.

    Returns when none of them is at work any more, whatever happens: they write into memory of the caller's.

    Args:
        n: How many threads are to be at work.
        own: Called by this thread.
        helper: Called by each of the others.
        end: Called when ``own`` is through, or was interrupted: helpers are to come to an end.
    """
    helpers: list[Future[None]] = []
    try:
        with suppress(RuntimeError):  # no thread can be had any more: those that there are do it all
            for _ in range(n - 1):
                helpers.append(pool(threads(), os.getpid()).submit(helper))
        own()
    finally:
        end()
        _wait_for(helpers)
    for each in helpers:
        if not each.cancelled():
            each.result()


def _wait_for(helpers: list[Future[None]]) -> None:
    """Returns when no helper is at work, whatever happens meanwhile."""
    try:
        wait([helper for helper in helpers if not helper.cancel()])
    except BaseException:
        _wait_for(helpers)
        raise
