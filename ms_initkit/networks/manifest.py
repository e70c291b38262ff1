"""Parameters known without their network: names, shapes and types in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path

from ms_initkit.draws import Json
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.files.regular import read_json, shown
from ms_initkit.files.safetensors import Tensor, read_header, read_index
from ms_initkit.findings import suggestion
from ms_initkit.networks.params import LARGEST_TENSOR, Owner, ParamInfo
from ms_initkit.networks.plain import Plain, is_plain


def to_json(
    infos: Sequence[ParamInfo],
    network: Sequence[str] = (),
    config: Mapping[str, Plain] | None = None,
    modules: Sequence[str] = (),
) -> str:
    """Returns the manifest of a network's parameters as JSON text, a line each; ``read_manifest`` is its inverse.

    Args:
        infos: The parameters.
        network: Class names of the network's MRO, by which recipes are suggested.
        config: The plain data of the network's configuration, which variables of recipes may be read from.
        modules: The module of each of the network's classes.
    """
    lines = ",\n".join("  " + json.dumps(_entry(info)) for info in infos)
    head = f'"network": {json.dumps(network)}, ' if network else ""
    head += f'"modules": {json.dumps(modules)}, ' if modules else ""
    head += f'"config": {json.dumps(config)}, ' if config else ""
    return f'{{{head}"parameters": [\n{lines}\n]}}\n'


def network_of(path: str | Path) -> tuple[str, ...]:
    """Returns the class names that a manifest gives the network (``network``); empty where a file gives none."""
    return _words(path, "network")


def modules_of(path: str | Path) -> tuple[str, ...]:
    """Returns the module of each of the network's classes (``modules``); empty where a file gives none."""
    return _words(path, "modules")


def _words(path: str | Path, key: str) -> tuple[str, ...]:
    if Path(path).suffix == ".safetensors":
        return ()
    try:
        document = read_json(path)
    except ValueError:
        return ()
    words = document.get(key, ()) if isinstance(document, dict) else ()
    if isinstance(words, list):
        return tuple(word for word in words if isinstance(word, str))
    return (words,) if isinstance(words, str) else ()


def config_in(path: str | Path) -> dict[str, Plain]:
    """Returns what a manifest tells of the network's configuration (``config``); empty where a file tells nothing.

    Raises:
        ValueError: If something in it is no plain data.
    """
    if Path(path).suffix != ".json":
        return {}
    try:
        document = read_json(path)
    except ValueError:
        return {}
    config = document.get("config", {}) if isinstance(document, dict) else {}
    return dict(_plain_items(config, f"{path}: `config`"))


def read_manifest(path: str | Path) -> tuple[ParamInfo, ...]:
    """Returns the parameters of a manifest, or of a safetensors index or header turned into one.

    A manifest is ``{"parameters": [{"name": ..., "shape": [...], "dtype": "bfloat16"}, ...]}``; ``cell`` (class names
    of the owner's MRO), ``trainable``, ``groups``, ``transposed`` and ``options`` (of the cell, such as
    ``{"padding_idx": 0}``) may be given, and ``aliases`` for tied parameters. Rules that ask for a cell need it.

    Raises:
        ValueError: If the file is not a manifest; it says which entry is wrong and how.
    """
    file = Path(path)
    document = read_json(file)
    entries = document.get("parameters") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError(f'{file}: not a manifest: it must be {{"parameters": [...]}}')
    infos = tuple(_info(f"{file}: parameters[{number}]", entry) for number, entry in enumerate(entries))
    seen: set[str] = set()
    for info in infos:
        for name in info.names:
            if name in seen:
                raise ValueError(f"{file}: two parameters are called {name!r}")
            seen.add(name)
    return with_siblings(infos)


def with_siblings(infos: Sequence[ParamInfo]) -> tuple[ParamInfo, ...]:
    """Returns the parameters with each owner's siblings found by name: ``a.bias`` belongs to ``a.weight``."""
    shapes: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for info in infos:
        for name in info.names if len(info.shape) > 1 else ():
            cell, _, leaf = name.rpartition(".")
            shapes.setdefault(cell, []).append((leaf, info.shape))
    siblings = {cell: tuple(found) for cell, found in shapes.items()}

    def find(owner: Owner) -> Owner:
        return owner._replace(siblings=siblings.get(owner.name.rpartition(".")[0], ()))

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
    if owner.options:
        entry["options"] = dict(owner.options)
    if len(info.owners) > 1:
        entry["aliases"] = [_alias(other) for other in info.owners[1:]]
    return entry


def _alias(owner: Owner) -> dict[str, object]:
    alias: dict[str, object] = {"name": owner.name, "cell": owner.cell}
    return alias | {"options": dict(owner.options)} if owner.options else alias


def _info(where: str, entry: Json) -> ParamInfo:
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: must be a mapping, not {shown(entry)}")
    name, shape = entry.get("name"), entry.get("shape")
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: `name` must be text, not {shown(name)}")
    where = f"{where} ({shown(name)[1:-1]})"
    extents = tuple(n for n in shape if type(n) is int and n >= 0) if isinstance(shape, list) else None
    if extents is None or not isinstance(shape, list) or len(extents) < len(shape):
        raise ValueError(f"{where}: `shape` must be a list of whole numbers, none negative, not {shown(shape)}")
    dtype = entry.get("dtype", "float32")
    if not isinstance(dtype, str) or dtype not in TYPES:
        guess = suggestion(str(dtype), TYPES)
        raise ValueError(f"{where}: no element type is called {shown(dtype)}" + (f": {guess}" if guess else ""))
    if prod(extents) * TYPES[dtype].size > LARGEST_TENSOR:
        raise ValueError(f"{where}: `shape` {shown(shape)} is more than any memory or file can hold")
    # Only convolutions have groups, and of those a manifest has to say so.
    groups = entry.get("groups", None if len(extents) > 2 else 1)
    if groups is not None and (type(groups) is not int or groups < 1):
        raise ValueError(f"{where}: `groups` must be a positive whole number, not {shown(groups)}")
    aliases = entry.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, dict) for alias in aliases):
        raise ValueError(f"{where}: `aliases` must be a list of mappings, not {shown(aliases)}")
    owners = [_owner(where, alias, groups) for alias in [entry, *aliases] if isinstance(alias, dict)]
    return ParamInfo(tuple(owners), extents, dtype, _flag(where, entry, "trainable", default=True))


def _owner(where: str, entry: Mapping[str, Json], groups: int | None) -> Owner:
    name, cell = entry.get("name"), entry.get("cell", [])
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: `name` of an alias must be text, not {shown(name)}")
    named = [cell] if isinstance(cell, str) else cell
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise ValueError(f"{where}: `cell` must be class names, not {shown(cell)}")
    is_transposed = _flag(where, entry, "transposed", default=False)
    options = tuple(_plain_items(entry.get("options", {}), f"{where}: `options`"))
    return Owner(name, name.rpartition(".")[2], tuple(map(str, named)), groups, is_transposed, options=options)


def _plain_items(values: Json, where: str) -> Iterator[tuple[str, Plain]]:
    if not isinstance(values, dict):
        raise ValueError(f"{where} must be a mapping, not {shown(values)}")
    for name, given in values.items():
        value = tuple(given) if isinstance(given, list) else given
        if not is_plain(value):
            raise ValueError(
                f"{where}: {shown(name)} must be a number, a flag, text or whole numbers, not {shown(given)}"
            )
        yield name, value


def _flag(where: str, entry: Mapping[str, Json], key: str, *, default: bool) -> bool:
    value = entry.get(key, default)
    if not isinstance(value, bool):
        raise ValueError(f"{where}: `{key}` must be true or false, not {shown(value)}")
    return value


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
        return _infos(file, read_header(file).tensors)
    if file.name.endswith(".index.json"):
        return _infos(file, (tensor for part in read_index(file) for tensor in read_header(part).tensors))
    return read_manifest(file)


def _infos(file: Path, tensors: Iterable[Tensor]) -> tuple[ParamInfo, ...]:
    infos: dict[str, ParamInfo] = {}
    for tensor in tensors:
        if tensor.dtype not in TYPES:
            raise ValueError(f"{file}: {shown(tensor.name)} is {tensor.dtype}, of which MindSpore has no parameters")
        if tensor.name in infos:
            raise ValueError(f"{file}: two tensors are called {shown(tensor.name)}")
        owner = Owner(tensor.name, tensor.name.rpartition(".")[2])
        infos[tensor.name] = ParamInfo((owner,), tensor.shape, tensor.dtype)
    return with_siblings(tuple(infos.values()))
