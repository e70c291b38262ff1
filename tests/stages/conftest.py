"""The small model of tests that write it to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ms_initkit as mik
from ms_initkit.files import chunks
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import shard_writing
from ms_initkit.stages.plan import plan_infos
from tests.networks import Mlp
from tests.recipes import recipe
from tests.stages.materialized import MANIFEST, RECIPE

TWO = '{id: weights, match: {param: weight}, init: {normal: 0.02}}\n{match: "**", init: zeros, optional: true}'


@pytest.fixture
def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes a new folder the current one, with the small model's recipe and shapes."""
    monkeypatch.chdir(tmp_path)
    Path("demo.yaml").write_text(RECIPE)
    Path("demo.json").write_text(json.dumps({"parameters": MANIFEST}))
    return tmp_path


@pytest.fixture
def demo(demo_folder: Path) -> Plan:
    """Plans the small model."""
    return plan_infos(read_shapes("demo.json"), "demo.yaml")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets even a small model be written in many pieces."""
    monkeypatch.setattr(chunks, "CHUNK", 4096)
    monkeypatch.setattr(shard_writing, "CHUNK", 4096)
    monkeypatch.setattr(shard_writing, "_RUN", 700)


@pytest.fixture
def report() -> mik.Report:
    """Applies two rules to a small network."""
    return mik.apply(Mlp(), recipe(TWO), seed=7)
