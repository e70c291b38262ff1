"""Parameters known without their network: names, shapes and types in a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ms_initkit.networks.params import Owner, ParamInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.files.safetensors import Tensor


def to_json(infos: Sequence[ParamInfo], network: Sequence[str] = ()) -> str:
    """Returns the manifest of a network's parameters as JSON text, a line each; ``read_manifest`` is its inverse.

    Args:
        infos: The parameters.
        network: Class names of the network's MRO, by which recipes are suggested.
    """
    lines = ",\n".join("  " + json.dumps(_entry(info)) for info in infos)
    head = f'"network": {json.dumps(network)}, ' if network else ""
    return f'{{{head}"parameters": [\n{lines}\n]}}\n'


def network_of(path: str | Path) -> tuple[str, ...]:
    """Returns the class names that a manifest gives the network (``network``); empty where a file gives none."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    names = document.get("network", ()) if isinstance(document, dict) else ()
    return (names,) if isinstance(names, str) else tuple(map(str, names))


def read_manifest(path: str | Path) -> tuple[ParamInfo, ...]:
    """Returns the parameters of a manifest, or of a safetensors index or header turned into one.

    A manifest is ``{"parameters": [{"name": ..., "shape": [...], "dtype": "bfloat16"}, ...]}``; ``cell`` (class names
    of the owner's MRO), ``trainable``, ``groups`` and ``transposed`` may be given, and ``aliases`` for tied parameters.
    Rules that ask for a cell need it.

    Raises:
        ValueError: If the file is not a manifest; it says which entry is wrong and how.
    """
    file = Path(path)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{file}: not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("parameters"), list):
        raise ValueError(f'{file}: not a manifest: it must be {{"parameters": [...]}}')
    infos = tuple(_info(file, place, entry) for place, entry in enumerate(document["parameters"]))
    seen: set[str] = set()
    for info in infos:
        for name in info.names:
            if name in seen:
                raise ValueError(f"{file}: two parameters are called {name!r}")
            seen.add(name)
    return with_weight_shapes(infos)


def with_weight_shapes(infos: Sequence[ParamInfo]) -> tuple[ParamInfo, ...]:
    """Returns the parameters with each owner's weight shape found by name: ``a.bias`` belongs to ``a.weight``."""
    shapes = {name: info.shape for info in infos for name in info.names}

    def find(owner: Owner) -> Owner:
        prefix = owner.name.removesuffix(owner.leaf)
        return owner._replace(weight_shape=shapes.get(prefix + "weight"))

    return tuple(info._replace(owners=tuple(find(owner) for owner in info.owners)) for info in infos)


def _entry(info: ParamInfo) -> dict[str, object]:
    owner = info.owners[0]
    entry: dict[str, object] = {"name": info.name, "shape": info.shape, "dtype": info.dtype}
    if owner.cell:
        entry["cell"] = owner.cell
    if not info.is_trainable:
        entry["trainable"] = False
    if owner.groups is not None and len(info.shape) > 2:
        entry["groups"] = owner.groups
    if owner.is_transposed:
        entry["transposed"] = True
    if len(info.owners) > 1:
        entry["aliases"] = [{"name": o.name, "cell": o.cell} for o in info.owners[1:]]
    return entry


def _info(file: Path, place: int, entry: object) -> ParamInfo:
    where = f"{file}: parameters[{place}]"
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: must be a mapping, not {entry!r}")
    name, shape = entry.get("name"), entry.get("shape")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: `name` must be text, not {name!r}")
    if not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in shape):
        raise ValueError(f"{where} ({name}): `shape` must be a list of positive whole numbers, not {shape!r}")
    # Only convolutions have groups, and of those a manifest has to say so.
    groups = entry.get("groups", None if len(shape) > 2 else 1)
    if groups is not None and (type(groups) is not int or groups < 1):
        raise ValueError(f"{where} ({name}): `groups` must be a positive whole number, not {groups!r}")
    owners = [_owner(name, entry, groups)]
    owners += [_owner(alias["name"], alias, groups) for alias in entry.get("aliases", ())]
    return ParamInfo(
        tuple(owners), tuple(shape), str(entry.get("dtype", "float32")), bool(entry.get("trainable", True))
    )


def _owner(name: str, entry: Mapping[str, object], groups: int | None) -> Owner:
    cell = entry.get("cell", ())
    classes = (cell,) if isinstance(cell, str) else tuple(cell)  # type: ignore[arg-type]  # a list of text
    return Owner(name, name.rpartition(".")[2], classes, groups, bool(entry.get("transposed", False)))


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
