"""Classes that share most of another one's parameters: what they have else, and what they have not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from tests.truth import laws
from tests.truth.folding import Entry, folded, indices, lengthened, pack, shortened, unfolded, unpack
from tests.truth.names import generic

Document: TypeAlias = dict[str, Any]


def relate(like: str, base: Mapping[str, Entry], own: Mapping[str, Entry]) -> Document:
    """Returns ``own`` as it differs from ``base``, the parameters of the class ``like``; ``restore`` is the inverse."""
    front = _front(base, own)
    shared = {theirs: name for name in own if (theirs := _theirs(name, front)) in base}
    same = {theirs for theirs, name in shared.items() if _agree(base[theirs], own[name])}
    taken = {shared[theirs] for theirs in same}
    return {
        "like": like,
        "front": front,
        "without": list(_folded(name for name in base if name not in same)),
        **pack({name: entry for name, entry in own.items() if name not in taken}),
    }


def restore(base: Mapping[str, Entry], document: Document) -> dict[str, Entry]:
    """Returns the parameters that ``relate`` was given."""
    without = set(_unfolded(document["without"]))
    theirs, ours = document["front"]
    kept = {
        ours + name.removeprefix(theirs): entry
        for name, entry in base.items()
        if name not in without and name.startswith(theirs)
    }
    return kept | unpack(document)


def _front(base: Iterable[str], own: Iterable[str]) -> tuple[str, str]:
    """Returns what their names begin with in place of what ours do, where that makes most of them the same."""
    theirs, ours = set(base), set(own)
    fronts = {("", "")} | {(_first(name), "") for name in theirs} | {("", _first(name)) for name in ours}
    return max(sorted(fronts), key=lambda front: sum(_theirs(name, front) in theirs for name in ours))


def _first(name: str) -> str:
    return name.partition(".")[0] + "."


def _theirs(name: str, front: tuple[str, str]) -> str:
    theirs, ours = front
    return theirs + name.removeprefix(ours) if name.startswith(ours) else ""


def _agree(first: Entry, second: Entry) -> bool:
    """Returns whether nothing is said of the one that is not true of the other."""
    if first._replace(made={}, drawn=None) != second._replace(made={}, drawn=None) or first.aliases:
        return False
    if (first.drawn is None) != (second.drawn is None) or laws.differs(first.made, second.made):
        return False
    return first.drawn is None or second.drawn is None or not laws.differs(first.drawn, second.drawn)


def _folded(names: Iterable[str]) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(generic(name), []).append(name)
    for kind, several in zip(shortened(groups), groups.values(), strict=True):
        yield [kind, folded([indices(name) for name in several])]


def _unfolded(rows: Iterable[list[str]]) -> Iterator[str]:
    rows = list(rows)
    for kind, (_, at) in zip(lengthened(row[0] for row in rows), rows, strict=True):
        for index in unfolded(at):
            yield kind.format(*index)
