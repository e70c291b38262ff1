"""What has no peer: binding, start-up, peak memory, and the roofline."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from cases import LARGE, LAYERS, QUICK, STD

from ms_initkit import draws, stream
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind

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
                (Owner(f"model.layers.{n // RULES}.part{n % RULES}.fc.weight", "weight", ("Dense", "Cell")),), (64, 64)
            )
            for n in range(count)
        ]
        seconds = _median(lambda infos=infos: bind(loaded, infos, strict=True), 3)  # type: ignore[misc]
        lines.append(f"| {count:,} | {seconds:.2f} | {seconds / count * 1e6:.1f} |")
    return "\n".join(lines)


def startup_rows() -> str:
    """Returns what importing and the first draw cost in a fresh process, on top of importing MindSpore."""
    draw = "from ms_initkit import draws, stream; stream.sample(draws.Normal(0, 1), (64, 64), 1)"
    everything = f"import mindspore, ms_initkit; ms_initkit.apply; {draw}"
    rows = [
        ("import mindspore", _process("import mindspore")),
        ("and import ms_initkit, first draw", _process(everything)),
        (
            "`ms-initkit check` of a shipped recipe",
            _process(
                "import sys; sys.argv = ['ms-initkit', 'check', 'resnet']; from ms_initkit.cli import main; main()"
            ),
        ),
    ]
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
    loops = engine.Numbering.whole((LARGE,)).loops((slice(0, LARGE),))
    raw = laws.Law(laws.WORDS, np.zeros(laws.WIDTH, np.float32))

    def law(draw: draws.Draw) -> Callable[[], None]:
        return lambda: stream.fill(out, draw, (LARGE,), 1)

    works: dict[str, Callable[[], object]] = {
        "writing memory (constant)": law(draws.Constant(STD)),
        "raw Philox words": lambda: engine.fill_loops(words, stream.DTYPES["uint32"], raw, 1, 0, loops),
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


def interpreter_rows() -> str:
    """Returns how often Python calls anything while values are drawn: threads share its lock, whatever their number."""
    from ms_initkit.stream import engine, pool

    out = np.zeros(LARGE, np.float32)
    lines = ["| threads | tasks | calls | calls for each GiB |", "|---|---|---|---|"]
    for threads in (1, 2, 8, 64):
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            del frame, argument
            calls += event in ("call", "c_call")

        pool.pool.cache_clear()  # threads are watched from their beginning on
        stream.set_threads(threads)
        threading.setprofile(count)
        sys.setprofile(count)
        try:
            stream.fill(out, draws.Normal(0, STD), out.shape, 1)  # they begin
            calls = 0
            stream.fill(out, draws.Normal(0, STD), out.shape, 1)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]  # as its documentation says
        tasks = -(-out.size // engine._step(out.size, engine._TASK))
        lines.append(f"| {threads} | {tasks} | {calls} | {calls * 2**30 / out.nbytes:,.0f} |")
    stream.set_threads(None)
    return "\n".join(lines)


def _rates_in_cache() -> list[tuple[str, float]]:
    """Returns millions per second of words and normals at each level, on one thread, within the first-level cache."""
    from ms_initkit.stream import kernels, laws, table

    n, times = 1 << 12, 1 << 12
    out, normal = np.zeros(n, np.float32), stream.law_of(draws.Normal(0, STD))
    assert normal is not None
    kinds = {
        "Philox words": (stream.DTYPES["uint32"], laws.Law(laws.WORDS, np.zeros(laws.WIDTH, np.float32))),
        "normal": (stream.DTYPES["float32"], normal),
    }
    rates = []
    for level in kernels.levels():
        kernels.use(level)
        for name, (dtype, law) in kinds.items():
            row = table.PACKED.pack(n, n, out.ctypes.data, dtype, law.id, 1, 0, 0, law.parameters.tobytes(), 0, 0)

            def work(row: bytes = row) -> None:
                for _ in range(times):
                    kernels.fill(row, 1, 0, n, False)

            rates.append((f"{name}, in cache, level {level}", n * times / _median(work, 5) / 1e6))
    kernels.use(kernels.levels()[0])
    return rates


def _median(work: Callable[[], object], runs: int) -> float:
    work()
    seconds = []
    for _ in range(1 if QUICK else runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _process(program: str) -> float:
    return _median(lambda: subprocess.run([sys.executable, "-c", program], check=True, capture_output=True), 5)
