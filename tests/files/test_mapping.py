from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

import numpy as np
import pytest

from ms_initkit.files import mapping
from ms_initkit.files.mapping import is_in_memory, mapped

MOUNTS = (
    "22 1 0:21 / /tmp rw - tmpfs tmpfs rw\n"
    "30 1 0:22 / /disk rw,relatime shared:1 - ext4 /dev/sda rw\n"
    "31 1 0:23 / /mixed rw - tmpfs tmpfs rw\n"
    "32 1 0:23 / /mixed rw - overlay overlay rw\n"
)


@pytest.mark.parametrize(("minor", "expected"), [(21, True), (22, False), (23, False), (99, False)])
def test_a_file_system_without_a_disk_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minor: int, expected: bool
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(mapping, "_MOUNTS", mounts)
    monkeypatch.setattr(os, "major", lambda _: 0)
    monkeypatch.setattr(os, "minor", lambda _: minor)

    assert is_in_memory(tmp_path) is expected


def test_where_mounts_cannot_be_read_there_is_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "_MOUNTS", tmp_path / "none")

    assert not is_in_memory(tmp_path)
    assert not is_in_memory(tmp_path / "none")


def test_what_is_written_to_a_mapping_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        os.ftruncate(descriptor, 10_000)
        values = mapped(descriptor, 4096, 5000)
        if values is None:
            pytest.skip("this kernel hands out no pages ahead")
        values[:] = np.arange(5000).astype(np.uint8)
        del values
    finally:
        os.close(descriptor)

    assert path.read_bytes()[4096:9096] == np.arange(5000).astype(np.uint8).tobytes()


@pytest.mark.parametrize(("code", "raised"), [(errno.EINVAL, False), (errno.EFAULT, True), (errno.ENOMEM, True)])
def test_no_room_is_an_error_and_an_old_kernel_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, raised: bool
) -> None:
    class Refusing:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def madvise(self, *_: object) -> int:
            ctypes.set_errno(code)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", Refusing)
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, 4096)
    try:
        if raised:
            with pytest.raises(OSError, match="No space left"):
                mapped(descriptor, 0, 4096)
        else:
            assert mapped(descriptor, 0, 4096) is None
    finally:
        os.close(descriptor)
