"""The stream's bits are those of ``tests/golden``, whatever draws them.

This needs NumPy, and the kernels if they shall draw too; so it also runs where MindSpore does not: ``make
check-numpy2`` and ``make check-aarch64``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from ms_initkit import stream
from ms_initkit.stream import compiled, engine, given, oracle, sampler
from tests.pinned import GOLDEN, KEY, PINNED, SHAPE, digest


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    stream.set_threads(None)


LEVELS = compiled.found.levels() if compiled.found else ()


@pytest.fixture(params=["oracle", *LEVELS])
def drawn_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Draws with the plain NumPy oracle, or with the kernels of one level and nothing but them."""

    def forbidden(*_: object) -> None:
        raise AssertionError("the oracle drew where the kernels should")

    if request.param == "oracle":
        monkeypatch.setattr(engine, "_kernels", lambda: None)
        yield "oracle"
        return
    monkeypatch.setattr(oracle, "words", forbidden)
    monkeypatch.setattr(oracle, "draw", forbidden)
    assert compiled.found
    compiled.found.use(request.param)
    yield str(request.param)
    compiled.found.use(compiled.found.levels()[0])


# The oracle comes first, and with one thread: it is the definition, so it alone writes the file anew.
@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_golden_bits(drawn_by: str, n: int, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_TASK", 1 << 20 if n == 1 else 997)
    monkeypatch.setattr(sampler, "_AT_ONCE", 1 << 19 if n == 1 else 774)
    monkeypatch.setattr(given, "_BLOCK", 1 << 19 if n == 1 else 501)
    stream.set_threads(n)

    drawn = {name: digest(stream.sample(draw, SHAPE, KEY)) for name, draw in PINNED.items()}
    drawn["key"] = f"{KEY:016x}"

    if update_golden and drawn_by == "oracle" and n == 1:
        GOLDEN.write_text(json.dumps(drawn, indent=2) + "\n")

    assert drawn == json.loads(GOLDEN.read_text())


@pytest.mark.usefixtures("drawn_by")
def test_the_golden_bits_in_any_order_and_in_slices() -> None:
    golden = json.loads(GOLDEN.read_text())

    for name, draw in reversed(PINNED.items()):
        rows = [stream.sample(draw, SHAPE, KEY, (slice(at, at + 3), ...)) for at in range(39, -1, -3)]
        assert digest(np.concatenate(rows[::-1])) == golden[name], name
