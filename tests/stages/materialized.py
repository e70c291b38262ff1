"""A small model for tests that write it to files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from typer.testing import CliRunner

from ms_initkit.cli.main import app
from ms_initkit.draws.dtypes import storage
from ms_initkit.files.safetensors import read_header
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.draw import fill_line

RECIPE = """
family: demo
vars: {sigma: 0.02}
rules:
  - {match: "**.norm.weight", init: ones}
  - {match: "**.proj.weight", init: {orthogonal: 0.5}}
  - {match: "**.qkv.weight", init: {normal: sigma}, then: [{zero_rows: [0]}]}
  - {match: "steps", init: 7}
  - {match: "**", init: {normal: sigma}}
"""
MANIFEST = [
    {"name": "embedding.weight", "shape": [96, 64], "dtype": "bfloat16"},
    {"name": "a.norm.weight", "shape": [64], "dtype": "float32"},
    {"name": "a.qkv.weight", "shape": [3, 64, 32], "dtype": "float16"},
    {"name": "a.proj.weight", "shape": [64, 64], "dtype": "float32"},
    {"name": "a.scale", "shape": [], "dtype": "bfloat16"},
    {"name": "steps", "shape": [1], "dtype": "int32"},
    {"name": "head.weight", "shape": [33, 64], "dtype": "bfloat16"},
]


def words(plan: Plan, name: str, seed: int) -> np.ndarray:  # type: ignore[type-arg]  # of any type
    """Returns what a parameter is due."""
    line = plan[name]
    values = np.empty(line.local_shape, storage(line.dtype))
    fill_line(values, line, seed)
    return values


def read(folder: Path) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Returns what another reader of safetensors finds; of bfloat16 the words."""
    found = {}
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    for name, file in index["weight_map"].items():
        with safe_open(folder / file, "np") as opened:  # type: ignore[no-untyped-call]
            entry = opened.get_slice(name)
            if entry.get_dtype() != "BF16":
                found[name] = opened.get_tensor(name)
                continue
        header = read_header(folder / file)
        tensor = next(tensor for tensor in header.tensors if tensor.name == name)
        raw = np.fromfile(folder / file, np.uint16, tensor.size // 2, offset=header.length + tensor.start)
        found[name] = raw.reshape(tensor.shape)
    return found


def run(*options: str) -> tuple[int, str, str]:
    """Returns how `materialize` ended, and what it said."""
    common = ("materialize", "--shapes", "demo.json", "--recipe", "./demo.yaml", "--out", "out")
    seed = () if "--seed" in options else ("--seed", "7")
    result = CliRunner().invoke(app, [*common, *seed, *options])
    return result.exit_code, result.stdout, result.stderr
