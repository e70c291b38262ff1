"""What a constructor draws, under some seeds; one class after another, each with its time. NumPy alone."""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.reference.records import DETERMINISM_SEEDS, Array, Record

# Elements constructed over all seeds of a network, and the most seeds.
ELEMENTS: Final = 80_000_000
MOST_SEEDS: Final = 12
MEMORY: Final = 6 << 30


class TooLargeError(Exception):
    """A network has more elements than the harness constructs."""


def measure(draw: Callable[[int], Mapping[str, Array]], most_seeds: int = MOST_SEEDS) -> dict[str, dict[str, Any]]:
    """Returns what is known of each tensor that ``draw`` gives for a seed, in the order in which it gives them.

    The sums of the first four powers are kept, so that tensors can be pooled later.
    """
    values = draw(0)
    total = sum(value.size for value in values.values())
    seeds = max(DETERMINISM_SEEDS, min(most_seeds, ELEMENTS // max(1, total)))
    records = {name: Record(value.copy(), np.ones(value.shape, np.bool_)) for name, value in values.items()}
    for seed in range(seeds):
        values = draw(seed) if seed else values
        for name, record in records.items():
            if not record.is_sharp:
                record.see(values[name].copy())
    return {name: _kept(record) for name, record in records.items()}


def _kept(record: Record) -> dict[str, Any]:
    out = record.summary()
    if "n" in out:
        out["sums"] = [float(x) for x in record.sums]
    return out


def run(classes: Sequence[str], folder: Path, side: str, one: Callable[[str], dict[str, Any]], seconds: int) -> None:
    """Writes ``folder/CLASS.SIDE.json`` for each class: what ``one`` returns of it, or why it could not."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    folder.mkdir(parents=True, exist_ok=True)
    for name in classes:
        start = time.monotonic()
        try:
            with _within(seconds):
                document = one(name)
            told = f"{len(document['parameters'])} parameters"
        except Exception as error:  # anything may be wrong in a stranger's constructor
            document = {"error": f"{type(error).__name__}: {str(error)[:400]}", "where": _where(error)}
            told = document["error"][:120]
        document = {"class": name, **document, "seconds": round(time.monotonic() - start, 1)}
        (folder / f"{name}.{side}.json").write_text(json.dumps(document), encoding="utf-8")
        sys.stdout.write(f"{side} {name} {document['seconds']} s: {told}\n")
        sys.stdout.flush()


@contextmanager
def _within(seconds: int) -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"it took more than {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _where(error: Exception) -> str:
    """Returns the line of the package's source in which it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" in frame.filename]
    if not frames:
        return ""
    return f"{frames[-1].filename.rpartition('site-packages/')[2]}:{frames[-1].lineno} {frames[-1].line}"
