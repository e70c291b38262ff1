"""What drawing is given: values that are there, and sums that were added up before."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

import numpy as np
import pytest

from ms_initkit import draws, stream
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.functions import Normalize
from ms_initkit.stream import given, sampler

KEY = stream.key(3, "w")


NORMAL = draws.Normal(0.0, 1.0)


def test_sums_are_added_up_once_for_all_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (64, 64)
    counted: list[Hashable] = []

    class Counting(given.Given):
        def remembered(self, key: Hashable, make: Callable[[], Floats]) -> Floats:
            def counting() -> Floats:
                counted.append(key)
                return make()

            return super().remembered(key, counting)

    monkeypatch.setattr(given, "_BLOCK", 100)
    monkeypatch.setattr(sampler, "_AT_ONCE", 100)
    out = np.empty(shape, np.float32)
    stream.fill(out, draws.Made(NORMAL, shape, Normalize((0,), 1.0)), shape, KEY, given=Counting())

    assert len(counted) == 1
    assert np.linalg.norm(out, axis=0) == pytest.approx(1.0)


@pytest.mark.parametrize(("there", "again"), [({}, 1), ({"": lambda _: np.zeros(1)}, 0)])
def test_of_what_is_there_all_sums_are_remembered(there: dict[str, given.Reader], again: int) -> None:
    counted: list[int] = []

    def make(number: int) -> Floats:
        counted.append(number)
        return np.zeros(1)

    memory = given.Given(there)
    for number in (*range(1000), 999, 0):
        memory.remembered(number, partial(make, number))

    assert len(counted) == 1000 + again
