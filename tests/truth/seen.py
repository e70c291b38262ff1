"""What both sides saw of a class, their parameters paired; or why they did not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.truth import laws
from tests.truth.choices import choices, why_without
from tests.truth.folding import Entry
from tests.truth.names import generic, normal, pair, unwrapped
from tests.truth.pooling import entries
from tests.truth.sweep import has_counterpart

LEAST: Final = 0.5
"""Of a network at least so many parameters must have a counterpart; otherwise it is another network."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One class that was seen on both sides.

    Args:
        kind: The class of its configuration; empty where it has none.
        reference: Package and version of the reference.
        network: Its class names.
        modules: The module of each.
        configuration: The plain data of its configuration, that of the ones inside under dotted names.
        unpaired: Parameters of the reference without a counterpart.
        entries: Its parameters.
    """

    kind: str
    reference: str
    network: list[str]
    modules: list[str]
    configuration: dict[str, Any]
    unpaired: list[str]
    entries: dict[str, Entry]


def seen(folder: Path, package: str, name: str) -> Seen | str | None:
    """Returns what was seen of a class, or why nothing was; None where the harness has not come to it."""
    choice = choices(package, name)
    if not has_counterpart(package, name):
        return choice.skip or why_without(package, name)
    sides = {}
    for side in ("mindspore", "reference"):
        path = folder / f"{name}.{side}.json"
        if not path.exists():
            return None
        sides[side] = json.loads(path.read_text(encoding="utf-8"))
        if "error" in sides[side]:
            error, where = sides[side]["error"].strip().partition("\n")[0], sides[side]["where"].partition(" ")[0]
            return f"{side}: {error}" + (f" ({where})" if where else "")
    own, reference = sides["mindspore"], sides["reference"]
    theirs = {key: tuple(record["shape"]) for key, record in reference["parameters"].items()}
    # mindone keeps the weight that its weight normalisation is computed from.
    ours = {
        entry["name"]: tuple(entry["shape"])
        for entry in own["parameters"]
        if not entry["name"].endswith("weight_norm_cell.weight")
    }
    names = pair(ours, theirs, choice.names, partial(_are_alike, reference["parameters"]))
    names = _without_ties(names, reference["parameters"])
    if len(names) < LEAST * len(ours):
        return f"no counterpart: {len(names)} of {len(ours)} parameters have one in the reference"
    return Seen(
        own.get("config", ""),
        reference["reference"],
        own["network"],
        own["modules"],
        own["configuration"],
        sorted({generic(name) for name in _unpaired(reference["parameters"], names)}),
        entries(own, reference, names),
    )


def _without_ties(names: dict[str, str], theirs: dict[str, Any]) -> dict[str, str]:
    """Returns the names without those of ours that the reference ties to what another one of ours stands for."""
    times = Counter(names.values())
    tied = {name: {unwrapped(alias) for alias in theirs[name].get("tied", ())} for name in times}
    return {
        name: other for name, other in names.items() if times[other] == 1 or unwrapped(normal(name)) not in tied[other]
    }


def _unpaired(theirs: dict[str, Any], names: dict[str, str]) -> Iterator[str]:
    used = set(names.values())
    for name, record in theirs.items():
        if not record.get("buffer") and name not in used and not used & set(record.get("tied", ())):
            yield name


def _are_alike(records: dict[str, Any], names: list[str]) -> bool:
    """Returns whether parameters of the reference are of one law."""
    pool = laws.of_record(records[names[0]])
    for name in names[1:]:
        both = laws.pooled(pool, laws.of_record(records[name]))
        if both is None:
            return False
        pool = both
    return True
