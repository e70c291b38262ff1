"""Layouts made in Python."""

from __future__ import annotations

from pathlib import Path

import ms_initkit as mik
from ms_initkit.layouts.load import load_layout
from ms_initkit.layouts.python import layout, place, rename, split
from tests.layouts.sharded import LAYOUT, Net, write


def test_python_and_yaml_say_the_same(recipe: Path, tmp_path: Path) -> None:
    written = layout(
        {"pp": 2, "dp": 2, "tp": 2},
        [
            place("layers.{i}.qkv.{weight,bias}", split(0, "tp", blocks=(4, 2, 2))),
            place("layers.{i}.out.weight", split(1, "tp"), split(0, "dp")),
            place("embedding.weight", split(0, "tp"), when="pp_rank == 0"),
            place("**.out.bias"),
        ],
        names=[rename("layers.{i}.**", {"i": "i + pp_rank * layers_per_stage"})],
        vars={"n_layers": 4, "layers_per_stage": "n_layers / pp_size"},
        name="demo",
    )
    read = load_layout(write(tmp_path, LAYOUT))

    plans = [mik.plan(Net(2, 2, 2), recipe, layout=one.at(3)) for one in (written, read)]

    assert plans[0].assignments == plans[1].assignments
