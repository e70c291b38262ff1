"""Constructs reference networks; writes what they draw.

    python -m tests.truth.reference_side PACKAGE FOLDER CLASS...

A class is looked at after ``mindspore_side`` has written its configuration into the same folder.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.reference.execute import as_array, prepare, seed_everything
from tests.reference.records import Array
from tests.truth.choices import choices
from tests.truth.measuring import measure, run

Foreign: TypeAlias = Any

SECONDS: Final = 240


def transformers(name: str, head: dict[str, Any]) -> Callable[[], Foreign]:
    """Returns what makes a network of transformers."""
    module = importlib.import_module("transformers")
    kind = getattr(module, choices("transformers", name).reference or name)
    config = getattr(module, head["config"], None) or kind.config_class
    return lambda: kind(config(**json.loads(json.dumps(head["arguments"]))))


def diffusers(name: str, head: dict[str, Any]) -> Callable[[], Foreign]:
    """Returns what makes a network of diffusers."""
    kind = getattr(importlib.import_module("diffusers"), choices("diffusers", name).reference or name)
    return lambda: kind(**head["arguments"])


def mindcv(name: str, head: dict[str, Any]) -> Callable[[], Foreign]:
    """Returns what makes the counterpart of a network of mindcv, in timm or torchvision."""
    choice = choices("mindcv", name)
    package, _, model = choice.reference.partition(":")
    if package == "timm":
        create = importlib.import_module("timm").create_model
        return lambda: create(model, pretrained=False, **choice.arguments)
    kind = getattr(importlib.import_module("torchvision.models"), model)
    return lambda: kind(weights=None, **choice.arguments)


def execute(
    folder: Path, make: Callable[[str, dict[str, Any]], Callable[[], Foreign]], package: str, name: str
) -> dict[str, Any]:
    """Returns what the reference of one network draws."""
    head = json.loads((folder / f"{name}.mindspore.json").read_text(encoding="utf-8"))
    build = make(name, head)

    def network(seed: int) -> Foreign:
        seed_everything(seed)
        return build()

    parameters = measure(lambda seed: _tensors(network(seed)))
    net = network(0)
    trained = {key for key, _ in net.named_parameters()}
    for key, record in parameters.items():
        if key not in trained:
            record["buffer"] = True
    for first, *others in _tied(net):
        parameters[first]["tied"] = others
    return {"reference": f"{type(net).__module__.partition('.')[0]} {_version(net)}", "parameters": parameters}


def _version(net: Foreign) -> str:
    return importlib.metadata.version(type(net).__module__.partition(".")[0]).partition("+")[0]


def _tensors(net: Foreign) -> dict[str, Array]:
    """Returns the values of every parameter and of buffers of floating point, a tied one under its first name."""
    return {
        **{name: as_array(parameter) for name, parameter in net.named_parameters()},
        **{
            name: as_array(buffer)
            for name, buffer in net.named_buffers()
            if buffer.is_floating_point() and buffer.numel()
        },
    }


def _tied(net: Foreign) -> Iterator[list[str]]:
    names: dict[int, list[str]] = {}
    for name, parameter in net.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    yield from (several for several in names.values() if len(several) > 1)


MAKERS: Final = {"transformers": transformers, "diffusers": diffusers, "mindcv": mindcv}


def main() -> None:
    """Entry point."""
    package, folder, *names = sys.argv[1:]
    prepare()
    run(names, Path(folder), "reference", partial(execute, Path(folder), MAKERS[package], package), SECONDS)


if __name__ == "__main__":
    main()
