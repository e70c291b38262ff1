"""The table of tensors that the kernels read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ms_initkit import stream
from ms_initkit.draws import Normal
from ms_initkit.stream import table

kernels = pytest.importorskip("ms_initkit.stream.kernels", reason="the kernels were not compiled")


KEY = stream.key(3, "a.weight")


@pytest.fixture(params=kernels.levels())
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    kernels.use(request.param)
    yield str(request.param)
    kernels.use(kernels.levels()[0])


@pytest.mark.usefixtures("level")
def test_storage_may_lie_anywhere() -> None:
    """What a table names is written wherever it lies: files and foreign memory know no alignment."""
    expected = stream.sample(Normal(0.0, 1.0), (300,), KEY)
    law = stream.law_of(Normal(0.0, 1.0))
    assert law is not None
    for shift in range(9):
        room = np.zeros(4 * 300 + 16, np.uint8)
        row = table.PACKED.pack(
            300, 300, room.ctypes.data + shift, 0, law.id, KEY, 0, 0, law.parameters.tobytes(), 0, 8 * table.ROW
        )
        for past_caches in (False, True):
            kernels.fill(row, 1, 0, 300, past_caches)
            assert room[shift : shift + 1200].tobytes() == expected.tobytes()


def test_a_table_shorter_than_its_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than its rows"):
        kernels.fill(bytes(8 * table.ROW), 2, 0, 1, False)
    with pytest.raises(ValueError, match="SHARED int64"):
        kernels.work(bytes(8 * table.ROW), 1, 1, 1, False, np.zeros(2, np.int64), 0.0)
