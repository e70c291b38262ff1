"""Checkpoints and arrays in files: MindSpore's and NumPy's own are read to the bit, broken ones refused in words."""

from __future__ import annotations

import os
import pickle
import warnings
import zipfile
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn, save_checkpoint
from mindspore.train import checkpoint_pb2
from numpy.typing import NDArray

from ms_initkit.files import checkpoints, protobuf


class Mixed(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        values = np.arange(12, dtype=np.float32).reshape(3, 4) / 7
        types = ("float16", "bfloat16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool_")
        for name in types:
            kind = getattr(mindspore, name)
            setattr(self, name, Parameter(Tensor(values, mindspore.float32).astype(kind), name=name))
        self.scalar = Parameter(Tensor(2.5, mindspore.float32), name="scalar")


def built(path: Path, *values: tuple[str, list[int], str, bytes]) -> str:
    checkpoint = checkpoint_pb2.Checkpoint()
    for tag, dims, kind, content in values:
        value = checkpoint.value.add()
        value.tag = tag
        value.tensor.dims.extend(dims)
        value.tensor.tensor_type = kind
        value.tensor.tensor_content = content
    path.write_bytes(checkpoint.SerializeToString())
    return str(path)


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


FLOAT = np.zeros(4, np.float32).tobytes()


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


def test_a_tensor_of_another_type_stands_in_nobodys_way(tmp_path: Path) -> None:
    path = built(tmp_path / "x.ckpt", ("q", [4], "Int4", b"ab"), ("w", [4], "Float32", FLOAT))
    assert checkpoints.read(path, "w").shape == (4,)
    with pytest.raises(ValueError, match="'Int4', of which MindSpore has no parameters"):
        checkpoints.read(path, "q")


@pytest.mark.parametrize("content", [b"", b"text", b"\x80" * 40, b"\x0b\x0c", b"\x0a\xff\xff\xff\xff\x0f"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(ValueError, match="not a MindSpore checkpoint"):
        checkpoints.entries(str(tmp_path / "x.ckpt"))


@pytest.mark.parametrize("dtype", ["<f4", ">f4", ">f8", ">i8", "<u8", "?", "<f2", "<c8"])
def test_arrays_are_read_in_either_byte_order(tmp_path: Path, dtype: str) -> None:
    values = np.arange(24).reshape(4, 6).astype(dtype)
    for name, array in (("c", values), ("f", np.asfortranarray(values)), ("s", values[0, 1])):
        np.save(tmp_path / f"{name}.npy", array)
        path = str(tmp_path / f"{name}.npy")
        np.testing.assert_array_equal(checkpoints.read(path, name), array)
    index = (slice(1, 3), slice(2, 5))
    np.testing.assert_array_equal(checkpoints.read(str(tmp_path / "f.npy"), "f", index), values[index])


@pytest.mark.parametrize(
    "array",
    [
        np.array(["a", "bc"]),
        np.array([b"a"]),
        np.array([1, 2], "datetime64[s]"),
        np.array([1, 2], "timedelta64[D]"),
        np.zeros(2, [("a", "<f4"), ("b", "<i4")]),
        np.zeros(2, "V8"),
        np.zeros(2, np.longdouble),
        np.zeros(2, np.clongdouble),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_of_no_numbers_are_refused(tmp_path: Path, array: NDArray[np.generic]) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match=r"no numbers that a parameter could have|not an \.npy file"):
        checkpoints.entries(str(tmp_path / "x.npy"))


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}, []], object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"no numbers|not an \.npy file"):
        checkpoints.entries(str(tmp_path / "x.npy"))


def npy(text: bytes, values: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    width = 2 if version[0] == 1 else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(width, "little") + text + values


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes(7)), "cut short"),
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes(9)), "longer"),
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", bytes(8)), "its shape"),
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (True, 2)}", bytes(8)), "its shape"),
        (npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2**99,)}", bytes(8)), "not an .npy file"),
        (npy(b"{'descr': '<f4'}", bytes(8)), "not an .npy file"),
        (npy(b"[" * 9000, bytes(8)), "not an .npy file"),
        (
            npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)" + b" " * 70_000 + b"}", b"", b"\x02\x00"),
            "npy",
        ),
        (npy(b"__import__('os').abort()", bytes(8)), "not an .npy file"),
        (npy(b"\xff\xfe", bytes(8), b"\x03\x00"), "not an .npy file"),
        (b"PK\x03\x04" + bytes(60), "not an .npy file"),
        (b"", "not an .npy file"),
        (b"\x93NUMPY", "not an .npy file"),
    ],
)
def test_a_broken_array_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(ValueError, match=problem):
        checkpoints.entries(str(tmp_path / "x.npy"))


def test_an_archive_called_npy_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(2))
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")
    with pytest.raises(ValueError, match=r"not an \.npy file"):
        checkpoints.entries(str(tmp_path / "x.npy"))


def archive(path: Path, *members: tuple[str, bytes]) -> str:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as made:
        warnings.simplefilter("ignore")  # of a name that stands twice
        for name, content in members:
            made.writestr(name, content)
    return str(path)


TWO = npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes(8))


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ([("a.npy", TWO), ("a.npy", TWO)], "two arrays are called 'a'"),
        ([("a.npy", TWO), ("a", TWO)], "two arrays are called 'a'"),
        ([("a.npy", TWO[:-1])], "not the bytes of its shape"),
        ([("a.npy", TWO + bytes(4))], "not the bytes of its shape"),
        ([("a.npy", b"text")], "not an"),
        ([("a.npy", npy(b"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", bytes(16)))], "no numbers"),
        ([("a.npy", npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", bytes(8)))], "no numbers"),
    ],
)
def test_a_broken_member_of_an_archive_is_refused(
    tmp_path: Path, members: list[tuple[str, bytes]], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        checkpoints.entries(archive(tmp_path / "x.npz", *members))


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


@pytest.mark.parametrize("content", [b"PK\x03\x04archive", pickle.dumps({}, 2), pickle.dumps({}, 4)])
def test_a_pickle_is_known_by_its_first_bytes_too(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "last.ckpt"
    file.write_bytes(content)

    with pytest.raises(ValueError, match="a pickle runs code when it is read; convert it: python -c") as error:
        checkpoints.entries(str(file))

    assert str(error.value).endswith(f"{file} {tmp_path / 'last.safetensors'}")


def test_a_folder_of_pickles_says_how_to_convert_them(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK")

    with pytest.raises(ValueError, match=r"without \.safetensors files; .*pytorch_model\.bin: a pickle runs code"):
        checkpoints.entries(str(tmp_path))
