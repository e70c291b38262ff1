"""Manifests, indexes and headers tell shapes: what they may not say is refused with its place, whatever it is."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import ms_initkit as mik
from ms_initkit.files.safetensors import read_header
from ms_initkit.networks.manifest import modules_of, network_of, read_manifest, read_shapes, to_json
from ms_initkit.stages.plan import plan_infos
from tests.plans.shelf import WEIGHT
from tests.recipes import recipe


def manifest(folder: Path, *entries: object, **more: object) -> Path:
    path = folder / "m.json"
    path.write_text(json.dumps({"parameters": list(entries)} | more))
    return path


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (5, "must be a mapping"),
        ({}, "`name` must be text"),
        ({"name": "", "shape": []}, "`name` must be text"),
        ({"name": ["w"], "shape": []}, "`name` must be text"),
        ({"name": "w"}, "`shape` must be"),
        ({"name": "w", "shape": 3}, "`shape` must be"),
        ({"name": "w", "shape": [2.0]}, "`shape` must be"),
        ({"name": "w", "shape": [True]}, "`shape` must be"),
        ({"name": "w", "shape": [-1]}, "`shape` must be"),
        ({"name": "w", "shape": [2**40, 2**24]}, "more than any memory"),
        ({"name": "w", "shape": [2**62], "dtype": "int16"}, "more than any memory"),
        ({"name": "w", "shape": [2**32] * 3}, "more than any memory"),
        ({"name": "w", "shape": [2], "dtype": "float23"}, "no element type is called 'float23'"),
        ({"name": "w", "shape": [2], "dtype": "flot32"}, "did you mean 'float32'"),
        ({"name": "w", "shape": [2], "dtype": 32}, "no element type"),
        ({"name": "w", "shape": [2], "dtype": ["float32"]}, "no element type"),
        ({"name": "w", "shape": [2], "trainable": "yes"}, "`trainable` must be"),
        ({"name": "w", "shape": [2], "transposed": 1}, "`transposed` must be"),
        ({"name": "w", "shape": [2], "groups": 0}, "`groups` must be"),
        ({"name": "w", "shape": [2], "groups": True}, "`groups` must be"),
        ({"name": "w", "shape": [2], "cell": 5}, "`cell` must be"),
        ({"name": "w", "shape": [2], "cell": ["Dense", None]}, "`cell` must be"),
        ({"name": "w", "shape": [2], "aliases": "v"}, "`aliases` must be"),
        ({"name": "w", "shape": [2], "aliases": [5]}, "`aliases` must be"),
        ({"name": "w", "shape": [2], "aliases": [{}]}, "must be text"),
        ({"name": "w", "shape": [2], "aliases": [{"name": "w"}]}, "two parameters are called 'w'"),
    ],
)
def test_an_entry_that_is_none_is_refused_with_its_place(tmp_path: Path, entry: object, problem: str) -> None:
    path = manifest(tmp_path, {"name": "first", "shape": [1]}, entry)
    with pytest.raises(ValueError, match=problem) as raised:
        read_manifest(path)
    assert "parameters[1]" in str(raised.value) or "two parameters" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "not a manifest"),
        ("5", "not a manifest"),
        ('{"parameters": {}}', "not a manifest"),
        ('{"parameters": [], "parameters": []}', "stands twice"),
        ('{"parameters": [{"name": "w", "shape": [1], "shape": [2]}]}', "stands twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"parameters": [{"name": "w", "shape": [NaN]}]}', "NaN"),
        ('{"parameters": [{"name": "w", "shape": [1e999]}]}', "beyond every number"),
        ("", "not JSON"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ValueError, match=problem):
        read_shapes(tmp_path / "m.json")
    assert network_of(tmp_path / "m.json") == ()


def test_pipes_and_devices_tell_no_shapes(tmp_path: Path) -> None:
    for name in ("m.json", "m.index.json", "m.safetensors"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(ValueError, match="cannot be read"):
            read_shapes(tmp_path / name)
        (tmp_path / f"zero-{name}").symlink_to("/dev/zero")
        with pytest.raises(ValueError, match="cannot be read"):
            read_shapes(tmp_path / f"zero-{name}")


@pytest.mark.parametrize(
    "document", [[], {}, {"weight_map": []}, {"weight_map": {"a": 5}}, {"weight_map": {"a": ""}}, {"weight_map": 5}]
)
def test_an_index_that_is_none_is_refused(tmp_path: Path, document: object) -> None:
    (tmp_path / "x.index.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="not a safetensors index"):
        read_shapes(tmp_path / "x.index.json")


def test_a_tensor_in_two_files_and_one_of_a_foreign_type_are_refused(tmp_path: Path) -> None:
    save_file({"a": np.zeros(2, np.float32)}, str(tmp_path / "1.safetensors"))
    save_file({"a": np.zeros(2, np.float32)}, str(tmp_path / "2.safetensors"))
    (tmp_path / "x.index.json").write_text(json.dumps({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}))
    with pytest.raises(ValueError, match="two tensors are called 'a'"):
        read_shapes(tmp_path / "x.index.json")
    text = b'{"a": {"dtype": "F8_E4M3", "shape": [2], "data_offsets": [0, 2]}}'
    (tmp_path / "f.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(ValueError, match="of which MindSpore has no parameters"):
        read_shapes(tmp_path / "f.safetensors")


def test_no_mutation_of_a_manifest_raises_anything_else(tmp_path: Path) -> None:
    chance = random.Random(3)
    whole = {"name": "w", "shape": [2, 3], "dtype": "float32", "cell": ["Dense"], "trainable": True, "groups": 1}
    pool: list[Any] = [None, True, 0, -1, 2**70, 0.5, "", "a", [], [[]], {}, {"name": "x"}, [{"name": "y"}], "float16"]
    read = 0
    for _ in range(1500):
        entry = dict(whole)
        for key in chance.sample([*whole, "transposed", "aliases", "config", "options"], 2):
            entry[key] = chance.choice(pool)
        try:
            read_manifest(manifest(tmp_path, entry, network=chance.choice(pool)))
            read += 1
        except ValueError as error:
            assert str(error).startswith(str(tmp_path))  # noqa: PT017 (any of fifteen hundred)
    assert 0 < read < 1500


def test_what_no_disk_holds_is_refused_by_materialize(tmp_path: Path) -> None:
    infos = read_manifest(manifest(tmp_path, {"name": "w", "shape": [2**40, 2**19]}))
    with pytest.raises(mik.ApplyError, match="has room for"):
        mik.materialize(plan_infos(infos, recipe('{match: "**", init: zeros}')), tmp_path / "out", seed=1)
    assert not list((tmp_path / "out").glob("*.safetensors"))


@pytest.mark.parametrize(
    "record", ["", "[]", "5", "[" * 50_000, '{"seed": "1", "seed": "2"}', '{"seed": "2"}', '{"seed": [1]}']
)
def test_a_record_that_is_not_this_runs_is_refused(tmp_path: Path, record: str) -> None:
    infos = read_manifest(manifest(tmp_path, {"name": "w", "shape": [3]}))
    plan = plan_infos(infos, recipe('{match: "**", init: zeros}'))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ms_initkit.json").write_text(record)
    with pytest.raises(mik.ApplyError, match="different-run"):
        mik.materialize(plan, tmp_path / "out", seed=1)


def test_a_pipe_in_place_of_a_record_is_not_waited_for(tmp_path: Path) -> None:
    infos = read_manifest(manifest(tmp_path, {"name": "w", "shape": [3]}))
    plan = plan_infos(infos, recipe('{match: "**", init: zeros}'))
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "ms_initkit.json")
    with pytest.raises(mik.ApplyError, match="not a regular file"):
        mik.materialize(plan, tmp_path / "out", seed=1)


def test_whole_numbers_of_every_width_are_materialized_exactly(tmp_path: Path) -> None:
    kinds = {"int64": -(2**53) - 1, "uint64": 2**64 - 1, "uint8": 255, "float64": 0.1}
    infos = read_manifest(manifest(tmp_path, *({"name": k, "shape": [3], "dtype": k} for k in kinds)))
    rules = "\n".join(f"{{match: {kind}, init: {value}}}" for kind, value in kinds.items())
    mik.materialize(plan_infos(infos, recipe(rules)), tmp_path / "out", seed=1)
    (file,) = (tmp_path / "out").glob("*.safetensors")
    content = file.read_bytes()
    header = read_header(file)
    for tensor in header.tensors:
        values = np.frombuffer(content, tensor.dtype, 3, header.length + tensor.start)
        assert values.tolist() == [kinds[tensor.name]] * 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.safetensors", b"\xff" * 16, "not a safetensors file"),
        ("x.index.json", b"[]", "not a safetensors index"),
        ("y.index.json", b'{"weight_map": {"a": "nowhere.safetensors"}}', "cannot be read"),
    ],
)
def test_what_tells_no_shapes_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=message):
        read_shapes(tmp_path / name)


def test_a_manifest_keeps_the_networks_class_and_module(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT], ("Net", "Base"), modules=("pkg", "pkg.base")), encoding="utf-8")

    assert (network_of(path), modules_of(path)) == (("Net", "Base"), ("pkg", "pkg.base"))


def test_other_files_tell_no_class(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT]), encoding="utf-8")

    assert network_of(path) == modules_of(path) == ()
    assert network_of(tmp_path / "net.safetensors") == ()
