"""The command that says which shipped recipe fits a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, answering, refuse, say
from ms_initkit.cli.networks import NetArguments
from ms_initkit.cli.progress import progress_bar
from ms_initkit.plans.text import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.plans.suggest import Classes, Share, Suggestion


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
    from ms_initkit.networks.manifest import network_of, read_shapes
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

# Of what is left over, so many names are shown.
_SHOWN: Final = 6

_HEAD: Final[tuple[str, ...]] = ("recipe", "made for", "own rules", "", "base rules", "", "kept", "left over")


def suggestions_text(found: Sequence[Suggestion], network: str, limit: int) -> str:
    """Returns the first ``limit`` suggestions, a line each, and the first one's leftovers."""
    first = found[0]
    rows = [_HEAD, *(_cells(one) for one in found[:limit])]
    parts = [
        f"{network or 'a network'}: {first.whole.tensors:,} parameters, {first.whole.elements:,} elements",
        "",
        *table(rows, right=(2, 3, 4, 5, 6)),
    ]
    fitting = sum(one.fits for one in found)
    parts += [
        "",
        f"{fitting} of {len(found)} recipes fit whole" + (f", {limit} are shown" if limit < len(found) else ""),
    ]
    if first.fits:
        parts.append(f"the first: --recipe {first.recipe}  # {first.description}")
    else:
        parts += [f"{first.recipe} would leave over:", *_leftovers(first)]
    return "\n".join(parts) + "\n"


def _cells(one: Suggestion) -> tuple[str, ...]:
    counts = [(one.unmatched, "unmatched"), (one.unused, "unused"), (one.failures, "impossible")]
    left = ", ".join(f"{len(names):,} {what}" for names, what in counts if names)
    return (
        one.recipe,
        one.made_for,
        *_share(one.own, one.whole),
        *_share(one.inherited, one.whole),
        f"{one.kept.tensors:,}" if one.kept.tensors else "",
        left or "nothing",
    )


def _share(part: Share, whole: Share) -> tuple[str, str]:
    if not part.tensors:
        return "", ""
    return f"{part.tensors:,}", f"{100 * part.elements / whole.elements:.1f} %"


def _leftovers(one: Suggestion) -> list[str]:
    lines = [f"  no rule selects {name}" for name in one.unmatched[:_SHOWN]]
    lines += [f"  and {len(one.unmatched) - _SHOWN} parameters more"] * (len(one.unmatched) > _SHOWN)
    lines += [f"  rule {name!r} selects no parameter" for name in one.unused]
    return lines + [f"  {message}" for message in one.failures]
