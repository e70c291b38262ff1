"""The compiled kernels: every level of the processor equals the oracle, and what happens where there are none."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import Draw, Normal, TruncatedNormal
from ms_initkit.stages.memory import fresh_array
from ms_initkit.stream import engine, laws, oracle
from tests.stream.elementwise import KEY, PLAIN

kernels = pytest.importorskip("ms_initkit.stream.kernels", reason="the kernels were not compiled")

ROOT = Path(__file__).parents[2]
DTYPES: tuple[engine.Dtype, ...] = ("float32", "float16", "bfloat16", "float64")
WORDS = laws.Law(laws.WORDS, np.zeros(laws.WIDTH, np.float32))


@pytest.fixture(params=kernels.levels())
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    kernels.use(request.param)
    yield str(request.param)
    kernels.use(kernels.levels()[0])


def by_the_oracle(draw: Callable[[], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_kernels", lambda: None)
        draw()


def test_a_level_that_the_processor_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="no kernels called v5"):
        kernels.use("v5")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("draw", PLAIN)
def test_every_level_equals_the_oracle_at_any_size_and_place(level: str, draw: Draw, dtype: engine.Dtype) -> None:
    """Sizes about those of vectors, groups and blocks, at places that share no alignment, and nothing beside them."""
    storage = engine.STORAGE[stream.DTYPES[dtype]]
    expected = np.zeros(5000, storage)
    by_the_oracle(lambda: stream.fill(expected, draw, expected.shape, KEY, dtype=dtype))

    for size, place in product((0, 1, 2, 15, 16, 17, 63, 2047, 2048, 2049, 5000), (0, 1, 5, 16)):
        room = np.zeros(size + 64, storage)
        stream.fill(room[place : place + size], draw, (5000,), KEY, slice(5000 - size, 5000), dtype)

        assert room[place : place + size].tobytes() == expected[5000 - size :].tobytes(), (size, place)
        assert not room[:place].any()
        assert not room[place + size :].any()


@st.composite
def loops(draw: st.DrawFn) -> engine.Loops:
    """Nested loops that end in a run, anywhere below 2**62."""
    run = draw(st.integers(1, 40))
    lengths, strides = [run], [1]
    for _ in range(draw(st.integers(0, 3))):
        strides.insert(0, draw(st.integers(run, 2**40)))
        lengths.insert(0, draw(st.integers(2, 30)))
    return engine.Loops(draw(st.integers(0, 2**62)), tuple(lengths), tuple(strides))


@given(loops())
def test_every_level_draws_the_words_of_any_loops(where: engine.Loops) -> None:
    size = int(np.prod(where.lengths))
    expected = oracle.words(engine._numbers(where, 0, size), 7, KEY)

    for level in kernels.levels():
        kernels.use(level)
        drawn = np.zeros(size, np.uint32)
        engine.fill_loops(drawn, stream.DTYPES["uint32"], WORDS, KEY, 7, where)
        assert np.array_equal(drawn, expected), level
    kernels.use(kernels.levels()[0])


@pytest.mark.usefixtures("level")
def test_philox_gives_the_published_answer() -> None:
    """Random123's for a counter and a key of zeros; the others have counters that no element has."""
    drawn = np.zeros(4, np.uint32)

    engine.fill_loops(drawn, stream.DTYPES["uint32"], WORDS, 0, 0, engine.Loops(0, (4,), (1,)))

    assert drawn.tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


EDGES = [0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]


@pytest.mark.usefixtures("level")
@pytest.mark.parametrize("draw", PLAIN[1:])
def test_the_words_at_the_edges_are_drawn_as_the_oracle_does(draw: Draw) -> None:
    """The words nearest to 0, 1/2 and 1 of the first 2**22, where a distance is smallest or an exponent changes."""
    words = np.zeros(1 << 22, np.uint32)
    engine.fill_loops(words, stream.DTYPES["uint32"], WORDS, KEY, 0, engine.Loops(0, (words.size,), (1,)))
    nearest = {int(np.abs(words.astype(np.int64) - edge).argmin()) for edge in EDGES}
    law = stream.law_of(draw)
    assert law is not None

    for number in nearest:
        drawn = stream.sample(draw, words.shape, KEY, slice(number, number + 1))
        assert drawn.tobytes() == oracle.draw(law, words[number : number + 1]).tobytes()


BUILD = """
import runpy, sys
sys.path.insert(0, "tools")
import build_backend
build_backend.FLAGS = [*build_backend.FLAGS, "-ffp-contract={contract}"]
runpy.run_path("setup.py", run_name="__main__")
"""

FUSED = """
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
loader = ExtensionFileLoader("kernels", sys.argv[1])
kernels = module_from_spec(spec_from_loader("kernels", loader))
import numpy as np
from ms_initkit.draws import Normal
from ms_initkit.stream import engine, sample
usual = sample(Normal(0.0, 1.0), (100_000,), 1)
engine._kernels = lambda: kernels
kernels.use("v3")
print(np.array_equal(usual, sample(Normal(0.0, 1.0), (100_000,), 1)))
"""


@pytest.mark.skipif("v3" not in kernels.levels(), reason="this processor fuses nothing by itself")
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("may_fuse", [False, True])
def test_a_multiplication_and_an_addition_that_were_fused_would_be_seen(may_fuse: bool, tmp_path: Path) -> None:
    """A processor of level v3 can round a product and a sum at once; compiled so, the kernels are not the oracle."""
    build = BUILD.format(contract="fast" if may_fuse else "off")
    arguments = ["-q", "build_ext", "--build-lib", f"{tmp_path}/lib", "--build-temp", f"{tmp_path}/temp"]
    subprocess.run([sys.executable, "-c", build, *arguments], cwd=ROOT, check=True, capture_output=True)
    (built,) = tmp_path.glob("lib/**/kernels*.so")

    run = subprocess.run(
        [sys.executable, "-c", FUSED, str(built)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == str(not may_fuse)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_task_costs_nothing_of_the_interpreter(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads take tasks from a counter in memory: of a thousand tasks the interpreter sees a thread come and go."""
    calls: list[int] = []
    real = kernels.work

    def counted(*arguments: object) -> bool:
        calls.append(threading.get_ident())
        done: bool = real(*arguments)
        return done

    monkeypatch.setattr(engine, "_TASK", 64)
    monkeypatch.setattr(engine, "_SMALLEST_TASK", 64)
    monkeypatch.setattr(engine, "_GLANCE", 3600.0)
    monkeypatch.setattr(kernels, "work", counted)
    stream.set_threads(n)
    try:
        drawn = stream.sample(Normal(0.0, 1.0), (70_000,), KEY)
    finally:
        stream.set_threads(None)

    assert 1 <= len(calls) <= n
    monkeypatch.undo()
    assert np.array_equal(drawn, stream.sample(Normal(0.0, 1.0), (70_000,), KEY))


def test_the_caller_looks_up_from_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reports, and whoever interrupts it need not wait for the end."""
    monkeypatch.setattr(engine, "_GLANCE", 1e-9)
    monkeypatch.setattr(engine, "_TASK", 1 << 15)
    stream.set_threads(1)
    told: list[int] = []
    out = np.zeros(1 << 20, np.float32)
    law = stream.law_of(Normal(0.0, 1.0))
    assert law is not None
    jobs = stream.Batch(np.array([out.size]), np.array([law.id], np.int8), np.array([0], np.int8), law.parameters[None])

    stream.fill_many(jobs, np.array([out.ctypes.data], np.uint64), np.array([KEY], np.uint64), told.append)
    stream.set_threads(None)

    assert sum(told) == out.size
    assert len(told) > 1


@pytest.mark.parametrize("n", [1, 2])
def test_fresh_memory_is_drawn_as_any_other(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of either kind of pages are touched before they are drawn, and never what is another thread's."""
    seen: list[NDArray[np.int64]] = []
    real = kernels.work

    def spy(*arguments: Any) -> bool:  # noqa: ANN401  # whatever it is given
        seen.append(arguments[5])
        done: bool = real(*arguments)
        return done

    monkeypatch.setattr(kernels, "work", spy)
    law = stream.law_of(Normal(0.0, 1.0))
    assert law is not None
    out = fresh_array((3, 5 << 20), np.dtype(np.float32))
    sizes = np.full(3, 5 << 20)
    jobs = stream.Batch(sizes, np.full(3, law.id, np.int8), np.zeros(3, np.int8), np.repeat(law.parameters[None], 3, 0))
    addresses = np.array([row.ctypes.data for row in out], np.uint64)
    stream.set_threads(n)
    stream.fill_many(jobs, addresses, np.full(3, KEY, np.uint64), is_fresh=True)
    stream.set_threads(None)

    expected = stream.sample(Normal(0.0, 1.0), (5 << 20,), KEY)
    assert all(np.array_equal(row, expected) for row in out)
    if sys.platform == "linux":
        assert seen[0][6:8].tolist() == [3, 3]  # trials of either kind
        assert seen[0][4] in (1, 2)  # one was chosen


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")
def test_an_interruption_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its signal comes at the first report, of 2**28 elements; what is drawn afterwards is a glance's worth."""

    def interrupt(_: int, __: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    out = np.zeros(1 << 20, np.float16)
    law = stream.law_of(TruncatedNormal(0.0, 1.0, 5.0, 6.0))
    assert law is not None
    n = 1 << 12  # the same memory again and again
    jobs = stream.Batch(
        np.full(n, out.size), np.full(n, law.id, np.int8), np.full(n, 1, np.int8), np.repeat(law.parameters[None], n, 0)
    )
    done: list[int] = []

    def report(count: int) -> None:
        done.append(count)
        signal.setitimer(signal.ITIMER_REAL, 0.001)

    monkeypatch.setattr(engine, "_GLANCE", 0.01)
    stream.set_threads(1)
    try:
        with pytest.raises(KeyboardInterrupt):
            stream.fill_many(jobs, np.full(n, out.ctypes.data, np.uint64), np.full(n, KEY, np.uint64), report)
    finally:
        stream.set_threads(None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert 0 < sum(done) < n * out.size
