"""How many threads draw: the cores this process may use, unless the user says otherwise."""

from __future__ import annotations

import functools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

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
        return _cores()
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{VARIABLE} is a whole number of at least 1, not {text!r}: unset it to use every core")
    return int(text)


def _cores() -> int:
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
