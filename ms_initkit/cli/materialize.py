"""Commands for models that need not fit into memory: materialize, manifest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import AsJson, answering, refuse, say, tell
from ms_initkit.cli.networks import Lenient, Net, NetArguments, RecipeName, Seed, Settings, settings
from ms_initkit.cli.progress import progress_bar
from ms_initkit.draws.dtypes import FLOATS
from ms_initkit.files.regular import shown
from ms_initkit.findings import counted

if TYPE_CHECKING:
    from ms_initkit.networks.params import ParamInfo


def materialize(
    shapes: Annotated[
        Path,
        typer.Option(
            "--shapes", help="A manifest, a model.safetensors.index.json with its files, or a .safetensors file."
        ),
    ],
    recipe: RecipeName,
    seed: Seed,
    out: Annotated[Path, typer.Option("--out", help="A folder; a run that was cut short there is taken up again.")],
    set_: Settings = [],  # noqa: B006  # typer reads the default and never hands it out
    dtype: Annotated[
        str | None, typer.Option("--dtype", help="Element type of all floating-point tensors: " + ", ".join(FLOATS))
    ] = None,
    shard_size: Annotated[str, typer.Option("--shard-size", help="Largest file, such as 5GB or 500MB.")] = "5GB",
    shard: Annotated[
        str,
        typer.Option("--share", "--shard", help="This process's share of the files, such as 2/8: the second of eight."),
    ] = "1/1",
    lenient: Lenient = False,
    as_json: AsJson = False,
) -> None:
    """Draws a whole model into safetensors files, without a network and in constant memory."""
    with answering(as_json=as_json):
        from ms_initkit.networks.manifest import config_in, modules_of, network_of, read_shapes
        from ms_initkit.plans.suggest import Classes
        from ms_initkit.stages.choose import chosen_for
        from ms_initkit.stages.materialize import materialize as write
        from ms_initkit.stages.materialize import total_bytes
        from ms_initkit.stages.plan import plan_infos

        size, share = parse_size(shard_size), parse_share(shard)
        infos = _as_dtype(read_shapes(shapes), dtype)
        config = config_in(shapes)
        recipe = chosen_for(recipe, infos, Classes(network_of(shapes), modules_of(shapes)), config)
        made = plan_infos(infos, recipe, settings(set_), strict=not lenient, config=config)
        with progress_bar(total_bytes(made, size, share), "drawing") as advance:
            done = write(made, out, seed=seed, shard_size=size, share=share, progress=advance)
        if as_json:
            say(done.to_json())
        else:
            tell(str(done))


def manifest(
    net: Net,
    out: Annotated[Path, typer.Option("--out", help="Where to write the names, shapes and types, as JSON.")],
    net_arg: NetArguments = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Writes down a network's parameters without drawing a value: names, shapes, types, cells."""
    with answering(as_json=as_json):
        from ms_initkit.files.whole import write_text
        from ms_initkit.networks.construct import load_network
        from ms_initkit.networks.describe import describe
        from ms_initkit.networks.manifest import to_json
        from ms_initkit.networks.plain import config_of
        from ms_initkit.plans.suggest import classes_of

        network = load_network(net, net_arg, is_deferred=True)
        infos, classes = describe(network), classes_of(network)
        write_text(out, to_json(infos, classes.own, config_of(network), classes.modules))
        elements = sum(info.size for info in infos)
        if as_json:
            say(json.dumps({"out": str(out), "parameters": len(infos), "elements": elements}, indent=1))
        else:
            say(f"{out}: {counted(len(infos), 'parameter')}, {counted(elements, 'element')}")


def _as_dtype(infos: tuple[ParamInfo, ...], dtype: str | None) -> tuple[ParamInfo, ...]:
    if dtype is None:
        return infos
    if dtype not in FLOATS:
        refuse(f"--dtype is {', '.join(FLOATS)}, not {dtype!r}")
    return tuple(info._replace(dtype=dtype) if info.dtype in FLOATS else info for info in infos)


COMMANDS: Final = (materialize, manifest)

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}

_BINARY: Final = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_size(text: str) -> int:
    """Returns the bytes that ``5GB``, ``500MB`` or ``2GiB`` stands for.

    Raises:
        ValueError: If it stands for none.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    unit = match[2].upper() if match else ""
    if match is None or (match[3] and not unit) or not 0 < float(match[1]) < 1e18:
        raise ValueError(f"{shown(text)} is no size, such as 5GB or 500MB")
    return max(1, int(float(match[1]) * (_BINARY[unit] if match[3] else _UNITS[unit])))


def parse_share(text: str) -> tuple[int, int]:
    """Returns which share of how many ``2/8`` is.

    Raises:
        ValueError: If it is none.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"{text!r} is no share, such as 1/4 for the first of four")
    return int(match[1]), int(match[2])
