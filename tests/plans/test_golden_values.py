"""The plan of values that are made of others, line by line: a change in how it is told shows in review as a diff.

``pytest tests/plans/test_golden_values.py --update-golden`` rewrites the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik

GOLDEN = Path(__file__).parents[1] / "golden" / "values-of-values.txt"
SHAPES: Mapping[str, tuple[int, ...]] = {
    "embedding": (12, 8),
    "stem": (4, 1, 3, 3),
    "inflated": (4, 3, 2, 3, 3),
    "positions": (17, 8),
    "base": (8, 6),
    "lora_a": (2, 6),
    "lora_b": (8, 2),
    "magnitude": (8, 1),
    "step": (),
    "unit": (8, 6),
    "tail": (10, 6),
    "causal": (6, 6),
    "shrunk": (8, 6),
}
RULES = [
    {"match": "embedding", "from": {"path": "old.npz"}, "fit": {"rows": "mean"}},
    {"match": "stem", "from": {"path": "old.npz"}, "fit": {"channels": "average"}},
    {"match": "inflated", "from": {"path": "old.npz"}, "fit": {"inflate": "center"}},
    {"match": "positions", "from": {"path": "old.npz"}, "fit": {"grid": {"tokens": 1}}},
    {
        "match": "base",
        "from": {"path": "old.npz"},
        "then": [{"low_rank": {"scheme": "pissa", "part": "rest", "rank": 2}}],
    },
    {
        "match": "lora_a",
        "like": {"name": "base", "then": False},
        "then": [{"low_rank": {"scheme": "pissa", "part": "a", "rank": 2}}],
    },
    {
        "match": "lora_b",
        "like": {"name": "base", "then": False},
        "then": [{"low_rank": {"scheme": "pissa", "part": "b", "rank": 2}}],
    },
    {"match": "magnitude", "like": "unit", "then": [{"norm": {"axis": 1}}]},
    {"match": "unit", "init": {"normal": 0.02}, "then": [{"normalize": {"axis": 1}}]},
    {"match": "step", "like": "unit", "then": ["abs_mean"]},
    {"match": "tail", "init": {"normal": 0.02}, "rows": "7:"},
    {"match": "causal", "init": "ones", "then": [{"mask": "lower"}]},
    {"match": "shrunk", "init": "keep", "then": [{"multiply": 0.4}, {"add": {"normal": 0.01}}]},
]


class Net(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        for name, shape in SHAPES.items():
            setattr(self, name, mindspore.Parameter(mindspore.Tensor(np.ones(shape, np.float32)), name=name))


def test_a_plan_of_values_made_of_others_is_the_golden_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    old = {"embedding": (10, 8), "stem": (4, 3, 3, 3), "inflated": (4, 3, 3, 3), "positions": (10, 8), "base": (8, 6)}
    np.savez("old.npz", **{name: np.ones(shape, np.float32) for name, shape in old.items()})

    text = str(mik.plan(Net(), {"family": "values", "rules": RULES}))

    if update_golden:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
