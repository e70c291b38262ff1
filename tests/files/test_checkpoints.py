"""Checkpoints and arrays in files: MindSpore's and NumPy's own are read to the bit, broken ones refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn, save_checkpoint

from ms_initkit.files import checkpoints
from tests.files.built import FLOAT, built


class Mixed(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        values = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
        types = ("float16", "bfloat16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool_")
        for name in types:
            kind = getattr(mindspore, name)
            setattr(self, name, Parameter(Tensor(values, mindspore.float32).astype(kind), name=name))
        self.scalar = Parameter(Tensor(2.5, mindspore.float32), name="scalar")


@pytest.mark.parametrize("crc_check", [False, True])
def test_mindspores_own_files_are_read_to_the_bit(tmp_path: Path, crc_check: bool) -> None:
    net = Mixed()
    path = str(tmp_path / "x.ckpt")
    save_checkpoint(net, path, append_dict={"epoch": 3, "note": "text"}, crc_check=crc_check)
    found = checkpoints.entries(path)
    for parameter in net.get_parameters():
        assert found[parameter.name].shape == tuple(parameter.shape)
        assert found[parameter.name].dtype == str(parameter.dtype).lower()
        values = parameter.asnumpy()
        if parameter.dtype == mindspore.bfloat16:
            values = parameter.float().asnumpy()
        np.testing.assert_array_equal(checkpoints.read(path, parameter.name), values)
    index = (slice(1, 3), slice(0, 2))
    np.testing.assert_array_equal(checkpoints.read(path, "float64", index), net.float64.asnumpy()[index])


def test_a_large_tensor_in_several_runs_is_one(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.float32).reshape(6, 4)
    parts = [("w", [6, 4], "Float32", part.tobytes()) for part in np.array_split(values, 4)]
    path = built(tmp_path / "x.ckpt", ("a", [1], "Int8", b"\x05"), *parts, ("b", [1], "Int8", b"\x06"))
    assert len(checkpoints.entries(path)["w"].runs) == 4
    for rows in (slice(0, 6), slice(1, 2), slice(2, 5), slice(3, 3)):
        np.testing.assert_array_equal(checkpoints.read(path, "w", (rows, slice(1, 3))), values[rows, 1:3])
    assert checkpoints.read(path, "b").tolist() == [6]


def test_a_tensor_of_another_type_stands_in_nobodys_way(tmp_path: Path) -> None:
    path = built(tmp_path / "x.ckpt", ("q", [4], "Int4", b"ab"), ("w", [4], "Float32", FLOAT))
    assert checkpoints.read(path, "w").shape == (4,)
    with pytest.raises(ValueError, match="'Int4', of which MindSpore has no parameters"):
        checkpoints.read(path, "q")


def test_a_link_is_of_the_format_that_it_is_called_by(tmp_path: Path) -> None:
    # As in the cache of a model hub, where every name leads to a file that is called by its digest.
    np.save(tmp_path / "digest.npy", np.arange(3, dtype=np.float32))
    blob = (tmp_path / "digest.npy").rename(tmp_path / "digest")
    (tmp_path / "weight.npy").symlink_to(blob)

    assert checkpoints.read(str(tmp_path / "weight.npy"), "weight").tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".ckpt", ".safetensors"])
def test_a_pipe_a_folder_and_a_device_are_no_files_of_values(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    for name in ("pipe", "folder", "zero"):
        with pytest.raises(ValueError, match="cannot be read"):
            checkpoints.entries(str(tmp_path / f"{name}{suffix}"))
    with pytest.raises(ValueError, match="no such file"):
        checkpoints.entries(str(tmp_path / f"none{suffix}"))


@pytest.mark.parametrize("name", ["x" * 300 + ".npy", "x" * 300, "y/" * 2500 + "a.safetensors", "a\0.npy"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read: File name too long|no such file|null byte"):
        checkpoints.entries(name)
