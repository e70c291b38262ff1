"""Arrays and archives of NumPy: what is none is refused in words."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ms_initkit.files import checkpoints


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
