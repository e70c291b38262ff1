"""The command that says which shipped recipe fits a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, answering, refuse, say
from ms_initkit.cli.networks import NetArguments
from ms_initkit.cli.progress import progress_bar

if TYPE_CHECKING:
    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.plans.suggest import Classes


def suggest(
    net: Annotated[
        str | None,
        typer.Option("--net", help="What makes the network: module:factory.", metavar="MODULE:FACTORY"),
    ] = None,
    net_arg: NetArguments = [],  # noqa: B006  # typer reads the default and never hands it out
    shapes: Annotated[
        Path | None, typer.Option("--shapes", help="A manifest, a safetensors index or file, in place of a network.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many recipes to show, at least one.", min=1)] = 8,
    as_json: AsJson = False,
) -> None:
    """Shows which shipped recipes fit a network, and what each would leave over; code 1 if none fits whole."""
    with answering(as_json=as_json):
        from ms_initkit.cli.suggestions import suggestions_text
        from ms_initkit.language.library import names
        from ms_initkit.language.load import load_recipe
        from ms_initkit.plans.suggest import suggest as find

        if (net is None) == (shapes is None):
            refuse("one of --net MODULE:FACTORY and --shapes FILE is needed")
        infos, classes = _read(shapes) if shapes is not None else _construct(str(net), net_arg)
        known = names()
        with progress_bar(len(known), "trying recipes") as advance:
            found = find(infos, classes, map(load_recipe, known), advance)
        if as_json:
            document = {"network": classes.own[:1], "suggestions": [one.to_json() for one in found]}
            say(json.dumps(document, indent=1))
        else:
            say(suggestions_text(found, next(iter(classes.own), ""), limit))
        if not any(one.fits for one in found):
            raise typer.Exit(FINDINGS)


def _read(shapes: Path) -> tuple[tuple[ParamInfo, ...], Classes]:
    from ms_initkit.networks.manifest import network_of
    from ms_initkit.networks.shapes import read_shapes
    from ms_initkit.plans.suggest import classes_of_owners

    infos = read_shapes(shapes)
    return infos, classes_of_owners(infos, network_of(shapes))


def _construct(net: str, net_args: list[str]) -> tuple[tuple[ParamInfo, ...], Classes]:
    from ms_initkit.networks.construct import load_network
    from ms_initkit.networks.describe import describe
    from ms_initkit.plans.suggest import classes_of

    network = load_network(net, net_args, is_deferred=True)
    return describe(network), classes_of(network)


COMMANDS: Final = (suggest,)
