"""What each shape takes: ``python -m tests.bombs.measure [SHAPE ...]``; ``--page`` writes it into docs/reliability.md.

Each is answered in a process of its own, forked where all that is needed is there: alone, and held against a network of
50,000 parameters. Counted are processor time of the process, and its largest memory beside that of a process that
answers three words; what is said is also made JSON. Shapes that are named take the places of what was measured last.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.source import read_text
from tests.bombs.answers import answer, network
from tests.bombs.legitimate import LEGITIMATE
from tests.bombs.others import OTHERS
from tests.bombs.page import RESULTS, write_pages
from tests.bombs.shapes import MEBIBYTE, SHAPES

PARAMETERS: Final = 50_000
_GIVEN_UP: Final = 60  # seconds of processor time
_TRIVIAL: Final = "{family: a, rules: [{match: '**', init: ones}]}"


def text_of(name: str, size: int = MEBIBYTE) -> str:
    """Returns the longest recipe of a shape, up to ``size``, that has no more values than are read."""
    while True:
        text = SHAPES[name](size)
        if not any("has more than" in finding.message for finding in read_text(text, "bomb.yaml").findings):
            return text
        size = size * 4 // 5


def _write(folder: Path, name: str) -> None:
    if name in OTHERS:
        OTHERS[name].write(folder)
    else:
        text = LEGITIMATE[name]() if name in LEGITIMATE else text_of(name)
        (folder / "bomb.yaml").write_text(text, encoding="utf-8")


def _apart(work: Callable[[], object]) -> tuple[float, float] | None:
    """Does ``work`` in a process of its own; returns its seconds and its MiB, None if it broke or took too long."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(work, sender))
    process.start()
    process.join()
    return receiver.recv() if process.exitcode == 0 and receiver.poll() else None


def _timed(work: Callable[[], object], sender: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_GIVEN_UP, resource.RLIM_INFINITY))
    work()
    used = resource.getrusage(resource.RUSAGE_SELF)
    sender.send((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))


class Held(NamedTuple):
    """Parameters, and the MiB that a process has that answers three words of them."""

    infos: tuple[ParamInfo, ...]
    before: float

    @classmethod
    def of(cls, infos: tuple[ParamInfo, ...]) -> Held:
        """Measures a process that holds ``infos``."""
        taken = _apart(partial(answer, _TRIVIAL, infos))
        assert taken is not None
        return cls(infos, taken[1])


def measured(name: str, networks: tuple[Held, ...]) -> list[tuple[float, float] | None]:
    """Returns seconds and MiB of one shape, alone and, if it is a recipe, held against ``networks``."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        _apart(partial(_write, folder, name))
        if name in OTHERS:
            return [_beside(_apart(partial(OTHERS[name].ask, folder)), networks[0].before)]
        path = str(folder / "bomb.yaml")
        return [_beside(_apart(partial(answer, path, held.infos)), held.before) for held in networks]


def _beside(taken: tuple[float, float] | None, before: float) -> tuple[float, float] | None:
    return None if taken is None else (round(taken[0], 2), round(max(0.0, taken[1] - before)))


def main() -> None:
    """Measures the shapes that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write docs/reliability.md of what was measured last")
    parser.add_argument("shapes", nargs="*")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    if not options.page:
        infos = network(PARAMETERS)
        for held in ((), infos[:1]):
            answer(_TRIVIAL, held)  # what is imported late
        networks = (Held.of(()), Held.of(infos))
        for name in options.shapes or [*SHAPES, *OTHERS, *LEGITIMATE]:
            results[name] = measured(name, networks)
            each = " | ".join("broke" if one is None else f"{one[0]:.2f} s, {one[1]:.0f} MiB" for one in results[name])
            sys.stdout.write(f"{name} | {each}\n")
            sys.stdout.flush()
            RESULTS.write_text(json.dumps(results).replace("]], ", "]],\n ") + "\n", encoding="utf-8")
    write_pages(results)


if __name__ == "__main__":
    main()
