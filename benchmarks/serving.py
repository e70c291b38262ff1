"""A worker: prepares a case when it is named, repeats it when it is asked to, and answers with the mean seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def serve(prepare: Callable[[str], Callable[[], object]]) -> None:
    """Reads ``prepare NAME`` and ``run TIMES`` from standard input; answers each with a line."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what frameworks print is not an answer
    work: Callable[[], object] = lambda: None  # noqa: E731
    for line in sys.stdin:
        command, _, name = line.strip().partition(" ")
        if command == "prepare":
            work = lambda: None  # noqa: E731  # what the last case held is given back first
            try:
                work = prepare(name)
                answer = "ready"
            except KeyError:
                answer = "absent"
        else:
            times = int(name)
            began = time.perf_counter()
            for _ in range(times):
                work()
            answer = repr((time.perf_counter() - began) / times)
        print(answer, file=answers, flush=True)
