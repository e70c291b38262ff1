"""MindSpore's checkpoints, message by message."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.files import checkpoints, protobuf
from tests.files.built import FLOAT, built


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([("w", [4], "Float32", FLOAT + b"\0" * 4)], "16 bytes, and 20 are there"),
        ([("w", [4], "Float32", FLOAT[:8])], "16 bytes, and 8 are there"),
        ([("w", [4], "Float32", b"")], "16 bytes, and 0 are there"),
        ([("w", [4], "Float64", FLOAT)], "32 bytes, and 16 are there"),
        ([("w", [4], "Float32", FLOAT)] * 2, "16 bytes, and 32 are there"),
        ([("w", [4], "Float32", FLOAT), ("v", [4], "Float32", FLOAT), ("w", [4], "Float32", FLOAT)], "two parameters"),
        ([("w", [4], "Float32", FLOAT), ("w", [2, 2], "Float32", FLOAT)], "two parameters"),
        ([("w", [-4], "Float32", FLOAT)], "the shape"),
        ([("w", [-2, -2], "Float32", FLOAT)], "the shape"),
        ([("w", [2**62, 8], "Float32", FLOAT)], "and 16 are there"),
        ([("w", [1] * 80, "Float32", FLOAT[:4])], "more than 64 axes"),
    ],
)
def test_a_tensor_that_is_not_its_shape_is_refused(
    tmp_path: Path, values: list[tuple[str, list[int], str, bytes]], problem: str
) -> None:
    path = built(tmp_path / "x.ckpt", *values)
    with pytest.raises(ValueError, match=f"not a MindSpore checkpoint: .*{problem}"):
        checkpoints.entries(path)


def test_no_prefix_and_no_altered_byte_of_a_checkpoint_raises_anything_else(tmp_path: Path) -> None:
    whole = Path(built(tmp_path / "x.ckpt", ("w", [4], "Float32", FLOAT), ("b", [2], "Int8", b"ab"))).read_bytes()
    inputs = [whole[:n] for n in range(len(whole))]
    inputs += [whole[:n] + bytes([byte]) + whole[n + 1 :] for n in range(len(whole)) for byte in (0, 1, 127, 128, 255)]
    refused = 0
    for content in inputs:
        try:
            for stored in protobuf.tensors_of(content).values():
                assert all(0 <= start <= stop <= len(content) for start, stop in stored.runs)
        except ValueError:
            refused += 1
    assert refused > len(inputs) // 3


@pytest.mark.parametrize("content", [b"", b"text", b"\x80" * 40, b"\x0b\x0c", b"\x0a\xff\xff\xff\xff\x0f"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(ValueError, match="not a MindSpore checkpoint"):
        checkpoints.entries(str(tmp_path / "x.ckpt"))
