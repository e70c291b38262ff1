"""Files are whole or absent, whatever goes wrong, and nothing is left behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from mindspore import load_checkpoint, nn

from ms_initkit.files.saving import check_path, save
from ms_initkit.files.whole import whole_file, write_text

BEFORE = "what stood there"


@contextmanager
def small_files() -> Iterator[None]:
    """Lets no file grow beyond a page; only for what is inside, since where pytest writes may be a file as well."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write fails as it does on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "sub" / "report.txt", "text")

    assert (tmp_path / "sub" / "report.txt").read_text() == "text"
    assert names(tmp_path / "sub") == ["report.txt"]


def test_the_first_of_several_stays_where_that_is_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "record.json"
    with whole_file(target, keeps_first=True) as mine:
        write_text(target, "another's", keeps_first=True)
        mine.write_text("mine")

    assert target.read_text() == "another's"
    assert names(tmp_path) == ["record.json"]


def half(target: Path, exception: type[BaseException]) -> None:
    """Writes a half of a file, and stops."""
    with whole_file(target) as unfinished:
        unfinished.write_text("half")
        raise exception


@pytest.mark.parametrize("exception", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_what_is_interrupted_leaves_what_was_there(tmp_path: Path, exception: type[BaseException]) -> None:
    target = tmp_path / "report.txt"
    target.write_text(BEFORE)

    with pytest.raises(exception):
        half(target, exception)

    assert target.read_text() == BEFORE
    assert names(tmp_path) == ["report.txt"]


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text(BEFORE)

    message = "cannot be written: File too large; what was there before is untouched"
    with pytest.raises(OSError, match=message), small_files():
        write_text(target, "x" * 10_000)

    assert target.read_text() == BEFORE
    assert names(tmp_path) == ["report.txt"]


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_values_are_whole_or_absent_on_a_disk_that_is_full(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"init{suffix}"

    with pytest.raises(OSError, match="cannot be written: ") as raised, small_files():
        save(nn.Dense(100, 100), target)

    assert str(target) in str(raised.value)
    assert names(tmp_path) == []


def killed_while_saving(folder: Path, target: str = "init.safetensors") -> None:
    """Starts a process that saves to ``target`` and kills it once a part has been written."""
    script = f"""
        import time
        from pathlib import Path
        from ms_initkit.files.whole import whole_file
        with whole_file(Path({str(folder / target)!r})) as unfinished:
            unfinished.write_text("half")
            print("written", flush=True)
            time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    killed_while_saving(tmp_path)
    (left,) = names(tmp_path)
    assert left.startswith(".ms-initkit-")

    write_text(tmp_path / "another.txt", "text")

    assert names(tmp_path) == ["another.txt"]


def test_what_a_living_process_writes_is_let_alone(tmp_path: Path) -> None:
    with whole_file(tmp_path / "one.txt") as one:
        one.write_text("one")
        write_text(tmp_path / "two.txt", "two")

    assert names(tmp_path) == ["one.txt", "two.txt"]


def test_many_processes_write_one_file_and_one_of_them_wins(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    script = f"""
        from pathlib import Path
        from ms_initkit.files.whole import write_text
        for number in range(20):
            write_text(Path({str(target)!r}), str(number % 10) * 100_000)
    """
    processes = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)]) for _ in range(3)]

    while any(process.poll() is None for process in processes):
        text = target.read_text() if target.exists() else ""
        assert text == text[:1] * (100_000 if text else 0)
        time.sleep(0.01)

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert names(tmp_path) == ["report.txt"]


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.ckpt").mkdir()

    with pytest.raises(ValueError, match="is not a folder that can be written to"):
        check_path(tmp_path / "file" / "init.ckpt")
    with pytest.raises(ValueError, match="is a folder: a file is to be written there"):
        check_path(tmp_path / "folder.ckpt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(ValueError, match="is not a folder that can be written to"):
        check_path(tmp_path / "init.ckpt")


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_what_is_saved_is_loaded_and_can_be_overwritten(tmp_path: Path, suffix: str) -> None:
    net, target = nn.Dense(3, 4), tmp_path / f"init{suffix}"

    save(net, target)
    save(net, target)

    read = load_checkpoint(str(target), format=suffix[1:])
    assert np.array_equal(read["weight"].asnumpy(), net.weight.asnumpy())
    assert names(tmp_path) == [target.name]
