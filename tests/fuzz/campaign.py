"""A campaign: ``python -m tests.fuzz.campaign --seconds 60``; what breaks something is kept in the corpus.

Every target takes its turn for a second at a time with changed inputs of its corpus. An input that takes new lines of
the library joins the corpus of the campaign, as coverage-guided fuzzers do; the lines are told by ``sys.settrace`` for
one input in a few, because it is slow. A run ends with code 1 if anything was found.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType
from typing import Final

from ms_initkit.findings import InitKitError, findings_to_json
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import CORPUS, REFUSALS, TARGETS, seeds

_TURN: Final = 1.0
_TRACED: Final = 20  # one input in so many is looked at for new lines
LONGEST_ANSWER: Final = 5.0
_PACKAGE: Final = "ms_initkit"


class TooSlowError(Exception):
    """No answer came in time."""


@contextmanager
def alarmed(seconds: float) -> Iterator[None]:
    """Raises an exception in the middle of what takes longer, in time of this process, however busy the machine is."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"no answer in {seconds} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(target: Callable[[bytes], None], content: bytes, seconds: float = LONGEST_ANSWER) -> Exception | None:
    """Returns the exception that is a bug; None where ``content`` was taken, or refused in the library's own words."""
    try:
        with alarmed(seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target(content)
    except REFUSALS as refusal:
        return _untold(refusal)
    except Exception as error:  # whatever it is, it is a bug
        return error
    return None


def _untold(refusal: Exception) -> Exception | None:
    """Returns the exception that is raised in saying what is wrong, None where it can be said."""
    try:
        str(refusal).encode()
        if isinstance(refusal, InitKitError):
            findings_to_json(refusal.findings)
    except Exception as error:  # whatever it is, it is a bug
        return error
    return None


def lines_of(target: Callable[[bytes], None], content: bytes) -> set[tuple[str, int]]:
    """Returns the lines of the library that ``content`` runs through."""
    seen: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, _value: object) -> object:
        if _PACKAGE not in frame.f_code.co_filename:
            return None
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]  # it returns itself
    try:
        outcome(target, content)
    finally:
        sys.settrace(None)
    return seen


def campaign(seconds: float, chosen: list[str], random: Random) -> tuple[Counter[str], dict[str, tuple[str, bytes]]]:
    """Returns how many inputs each target had, and what was found, by the place where the exception was raised."""
    counts: Counter[str] = Counter()
    found: dict[str, tuple[str, bytes]] = {}
    pools = {name: seeds(name) or [b""] for name in chosen}
    known: dict[str, set[tuple[str, int]]] = {name: set() for name in chosen}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in chosen:
            turn = min(end, time.monotonic() + _TURN)
            while time.monotonic() < turn:
                content = mutated(random.choice(pools[name]), pools[name], random)
                counts[name] += 1
                error = outcome(TARGETS[name], content)
                if error is not None:
                    last = traceback.extract_tb(error.__traceback__)[-1]
                    place = f"{name}: {type(error).__name__}: {str(error)[:80]} at {last.filename}:{last.lineno}"
                    found.setdefault(place, (name, content))
                elif counts[name] % _TRACED == 0:
                    fresh = lines_of(TARGETS[name], content) - known[name]
                    if fresh:
                        known[name] |= fresh
                        pools[name].append(content)
    return counts, found


def main() -> int:
    """Runs a campaign and keeps what it finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="of the changes; by default another one every time")
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    options = parser.parse_args()
    chosen = options.targets or list(TARGETS)
    seed = time.time_ns() % 2**32 if options.seed is None else options.seed
    counts, found = campaign(options.seconds, chosen, Random(seed))
    for place, (name, content) in found.items():
        path = CORPUS / name / f"found-{hashlib.blake2b(content, digest_size=6).hexdigest()}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        sys.stdout.write(f"{place}\n  kept as {path}\n")
    each = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    sys.stdout.write(f"seed {seed}: {each}\n{sum(counts.values()):,} inputs, {len(found)} places are wrong\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
