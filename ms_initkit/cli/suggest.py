"""The command that says which shipped recipe is known to be right for a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ms_initkit.cli.answers import FINDINGS, AsJson, answering, refuse, say
from ms_initkit.cli.networks import MaybeNet, NetArguments
from ms_initkit.findings import InitKitError, counted
from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.plans.text import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.networks.plain import Plain
    from ms_initkit.plans.suggest import Candidate, Classes, Share, Suggestion

    _Known = tuple[tuple[ParamInfo, ...], Classes, dict[str, Plain]]


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
        from ms_initkit.plans.suggest import suggest as find

        if (net is None) == (shapes is None):
            refuse("one of --net MODULE:FACTORY and --shapes FILE is needed")
        infos, classes, config = _read(shapes) if shapes is not None else _construct(str(net), net_arg)
        found = find(infos, classes, shipped(), load_recipe, config)
        said = _changes(str(net), net_arg, found) if net is not None else None
        document = found.to_json() | {"changes": said if said is None else list(said)}
        say(json.dumps(document, indent=1) if as_json else suggestion_text(found, said))
        if found.recipe is None:
            raise typer.Exit(FINDINGS)


def _read(shapes: Path) -> _Known:
    from ms_initkit.networks.manifest import config_in, modules_of, network_of, read_shapes
    from ms_initkit.plans.suggest import Classes

    return read_shapes(shapes), Classes(network_of(shapes), modules_of(shapes)), config_in(shapes)


def _construct(net: str, net_args: list[str]) -> _Known:
    from ms_initkit.networks.construct import load_network
    from ms_initkit.networks.describe import describe
    from ms_initkit.networks.plain import config_of
    from ms_initkit.plans.suggest import classes_of

    network = load_network(net, net_args, is_deferred=True)
    return describe(network), classes_of(network), config_of(network)


COMMANDS: Final = (suggest,)

# A network of more elements is not constructed for a comparison.
_LARGEST: Final = 500_000_000


def _changes(net: str, net_args: list[str], found: Suggestion) -> tuple[str, ...] | None:
    """Returns what the recommended recipe would change of the values that the network is constructed with."""
    from ms_initkit.networks.construct import load_network
    from ms_initkit.stages.changes import changes
    from ms_initkit.stages.plan import plan

    if found.recipe is None or found.whole.elements > _LARGEST:
        return None
    network = load_network(net, net_args, is_deferred=False)
    try:
        return changes(network, plan(network, found.recipe))
    except InitKitError:  # what the recipe leaves over is in the candidates
        return None


# Of what is left over, so many names are shown.
_SHOWN: Final = 6
_WHY: Final = {
    "compared": "compared with its reference",
    "alternative": "another author's way",
    "signature": "its family's names",
    "default": "every layer as torch makes it",
}
_HEAD: Final = ("recipe", "what speaks for it", "own rules", "", "base rules", "", "kept", "left over")


def suggestion_text(found: Suggestion, changes: Sequence[str] | None = None) -> str:
    """Returns the answer, its reason, what it would change, and what each candidate would do."""
    name = found.network or "a network"
    verdict = f"{found.answer}: {found.reason}"
    size = f"{counted(found.whole.tensors, 'parameter')}, {counted(found.whole.elements, 'element')}"
    parts = [f"{name}: {size}", "", verdict]
    if found.recipe is not None:
        parts.append(f"use it: --recipe {found.recipe}  # {found.candidates[0].description}")
    else:
        parts.append("no recipe is recommended: say whose initialisation is wanted by --recipe, or write one")
    if changes is not None:
        parts += ["", "against the values that the network is constructed with:", *(f"  {line}" for line in changes)]
    if found.candidates:
        rows = [_HEAD, *(_cells(one, found.whole) for one in found.candidates)]
        parts += ["", *table(rows, right=(2, 3, 4, 5, 6))]
    for one in found.candidates:
        if not one.fits:
            parts += ["", f"{one.recipe} would leave over:", *_leftovers(one)]
    return "\n".join(parts) + "\n"


def _cells(one: Candidate, whole: Share) -> tuple[str, ...]:
    counts = [(one.unmatched, "unmatched"), (one.unused, "unused"), (one.failures, "impossible")]
    left = ", ".join(f"{len(names):,} {what}" for names, what in counts if names)
    return (
        one.recipe,
        _WHY[one.why],
        *_share(one.own, whole),
        *_share(one.inherited, whole),
        f"{one.kept.tensors:,}" if one.kept.tensors else "",
        left or "nothing",
    )


def _share(part: Share, whole: Share) -> tuple[str, str]:
    if not part.tensors:
        return "", ""
    return f"{part.tensors:,}", f"{100 * part.elements / whole.elements:.1f} %"


def _leftovers(one: Candidate) -> list[str]:
    lines = [f"  no rule selects {name}" for name in one.unmatched[:_SHOWN]]
    lines += [f"  and {len(one.unmatched) - _SHOWN} parameters more"] * (len(one.unmatched) > _SHOWN)
    lines += [f"  rule {name!r} selects no parameter" for name in one.unused]
    return lines + [f"  {message}" for message in one.failures[:_SHOWN]]
