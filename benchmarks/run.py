"""Runs every case in each peer, in turn, for one and two threads, and writes the table of docs/performance.md.

The peers are processes of their own, so that none has another's thread pools or heap; A B C A B C ..., medians, ratios.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypedDict

from cases import CASES, QUICK, Case
from extras import binding_rows, interpreter_rows, memory_row, roofline_rows, startup_rows

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "performance.md"
RESULTS: Final = HERE / "results.json"
WORKERS: Final = {"ms_initkit": "initkit_worker.py", "MindSpore": "mindspore_worker.py", "torch": "torch_worker.py"}
# What has no peer: titles, and what measures each.
OTHERS: Final = {
    "Bind: 60 rules": binding_rows,
    "Start-up": startup_rows,
    "Peak memory": memory_row,
    "Roofline": roofline_rows,
    "The interpreter's part": interpreter_rows,
}
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


class Results(TypedDict):
    """What was measured: seconds by threads, case and peer, and the tables of what has no peer."""

    machine: str
    cases: dict[str, dict[str, dict[str, list[float]]]]
    others: dict[str, str]


@dataclass
class Worker:
    """One peer's process."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, peer: str, threads: int) -> Worker:
        """Starts the worker of ``peer``."""
        python = os.environ.get("BENCH_TORCH_PYTHON", sys.executable) if peer == "torch" else sys.executable
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        return cls(
            subprocess.Popen(
                [python, str(HERE / WORKERS[peer]), str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        )

    def ask(self, line: str) -> str:
        """Sends ``line`` and returns the answer."""
        _stream(self.process.stdin).write(line + "\n")
        _stream(self.process.stdin).flush()
        answer = _stream(self.process.stdout).readline().strip()
        if not answer:
            raise RuntimeError(f"{self.process.args} ended at {line!r}")
        return answer

    def stop(self) -> None:
        """Ends the process."""
        _stream(self.process.stdin).close()
        self.process.wait()


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def measure(case: Case, workers: dict[str, Worker]) -> dict[str, list[float]]:
    """Returns the seconds of each run of each peer that has the case; one run before them is not counted."""
    present = [peer for peer, worker in workers.items() if worker.ask(f"prepare {case.name}") == "ready"]
    seconds: dict[str, list[float]] = {peer: [] for peer in present}
    for number in range((1 if QUICK else case.runs) + 1):
        for peer in present:
            taken = float(workers[peer].ask(f"run {case.repeats}"))
            if number:
                seconds[peer].append(taken)
    for worker in workers.values():
        worker.ask("prepare nothing")
    return seconds


def row(case: Case, seconds: dict[str, list[float]], *, is_judged: bool) -> str:
    """Returns the case's line of the table: medians, ratios, and what was asked for."""
    medians = {peer: statistics.median(values) for peer, values in seconds.items()}
    own = medians["ms_initkit"]
    cells = [case.title, *(_seconds(medians.get(peer)) for peer in WORKERS)]
    for peer, wanted in (("torch", case.beside_torch), ("MindSpore", case.beside_mindspore)):
        ratio = medians[peer] / own if peer in medians else None
        cells.append("" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}")
        verdict = "" if wanted is None or ratio is None else "yes" if ratio >= wanted else "**no**"
        cells.append(f"{wanted:g}: {verdict}" if wanted is not None and is_judged else "")
    return "| " + " | ".join(cells) + " |"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if value * scale >= 1:
            return f"{value * scale:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


HEAD: Final = (
    "| work | ms_initkit | MindSpore | torch | torch / ours | asked | MindSpore / ours | asked |",
    "|---|---|---|---|---|---|---|---|",
)


def measured(threads: int) -> dict[str, dict[str, list[float]]]:
    """Measures every case on ``threads`` threads, and prints the table as it grows."""
    workers = {peer: Worker.start(peer, threads) for peer in WORKERS}
    seconds: dict[str, dict[str, list[float]]] = {}
    print("\n".join(HEAD))
    try:
        for case in CASES:
            seconds[case.name] = measure(case, workers)
            print(row(case, seconds[case.name], is_judged=threads == 2), flush=True)
    finally:
        for worker in workers.values():
            worker.stop()
    return seconds


def table(threads: int, seconds: dict[str, dict[str, list[float]]]) -> str:
    """Returns the table of what was measured on ``threads`` threads."""
    rows = [row(case, seconds[case.name], is_judged=threads == 2) for case in CASES if case.name in seconds]
    return "\n".join([*HEAD, *rows])


def machine() -> str:
    """Returns the processor, its cores, and the versions that were measured."""
    import mindspore
    import numpy as np

    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    versions = f"MindSpore {mindspore.__version__}, NumPy {np.__version__}"
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}, torch 2.13.0 (CPU)"


def page(results: Results) -> str:
    """Returns the measured part of the page."""
    parts = [f"Machine: {results['machine']}. Medians; the peers in turn, in processes of their own."]
    for threads, seconds in results["cases"].items():
        title = f"### {threads} thread{'s' if int(threads) > 1 else ''}"
        parts.append(f"{title}\n\n{table(int(threads), seconds)}")
    parts += [f"### {title}\n\n{rows}" for title, rows in results["others"].items()]
    return "\n\n".join(parts)


def main() -> None:
    """Measures everything and rewrites the measured part of the page; with ``--page`` from what was measured last."""
    if "--page" in sys.argv:
        results: Results = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        results = {"machine": machine(), "cases": {}, "others": {}}
        for threads in (2, 1):
            results["cases"][str(threads)] = measured(threads)
        for title, rows in OTHERS.items():
            results["others"][title] = rows()
            print(f"{title}\n{results['others'][title]}", flush=True)
        if QUICK:
            return
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{page(results)}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
