"""Places in a mesh."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ms_initkit.layouts.python import layout


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_ranks_count_row_by_row(sizes: list[int], data: st.DataObject) -> None:
    made = layout({f"m{n}": size for n, size in enumerate(sizes)}, [])
    rank = data.draw(st.integers(0, made.world_size - 1))

    position = made.at(rank)

    assert position.coordinates == tuple(int(n) for n in np.unravel_index(rank, sizes))
    assert position.rank == rank
    assert made.at(**{f"m{n}_rank": at for n, at in enumerate(position.coordinates)}) == position


def test_a_mesh_has_the_ranks_it_has() -> None:
    made = layout({"tp": 2}, [])

    with pytest.raises(ValueError, match=r"rank 2 is not in a mesh of 2 \(tp=2\)"):
        made.at(2)
    with pytest.raises(ValueError, match="the mesh has no 'pp_rank'; it has tp_rank"):
        made.at(pp_rank=0)
    with pytest.raises(ValueError, match="tp_rank is 0 to 1, not 2"):
        made.at(tp_rank=2)
    assert made.resized(tp=4).world_size == 4
