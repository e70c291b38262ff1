"""What has no peer: binding, start-up, peak memory, and the roofline."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from cases import LARGE, LAYERS, QUICK, STD

from ms_initkit import draws, stream
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).parent
RULES: Final = 60


def binding_rows() -> str:
    """Returns the time to bind 12,500 to 50,000 parameters of transformer layers against 60 rules."""
    from initkit_worker import recipe

    rules = "\n".join(
        f'  - {{match: "model.layers.{{i}}.part{n}.**.weight", init: {{normal: 1 / sqrt(fan_in * {n + 1})}}}}'
        for n in range(RULES)
    )
    loaded = recipe(rules)
    lines = ["| parameters | seconds | microseconds each |", "|---|---|---|"]
    for count in (12_500, 25_000, 50_000):
        infos = [
            ParamInfo(
                (Owner(f"model.layers.{n // RULES}.part{n % RULES}.fc.weight", "weight", ("Dense", "Cell")),),
                (64, 64),
            )
            for n in range(count)
        ]
        seconds = _median(lambda infos=infos: bind(loaded, infos), 3)  # type: ignore[misc]
        lines.append(f"| {count:,} | {seconds:.2f} | {seconds / count * 1e6:.1f} |")
    return "\n".join(lines)


def startup_rows() -> str:
    """Returns what importing and the first draw cost in a fresh process, on top of importing MindSpore."""
    draw = "from ms_initkit import draws, stream; stream.sample(draws.Normal(0, 1), (64, 64), 1)"
    everything = f"import mindspore, ms_initkit; ms_initkit.apply; {draw}"
    with tempfile.TemporaryDirectory() as cold:
        rows = [
            ("import mindspore", _process("import mindspore")),
            ("and import ms_initkit, first draw, warm cache", _process(everything)),
            ("`ms-initkit check` of a shipped recipe", _process(
                "import sys; sys.argv = ['ms-initkit', 'check', 'resnet']; from ms_initkit.cli import main; main()")),
            ("first draw with a cold cache, in all", _process(everything, runs=1, NUMBA_CACHE_DIR=cold)),
        ]  # fmt: skip
    return "\n".join(["| process | seconds |", "|---|---|", *(f"| {name} | {seconds:.2f} |" for name, seconds in rows)])


def memory_row() -> str:
    """Returns by how much the peak of a deferred construction and apply exceeds the model."""
    program = (
        "import resource, json, mindspore, ms_initkit as mik\n"
        "from initkit_worker import recipe, _GPT\n"
        "from networks import Gpt, One\n"
        "rules = recipe(_GPT)\n"
        "mik.apply(One((64, 64)), recipe('  - {match: weight, init: {normal: 1}}'), seed=1)\n"
        "with mik.deferred():\n    net = Gpt()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "mik.apply(net, rules, seed=1)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "model = sum(p.size * 4 for p in net.get_parameters())\n"
        "print(json.dumps([model / 2**20, (after - before) / 1024]))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    model, grown = (float(text) for text in run.stdout.splitlines()[-1].strip("[]").split(","))
    return (
        f"A GPT of {LAYERS} layers constructed deferred, then applied: the model is {model:,.0f} MiB, "
        f"the process grew by {grown:,.0f} MiB: {grown - model:+,.0f} MiB."
    )


def roofline_rows() -> str:
    """Returns each law beside raw Philox and beside writing memory, on one and two threads, and its parts in cache."""
    from ms_initkit.stream import engine, laws

    out = np.zeros(LARGE, np.float32)
    words = out.view(np.uint32)
    place = engine.Place.whole((LARGE,))
    region = engine.region(place, (slice(0, LARGE),))
    raw = laws.Law(laws.WORDS, np.zeros(laws.WIDTH, np.float32))

    def law(draw: draws.Draw) -> Callable[[], None]:
        return lambda: stream.fill(out, draw, (LARGE,), 1)

    works: dict[str, Callable[[], object]] = {
        "writing memory (constant)": law(draws.Constant(STD)),
        "raw Philox words": lambda: engine.fill_region(words, stream.DTYPES["uint32"], raw, 1, 0, region),
        "uniform": law(draws.Uniform(-STD, STD)),
        "normal": law(draws.Normal(0, STD)),
        "truncated normal at 2 sigma": law(draws.TruncatedNormal(0, STD, -2 * STD, 2 * STD)),
    }
    lines = ["| work | 1 thread, million/s | 2 threads, million/s |", "|---|---|---|"]
    for name, work in works.items():
        rates = []
        for threads in (1, 2):
            stream.set_threads(threads)
            rates.append(LARGE / _median(work, 5) / 1e6)
        lines.append(f"| {name} | {rates[0]:,.0f} | {rates[1]:,.0f} |")
    stream.set_threads(None)
    lines += [f"| {name} | {rate:,.0f} | |" for name, rate in _rates_in_cache()]
    return "\n".join(lines)


def _rates_in_cache() -> list[tuple[str, float]]:
    """Returns millions per second of the parts of a normal, on one thread, within the second-level cache."""
    from ms_initkit.stream import compiled
    from ms_initkit.stream.laws import law_of

    n, times = 1 << 15, 1 << 10
    memory = np.zeros(3 * 4 * n + 64, np.uint8)
    counters = memory.ctypes.data + -memory.ctypes.data % 64
    words, values = counters + 4 * n, counters + 8 * n
    law = law_of(draws.Normal(0, STD))
    assert law is not None

    def philox() -> None:
        for _ in range(times):
            compiled.call("philox", counters, n // 4, 1, 0, words)

    def quantile() -> None:
        for _ in range(times):
            compiled.call("normal", words, n, law.parameters.ctypes.data, values)

    works = {"Philox alone, in cache": philox, "the normal's quantile alone, in cache": quantile}
    return [(name, n * times / _median(work, 5) / 1e6) for name, work in works.items()]


def _median(work: Callable[[], object], runs: int) -> float:
    work()
    seconds = []
    for _ in range(1 if QUICK else runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _process(program: str, runs: int = 5, **environment: str) -> float:
    def run() -> None:
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, env=os.environ | environment)

    if runs == 1:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began
    return _median(run, runs)
