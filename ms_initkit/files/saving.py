"""A network's values to a file, whole or not at all, and back."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ms_initkit.draws.dtypes import dtype_name
from ms_initkit.files import checkpoints
from ms_initkit.files.formats import Entry
from ms_initkit.files.safetensors import METADATA
from ms_initkit.files.whole import whole_file
from ms_initkit.findings import ApplyError, Finding, counted, suggestion

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


_FEW: Final = 4
FORMATS: Final = {".safetensors": "safetensors", ".ckpt": "ckpt"}


def check_path(path: str | Path) -> Path:
    """Returns ``path``.

    Raises:
        ValueError: If it does not end in .safetensors or .ckpt, or a file stands where its folder should.
    """
    target = Path(path)
    if target.suffix not in FORMATS:
        raise ValueError(f"{target}: values are saved to {' or '.join(FORMATS)}")
    require_folder(target)
    return target


def require_folder(target: Path) -> None:
    """Returns if ``target`` can be written, its folders being made.

    Raises:
        ValueError: If not; it names the folder.
    """
    try:
        folder = next((folder for folder in target.parents if folder.exists()), target.parent)
        target.exists()
    except OSError as error:  # its name is too long
        raise ValueError(f"{target}: cannot be written: {error.strerror}") from error
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"{target}: {folder} is not a folder that can be written to")
    if target.is_dir():
        raise ValueError(f"{target} is a folder: a file is to be written there")


def require_own_names(net: Cell, to: str = "saved") -> None:
    """Returns if every parameter of ``net`` has a ``Parameter.name`` of its own, under which files keep its values.

    MindSpore gives parameters their names where a cell becomes an attribute of another: two cells that are given theirs
    once they are in a list call them alike, and of parameters called alike MindSpore saves one.

    Raises:
        ApplyError: If not; it names those that are called alike, and one that is called as nothing can be.
    """
    places: dict[str, list[str]] = {}
    for place, parameter in net.parameters_and_names():
        places.setdefault(parameter.name, []).append(place)
    findings = [_called_alike(name, found, to) for name, found in places.items() if len(found) > 1]
    if METADATA in places:
        findings.append(reserved_name(places[METADATA][0]))
    if findings:
        raise ApplyError(findings)


def _called_alike(name: str, places: list[str], to: str) -> Finding:
    message = f"{counted(len(places), 'parameter')} have the `Parameter.name` {name!r}: {_few(places)}"
    note = f"values are {to} by that name, and all but one would be lost"
    hint = "name each by its place: call `self.update_parameters_name()` at the end of the network's `__init__`"
    return Finding.error("ambiguous-name", message, note, help=hint, parameter=places[0])


def reserved_name(place: str) -> Finding:
    """Returns what is said of a parameter whose name safetensors files keep for themselves."""
    message = f"{place!r} has the name {METADATA!r}, under which files of safetensors have their own remarks"
    return Finding.error("ambiguous-name", message, help="call the parameter otherwise", parameter=place)


def _few(places: list[str]) -> str:
    return ", ".join(places[:_FEW]) + (", ..." if len(places) > _FEW else "")


def save(net: Cell, path: str | Path) -> None:
    """Saves every parameter of ``net`` as `mindspore.load_checkpoint` reads it.

    The file appears under its name only once it is complete.

    Raises:
        ValueError: If ``path`` does not end in .safetensors or .ckpt.
        ApplyError: If parameters share a `Parameter.name`; nothing was written.
        OSError: If it cannot be written.
    """
    target = check_path(path)
    require_own_names(net)
    with whole_file(target) as unfinished:
        _save(net, unfinished, FORMATS[target.suffix])
        # MindSpore leaves its checkpoints read-only.
        unfinished.chmod(0o644)


def _save(net: Cell, path: Path, kind: str) -> None:
    from mindspore import save_checkpoint

    try:
        save_checkpoint(net, str(path), format=kind)
    except OSError:
        raise
    except Exception as error:  # a full disk is an exception of safetensors', or of no class in particular
        raise OSError(errno.EIO, _cause(error)) from error
    if not path.is_file():
        raise OSError(errno.EIO, "MindSpore saved nothing and did not say why")


def _cause(error: BaseException) -> str:
    """Returns the first line of what an exception of MindSpore's or safetensors' says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def load(net: Cell, path: str | Path) -> None:
    """Gives every parameter of ``net`` the values of a file, or a folder, that has these tensors and no others.

    MindSpore's own loading would strip prefixes, convert types and leave out what it does not know; a file is held
    to what it says.

    Raises:
        ValueError: If the file is missing, of an unknown kind, or broken.
        ApplyError: If its names, shapes or types are not the network's, or parameters of that share a name; nothing
            was loaded.
    """
    from mindspore import load_checkpoint, load_param_into_net

    target = Path(path)
    parts = None if target.suffix in FORMATS else checkpoints.parts_of(target)
    if target.suffix not in FORMATS and parts is None:
        raise ValueError(f"{target}: values are read from {' or '.join(FORMATS)}")
    require_own_names(net, "loaded")
    entries = checkpoints.entries(str(target))
    findings = list(_differences(target, entries, {parameter.name: parameter for parameter in net.get_parameters()}))
    if findings:
        raise ApplyError(findings)
    if parts is None:
        load_param_into_net(net, load_checkpoint(str(target), format=FORMATS[target.suffix]), strict_load=True)
        return
    held = {parameter.name: parameter for parameter in net.get_parameters()}
    for part in parts:  # one at a time: a model is never held twice
        for name, value in load_checkpoint(str(part), format=FORMATS[part.suffix]).items():
            held[name].set_data(value)


def _differences(path: Path, entries: Mapping[str, Entry], parameters: Mapping[str, Parameter]) -> Iterator[Finding]:
    for name, parameter in parameters.items():
        entry = entries.get(name)
        shape, dtype = tuple(parameter.shape), dtype_name(parameter.dtype)
        if entry is None:
            message = f"{path} has no tensor called {name!r}"
            yield Finding.error("missing-entry", message, help=suggestion(name, entries.keys() - parameters.keys()))
        elif (entry.shape, entry.dtype) != (shape, dtype):
            message = f"{name!r} of {path} is {entry.shape} {entry.dtype}, and {shape} {dtype} in the network"
            yield Finding.error("shape-mismatch", message)
    for name in entries:
        if name not in parameters:
            yield Finding.error("unknown-entry", f"{path} has a tensor called {name!r}, which the network has not")
