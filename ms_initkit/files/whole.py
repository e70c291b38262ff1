"""Files that appear under their names whole or not at all, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ms_initkit.files.descriptors import lock, require_locks, sync_folder

_PREFIX: Final = ".ms-initkit-"


@contextmanager
def whole_file(target: Path, *, keeps_first: bool = False) -> Iterator[Path]:
    """Yields a path to write to; on leaving without an exception the file there becomes ``target``, on the disk.

    With ``keeps_first`` it does not if there is a ``target`` by then: of several processes the first one's stays.

    It lies in a folder of its own beside ``target``, which is locked as long as this process lives: what processes that
    were killed have left beside ``target`` is removed first.

    Raises:
        OSError: If it cannot be written; ``target`` is what it was before.
    """
    try:
        require_locks(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        with _locked_folder(target.parent) as folder:
            unfinished = folder / target.name
            yield unfinished
            with unfinished.open("rb") as stream:
                os.fsync(stream.fileno())
            if keeps_first:
                with suppress(FileExistsError):
                    os.link(unfinished, target)  # which, unlike a renaming, fails where another was faster
            else:
                unfinished.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        what = error.strerror or str(error)
        raise OSError(
            error.errno, f"cannot be written: {what}; what was there before is untouched", str(target)
        ) from error


def write_text(target: Path, text: str, *, keeps_first: bool = False) -> None:
    """Writes ``text`` in UTF-8, whole or not at all; with ``keeps_first`` only if there is no ``target``.

    Raises:
        OSError: If it cannot be written; ``target`` is what it was before.
    """
    with whole_file(target, keeps_first=keeps_first) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


@contextmanager
def _locked_folder(parent: Path) -> Iterator[Path]:
    """Yields a new folder, which is locked, and removed at the end."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # taken for abandoned before it was locked
        try:
            lock(descriptor, waits=True)
            if folder.exists():
                try:
                    yield folder
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
                return
        finally:
            os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    """Removes folders of processes that are gone, which nobody has locked any more."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                lock(descriptor, waits=False)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
