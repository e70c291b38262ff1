"""One parameter of a plan, drawn by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ms_initkit as mik
from ms_initkit.layouts.python import layout, place, split
from ms_initkit.stages.plan import plan_infos
from tests.layouts.sharded import info
from tests.plans.one import One, rules


@pytest.mark.parametrize(
    ("dtype", "w", "expected"),
    [
        ("int64", "init: 9007199254740993", 9007199254740993),
        ("uint64", f"init: {2**64 - 1}", 2**64 - 1),
        ("int32", "init: 16777217", 16777217),
        ("bool", "init: 1", True),
        ("float64", "init: 0.1", 0.1),
        ("float32", "init: 0.1", float(np.float32(0.1))),
        ("float16", "init: 0.1", float(np.float32(0.1))),
    ],
)
def test_draw_returns_what_float32_cannot_hold_in_its_own_type(dtype: str, w: str, expected: float) -> None:
    plan = mik.plan(One(dtype), rules(w))
    values = mik.draw(plan, "w", seed=1)
    assert values.dtype == ("float32" if dtype == "float16" else dtype)
    assert set(values.reshape(-1).tolist()) == {expected}
    assert mik.draw(plan, "w", seed=1, index=(slice(1, 3), 2)).tolist() == [expected] * 2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_slices_of_other_types_are_slices_too(dtype: str, tmp_path: Path) -> None:
    from ms_initkit.draws.dtypes import storage
    from ms_initkit.stages.draw import fill_line

    init = "{normal: 1.0}" if "float" in dtype else "3"
    (tmp_path / "r.yaml").write_text(f"family: r\nrules: [{{match: '**', init: {init}}}]\n")
    made = layout({"tp": 2}, [place("w", split(1, "tp", blocks=2))])
    whole = plan_infos([info("w", 6, 8, dtype=dtype)], tmp_path / "r.yaml")["w"]
    part = plan_infos([info("w", 6, 4, dtype=dtype)], tmp_path / "r.yaml", layout=made.at(1))["w"]
    everything, own = np.empty((6, 8), storage(dtype)), np.empty((6, 4), storage(dtype))

    fill_line(everything, whole, 3)
    fill_line(own, part, 3)

    np.testing.assert_array_equal(own, everything[:, [2, 3, 6, 7]])
