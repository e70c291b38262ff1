"""The command that says which shipped recipe is known to be right for a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, answering, refuse, say, tell, terminal_width
from ms_initkit.cli.networks import MaybeNet, NetArguments
from ms_initkit.cli.progress import pulse
from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe

if TYPE_CHECKING:
    from ms_initkit.plans.suggestion import Suggestion


def suggest(
    net: MaybeNet = None,
    net_arg: NetArguments = [],  # noqa: B006  # typer reads the default and never hands it out
    shapes: Annotated[
        Path | None, typer.Option("--shapes", help="A manifest, a safetensors index or file, in place of a network.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Says which shipped recipe initialises a network as its authors did, and how that is known; code 1 if none is."""
    with answering(as_json=as_json):
        from ms_initkit.plans.suggestion import suggestion_text

        if (net is None) == (shapes is None):
            refuse("one of --net MODULE:FACTORY and --shapes FILE is needed")
        found = _of_file(shapes) if shapes is not None else _of_network(str(net), net_arg)
        if as_json:
            say(json.dumps(found.to_json(), indent=1))
        else:
            tell(suggestion_text(found, terminal_width()))

        if found.recipe is None:
            raise typer.Exit(FINDINGS)


def _of_file(shapes: Path) -> Suggestion:
    from ms_initkit.networks.manifest import config_in, modules_of, network_of, read_shapes
    from ms_initkit.plans.suggest import Classes
    from ms_initkit.plans.suggest import suggest as find

    classes = Classes(network_of(shapes), modules_of(shapes))
    return find(read_shapes(shapes), classes, shipped(), load_recipe, config_in(shapes))


def _of_network(net: str, net_args: list[str]) -> Suggestion:
    from ms_initkit.networks.construct import load_network
    from ms_initkit.stages.suggest import LARGEST
    from ms_initkit.stages.suggest import suggest as find

    with pulse("constructing"):
        found = find(load_network(net, net_args, is_deferred=True))
    if found.answer == "unknown" or found.whole.elements > LARGEST:
        return found
    try:
        with pulse("looking at its values"):
            return find(load_network(net, net_args, is_deferred=False))
    except ValueError:  # with values it cannot be made here; what is recommended is known all the same
        return found


COMMANDS: Final = (suggest,)
