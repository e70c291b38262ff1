"""Names, shapes and types of a whole model: from a manifest, a safetensors index, or one safetensors file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ms_initkit.networks.manifest import read_manifest, with_weight_shapes
from ms_initkit.networks.params import Owner, ParamInfo

if TYPE_CHECKING:
    from ms_initkit.files.safetensors import Tensor


def read_shapes(path: str | Path) -> tuple[ParamInfo, ...]:
    """Returns the parameters that a file tells of.

    Args:
        path: A manifest; a ``*.index.json`` with the files it names beside it, of which the headers are enough; or a
            ``.safetensors`` file. The last two know no cells, so rules that ask for one select nothing.

    Raises:
        ValueError: If the file is none of these; it says what is wrong.
    """
    file = Path(path)
    if file.suffix == ".safetensors":
        return _infos(_tensors(file))
    if file.name.endswith(".index.json"):
        return _infos([tensor for part in _parts(file) for tensor in _tensors(part)])
    return read_manifest(file)


def _parts(index: Path) -> list[Path]:
    try:
        document = json.loads(index.read_text(encoding="utf-8"))
        names = sorted(set(document["weight_map"].values()))
    except OSError as error:
        raise ValueError(f"{index}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{index}: not a safetensors index: {error!r}") from error
    return [index.parent / name for name in names]


def _tensors(file: Path) -> tuple[Tensor, ...]:
    from ms_initkit.files.safetensors import read_header

    try:
        return read_header(file).tensors
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error


def _infos(tensors: tuple[Tensor, ...] | list[Tensor]) -> tuple[ParamInfo, ...]:
    infos = tuple(
        ParamInfo((Owner(tensor.name, tensor.name.rpartition(".")[2]),), tensor.shape, tensor.dtype)
        for tensor in tensors
    )
    return with_weight_shapes(infos)
