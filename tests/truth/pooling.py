"""From what both sides saw of a network to one entry a parameter: laws that agree are pooled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, TypeAlias

from tests.truth import laws
from tests.truth.folding import CELL, UNSAID, Entry
from tests.truth.laws import Law
from tests.truth.names import generic

Document: TypeAlias = dict[str, Any]


class Side(IntEnum):
    """Whose draws a law is of, with the number of elements from which laws that agree are pooled across kinds.

    For the reference that is 1 % on the std of a normal; of constructors it is only told whether they agree with it.
    """

    REFERENCE = 100_000
    CONSTRUCTED = 20_000


def entries(seen: Document, reference: Document, names: Mapping[str, str]) -> dict[str, Entry]:
    """Returns what is known of each parameter.

    Args:
        seen: What ``mindspore_side`` wrote.
        reference: What ``reference_side`` wrote.
        names: Our names with the reference's.
    """
    theirs, ours = reference["parameters"], seen["constructed"]
    drawn, made = _Pools(Side.REFERENCE), _Pools(Side.CONSTRUCTED)
    for group in _kinds(seen["parameters"], theirs, names):
        others = {name: law for one in group if (name := names.get(one)) and (law := _law(theirs[name])) is not None}
        drawn.add(others)
        made.add({one: laws.of_record(ours[one]) for one in group})
    return {
        entry["name"]: _entry(entry, made[entry["name"]] or {}, drawn[names.get(entry["name"], "")])
        for entry in seen["parameters"]
    }


def _entry(entry: Document, made: Law, drawn: Law | None) -> Entry:
    # Of a constructor that does as the reference, the reference's numbers are the better ones.
    is_same = drawn is not None and not laws.differs(made, drawn)
    return Entry(
        tuple(entry["shape"]),
        _owner(entry["owner"]),
        drawn if is_same and drawn is not None else made,
        drawn,
        entry["dtype"],
        entry["trainable"],
        tuple((alias["name"], _owner(alias["owner"])) for alias in entry.get("aliases", ())),
    )


def _kinds(parameters: list[Document], theirs: Document, names: Mapping[str, str]) -> Iterator[list[str]]:
    """Yields the names of parameters that may be of one law."""
    weights = {entry["name"]: entry["shape"] for entry in parameters}
    groups: dict[str, list[str]] = {}
    for entry in parameters:
        name = entry["name"]
        # A bias is drawn by the shape of its weight.
        beside = weights.get(_weight(name)), theirs.get(_weight(names.get(name, "")), {}).get("shape")
        kind = json.dumps([generic(name), entry["shape"], entry["owner"], beside])
        groups.setdefault(kind, []).append(name)
    yield from groups.values()


def _weight(name: str) -> str:
    return f"{name.rpartition('.')[0]}.weight"


def _owner(owner: Document) -> Document:
    kept = {key: value for key, value in owner["options"].items() if key not in UNSAID and not isinstance(value, list)}
    return {**owner, "cell": owner["cell"][: -len(CELL)], "options": kept}


def _law(record: Document) -> Law | None:
    """Returns the law of a parameter of the reference; None where nobody wrote its values."""
    law = laws.of_record(record)
    return None if "uninitialised" in law else law


class _Pools:
    """One side's laws, those that agree together."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.laws: list[Law] = []
        self.shared: list[int] = []
        self.placed: dict[str, int] = {}

    def __getitem__(self, name: str) -> Law | None:
        return laws.finished(self.laws[self.placed[name]]) if name in self.placed else None

    def add(self, several: Mapping[str, Law]) -> None:
        """Adds parameters of one kind, each once, however many of the other side's it stands for."""
        pools: list[Law] = []
        members: list[list[str]] = []
        for name, law in several.items():
            if name in self.placed:
                continue
            place = next((i for i, pool in enumerate(pools) if laws.pooled(pool, law) is not None), None)
            if place is None:
                pools.append(law)
                members.append([name])
            else:
                pools[place] = laws.pooled(pools[place], law) or law
                members[place].append(name)
        for law, names in zip(pools, members, strict=True):
            self.placed.update(dict.fromkeys(names, self._number(law)))

    def _number(self, law: Law) -> int:
        """Returns the number of a law: another kind's where both are well known and agree."""
        is_shared = law.get("n", 0) >= self.side and "fixed" not in law
        for number in self.shared if is_shared else ():
            both = laws.pooled(self.laws[number], law)
            if both is not None:
                self.laws[number] = both
                return number
        self.laws.append(law)
        if is_shared:
            self.shared.append(len(self.laws) - 1)
        return len(self.laws) - 1
