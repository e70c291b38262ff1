"""Constructs networks of MindSpore packages; writes their manifests, and what their constructors draw.

python -m tests.truth.mindspore_side PACKAGE FOLDER CLASS...
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from ms_initkit.networks.params import Owner, ParamInfo
from tests.reference.records import Array
from tests.truth import standins  # first: packages take the operators from mindspore when they are imported

import mindspore as ms  # isort: skip

import ms_initkit as mik
from ms_initkit.networks.describe import describe
from ms_initkit.networks.held import held
from ms_initkit.networks.plain import config_of
from ms_initkit.plans.suggest import classes_of
from tests.truth import small
from tests.truth.choices import choices
from tests.truth.measuring import TooLargeError, measure, run

Foreign: TypeAlias = Any

LARGEST: Final = {"transformers": 150_000_000, "diffusers": 45_000_000, "mindcv": 140_000_000}
SECONDS: Final = 240


def transformers(name: str) -> tuple[dict[str, Any], Callable[[], Foreign]]:
    """Returns keyword arguments of a small configuration, and what makes the network from it."""
    kind = getattr(importlib.import_module("mindone.transformers"), name)
    own = kind.config_class
    config = getattr(importlib.import_module("transformers"), own.__name__, own)
    arguments = small.configuration(config, choices("transformers", name, own.__name__).arguments)
    # Some configurations take out of their arguments what they have read.
    return {"config": own.__name__, "arguments": arguments}, lambda: kind(config(**deepcopy(arguments)))


def diffusers(name: str) -> tuple[dict[str, Any], Callable[[], Foreign]]:
    """Returns keyword arguments, and what makes the network from them."""
    kind = getattr(importlib.import_module("mindone.diffusers"), name)
    choice = choices("diffusers", name)
    arguments = small.laid_over(small.sized(small.defaults_of(kind), choice.sizes), choice.arguments)
    return {"arguments": arguments}, lambda: kind(**arguments)


def mindcv(name: str) -> tuple[dict[str, Any], Callable[[], Foreign]]:
    """Returns what makes a registered network."""
    create = importlib.import_module("mindcv").create_model
    return {}, lambda: create(name)


def execute(package: str, name: str) -> dict[str, Any]:
    """Returns what is known of one network."""
    head, build = MAKERS[package](name)

    def network(seed: int) -> Foreign:
        standins.seed(seed)
        return build()

    def draw(seed: int) -> dict[str, Array]:
        found = held(network(seed))
        return {key: _values(value) for key, value in zip(found.names, found.parameters, strict=True)}

    if choices(package, name, head.get("config", "")).is_deferrable:
        _refuse_large(network, LARGEST[package])
    net = network(0)
    classes = classes_of(net)
    return {
        **head,
        "network": classes.own,
        "modules": classes.modules,
        "configuration": config_of(net),
        "parameters": list(map(_entry, describe(net))),
        "constructed": measure(draw, most_seeds=3),
    }


def _refuse_large(network: Callable[[int], Foreign], largest: int) -> None:
    try:
        with mik.deferred():
            total = sum(parameter.size for parameter in network(0).get_parameters())
    except Exception:  # its constructor computes with its own weights; the real one will tell
        return
    if total > largest:
        raise TooLargeError(f"{total:,} elements")


def _values(parameter: Foreign) -> Array:
    values: Array = (parameter.float() if parameter.dtype == ms.bfloat16 else parameter).asnumpy()
    return values


def _entry(info: ParamInfo) -> dict[str, Any]:
    first, *others = info.owners
    entry: dict[str, Any] = {"name": info.name, "shape": info.shape, "dtype": info.dtype}
    entry |= {"trainable": info.is_trainable, "owner": _owner(first)}
    if others:
        entry["aliases"] = [{"name": owner.name, "owner": _owner(owner)} for owner in others]
    return entry


def _owner(owner: Owner) -> dict[str, Any]:
    out: dict[str, Any] = {"cell": owner.cell, "options": dict(owner.options)}
    if owner.groups != 1:
        out["groups"] = owner.groups
    if owner.is_transposed:
        out["transposed"] = True
    return out


MAKERS: Final = {"transformers": transformers, "diffusers": diffusers, "mindcv": mindcv}


def main() -> None:
    """Entry point."""
    package, folder, *names = sys.argv[1:]
    run(names, Path(folder), "mindspore", partial(execute, package), SECONDS)


if __name__ == "__main__":
    main()
