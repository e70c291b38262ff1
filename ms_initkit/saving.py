"""Writes a network's values to a file, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mindspore.nn import Cell

FORMATS: Final = {".safetensors": "safetensors", ".ckpt": "ckpt"}


def check_path(path: str | Path) -> Path:
    """Returns ``path``.

    Raises:
        ValueError: If it does not end in .safetensors or .ckpt, or a file stands where its folder should.
    """
    target = Path(path)
    if target.suffix not in FORMATS:
        raise ValueError(f"{target}: values are saved to {' or '.join(FORMATS)}")
    for folder in target.parents:
        if folder.exists():
            if not folder.is_dir() or not os.access(folder, os.W_OK):
                raise ValueError(f"{target}: {folder} is not a folder that can be written to")
            break
    return target


def save(net: Cell, path: str | Path) -> None:
    """Saves every parameter of ``net`` as `mindspore.load_checkpoint` reads it.

    The file appears under its name only once it is complete.

    Raises:
        ValueError: If ``path`` does not end in .safetensors or .ckpt.
        OSError: If it cannot be written.
    """
    from mindspore import save_checkpoint

    target = check_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        unfinished = Path(folder) / target.name
        save_checkpoint(net, str(unfinished), format=FORMATS[target.suffix])
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        # MindSpore leaves its checkpoints read-only.
        unfinished.chmod(0o644)
        unfinished.replace(target)
