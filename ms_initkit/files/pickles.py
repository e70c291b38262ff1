"""Pickles: files of values that run code when they are read, and so are not read here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SUFFIXES: Final = (".pt", ".pth", ".bin", ".pkl", ".pickle")


def refusal(file: Path) -> str:
    """Returns why a pickle is not read, and the command that makes another file of it."""
    target = file.with_suffix(".safetensors")
    convert = (
        "import sys, torch; from safetensors.torch import save_file; "
        "values = torch.load(sys.argv[1], map_location='cpu', weights_only=True); "
        "save_file({name: value.contiguous() for name, value in values.items()}, sys.argv[2])"
    )
    return f'{file}: a pickle runs code when it is read; convert it: python -c "{convert}" {file} {target}'
