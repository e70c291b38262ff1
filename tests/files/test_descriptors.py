"""Files are locked by the system; one that cannot lock them still reads, and says why it does not write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ms_initkit.files.descriptors import is_at, lock, write_all

WITHOUT_LOCKS = """
import sys
from pathlib import Path

sys.modules["fcntl"] = None  # an import of it fails, as on Windows
import ms_initkit
from ms_initkit.files.chunks import claimed
from ms_initkit.files.whole import write_text

assert ms_initkit.load_recipe("hf/gpt2").rules
for write in (lambda: write_text(Path("report.txt"), "text"), lambda: claimed(Path("part.safetensors")).__enter__()):
    try:
        write()
    except OSError as error:
        print(error.strerror)
print(list(Path().iterdir()))
"""


def test_without_locks_recipes_are_read_and_writing_is_refused_in_a_sentence(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", WITHOUT_LOCKS]

    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    why = "files are locked while they are written, and this system has no fcntl, which does it"
    assert done.stdout.splitlines() == [f"cannot be written: {why}; what was there before is untouched", why, "[]"]


def test_what_is_locked_is_refused_until_it_is_closed(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT) for _ in range(2))
    lock(first, waits=False)

    with pytest.raises(BlockingIOError):
        lock(second, waits=False)

    os.close(first)
    lock(second, waits=True)
    os.close(second)


def test_a_path_that_has_got_another_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    write_all(descriptor, np.arange(3, dtype=np.uint8), 2)
    assert is_at(descriptor, path)
    assert path.read_bytes() == bytes([0, 0, 0, 1, 2])

    path.unlink()
    assert not is_at(descriptor, path)
    path.write_bytes(b"")
    assert not is_at(descriptor, path)
    os.close(descriptor)
