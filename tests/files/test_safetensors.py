"""The format's own rules: what breaks one of them is refused before a byte of it becomes a weight."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ms_initkit.files import checkpoints
from ms_initkit.files.safetensors import read_header


def written(path: Path, header: object, values: bytes, *, padding: bytes = b"") -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += padding
    path.write_bytes(len(text).to_bytes(8, "little") + text + values)
    return str(path)


def entry(dtype: str, shape: list[int], start: object, stop: object) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    ("header", "size", "problem"),
    [
        ({"a": entry("F32", [2], -8, 0)}, 8, "must not be negative"),
        ({"a": entry("F32", [2], -4, 4)}, 8, "must not be negative"),
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, 12, "overlaps"),
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 0, 8)}, 8, "overlaps"),
        ({"a": entry("F32", [2], 4, 12)}, 12, "leaves a gap"),
        ({"a": entry("F32", [1], 0, 4), "b": entry("U8", [3], 5, 8)}, 8, "leaves a gap"),
        ({"a": entry("F32", [2], 1, 9)}, 9, "leaves a gap"),
        ({"a": entry("F32", [2], 0, 4)}, 4, "does not fill its 4 bytes"),
        ({"a": entry("F32", [2], 0, 16)}, 16, "does not fill its 16 bytes"),
        ({"a": entry("F32", [2], 8, 0)}, 8, "does not fill its -8 bytes"),
        ({"a": entry("F16", [2], 0, 8)}, 8, "does not fill"),
        ({"a": entry("F64", [2], 0, 8)}, 8, "does not fill"),
        ({"a": entry("F4", [3], 0, 1)}, 1, "does not fill"),
        ({"a": entry("F32", [-2], 0, 8)}, 8, "none negative"),
        ({"a": entry("F32", [-1, -2], 0, 8)}, 8, "none negative"),
        ({"a": entry("F32", [True, 2], 0, 8)}, 8, "none negative"),
        ({"a": entry("F32", [2**62, 2**62, 4], 0, 0)}, 0, "does not fill"),
        ({"a": entry("F33", [2], 0, 8)}, 8, "no element type"),
        ({"a": entry("f32", [2], 0, 8)}, 8, "no element type"),
        ({"a": entry("F32", [2], 0.0, 8.0)}, 8, "must have dtype"),
        ({"a": entry("F32", [2], False, 8)}, 8, "must not be negative"),
        ({"a": {"dtype": "F32", "shape": [2]}}, 8, "must have dtype"),
        ({"a": [1, 2]}, 8, "must have dtype"),
        ({"a": {"dtype": "F32", "shape": "2", "data_offsets": [0, 8]}}, 8, "must have dtype"),
        ({"__metadata__": 5, "a": entry("F32", [2], 0, 8)}, 8, "__metadata__"),
        ({"__metadata__": {"a": 5}}, 0, "__metadata__"),
        ([], 0, "does not begin with"),
        (b" {}", 0, "does not begin with"),
        (b"{}x", 0, "not JSON"),
        (b'{"a": {}, "a": {}}', 0, "'a' stands twice"),
        (b'{"a":' * 50_000, 0, "nested too deeply"),
        (b'{"\xff": 1}', 0, "not JSON"),
        ('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}'.encode("utf-16-le"), 8, "not JSON"),
        (b'{"\\udc00": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', 8, "half a character"),
    ],
)
def test_a_broken_header_is_refused(tmp_path: Path, header: object, size: int, problem: str) -> None:
    path = written(tmp_path / "x.safetensors", header, bytes(size))
    with pytest.raises(ValueError, match=f"not a safetensors file: .*{problem}"):
        read_header(path)
    with pytest.raises(ValueError, match=problem):
        checkpoints.entries(path)


@pytest.mark.parametrize("content", [b"", b"\x02", b"\xff" * 16, b"\x00" * 8, b"\x10" + bytes(7) + b"{}"])
def test_a_header_that_is_not_there_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="not a safetensors file"):
        read_header(tmp_path / "x.safetensors")


@pytest.mark.parametrize(("size", "problem"), [(7, "cut short"), (0, "cut short"), (9, "longer"), (800, "longer")])
def test_the_values_are_exactly_those_of_the_header(tmp_path: Path, size: int, problem: str) -> None:
    path = written(tmp_path / "x.safetensors", {"a": entry("F32", [2], 0, 8)}, bytes(size))
    with pytest.raises(ValueError, match=problem):
        checkpoints.read(path, "a")


def test_what_the_format_allows_is_read(tmp_path: Path) -> None:
    # Tensors in another order than their names, empty ones, types of other frameworks, a width that is not aligned.
    header = {
        "c": entry("F32", [1], 3, 7),
        "empty": entry("F32", [0, 3], 3, 3),
        "a": entry("U8", [3], 0, 3),
        "eighth": entry("F8_E4M3", [2], 7, 9),
        "half": entry("F4", [2], 9, 10),
    }
    values = b"\x01\x02\x03" + np.array([1.5], "<f4").tobytes() + b"\x38\x40\x11"
    path = written(tmp_path / "x.safetensors", header, values, padding=b"  ")
    assert checkpoints.read(path, "a").tolist() == [1, 2, 3]
    assert checkpoints.read(path, "c").tolist() == [1.5]
    assert checkpoints.read(path, "empty").shape == (0, 3)
    with pytest.raises(ValueError, match="F8_E4M3', of which MindSpore has no parameters"):
        checkpoints.read(path, "eighth")


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32"]
)
def test_files_of_the_package_itself_are_read_and_written_alike(tmp_path: Path, dtype: str) -> None:
    values = (np.arange(24).reshape(2, 3, 4) % 2 if dtype == "bool" else np.arange(24).reshape(2, 3, 4)).astype(dtype)
    save_file({"x": values, "y": values[0]}, str(tmp_path / "x.safetensors"))
    path = str(tmp_path / "x.safetensors")
    assert checkpoints.entries(path)["x"].dtype == dtype
    np.testing.assert_array_equal(checkpoints.read(path, "x"), load_file(path)["x"])
    index = (slice(0, 2), slice(1, 3), slice(2, 3))
    np.testing.assert_array_equal(checkpoints.read(path, "x", index), values[index])
