"""What was seen of each class, read back: its parameters as a manifest gives them, and both sides' laws."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ms_initkit.networks.manifest import with_siblings
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.networks.plain import Plain
from ms_initkit.plans.suggest import Classes
from tests.truth.families import ABSENT, GIVEN
from tests.truth.folding import CELL, Document, Entry, unpack
from tests.truth.heads import restore
from tests.truth.laws import Law

DATA: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Case:
    """One class with its reference.

    Args:
        package: The MindSpore package.
        name: The class or registered name.
        reference: Package and version of the reference.
        classes: What the network is called, and where its classes stand.
        configuration: The plain data of its configuration, as ``{config: NAME}`` reads it.
        infos: Its parameters.
        drawn: What the reference draws, by our names; without those that have no counterpart.
        constructed: What the package's constructor draws; empty where it is not known.
        unpaired: Parameters of the reference without a counterpart.
    """

    package: str
    name: str
    reference: str
    classes: Classes
    configuration: dict[str, Plain]
    infos: tuple[ParamInfo, ...]
    drawn: dict[str, Law]
    constructed: dict[str, Law]
    unpaired: tuple[str, ...]


def packages() -> list[str]:
    """Returns the packages of which there is anything."""
    return sorted({path.name for path in DATA.iterdir() if path.is_dir()} | set(GIVEN))


def names(package: str) -> list[str]:
    """Returns the classes of a package that were seen on both sides."""
    if package in GIVEN:
        return sorted(GIVEN[package])
    return sorted({path.stem for path in (DATA / package).glob("*.json") if path.stem[0] != "_"} | set(heads(package)))


def absent(package: str) -> dict[str, str]:
    """Returns the classes of a package that were not, each with the reason."""
    if package in ABSENT:
        return ABSENT[package]
    path = DATA / package / "_absent.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@lru_cache(maxsize=2048)
def case(package: str, name: str) -> Case:
    """Returns one class."""
    if package in GIVEN:
        return _given(package, name)
    document, entries = read(package, name)
    infos = tuple(_info(name, entry) for name, entry in entries.items())
    return Case(
        package,
        name,
        document["reference"],
        Classes(tuple(document["network"]), tuple(_repeated(document["modules"]))),
        document["configuration"],
        with_siblings(infos),
        {name: entry.drawn for name, entry in entries.items() if entry.drawn is not None},
        {name: entry.made for name, entry in entries.items()},
        tuple(document["unpaired"]),
    )


@lru_cache(maxsize=512)
def read(package: str, name: str) -> tuple[Document, dict[str, Entry]]:
    """Returns the file of a class and its parameters; of one that is like another, with what both share."""
    document = heads(package).get(name)
    if document is None:
        document = json.loads((DATA / package / f"{name}.json").read_text(encoding="utf-8"))
        return document | {"configuration": _completed(document, defaults(package))}, unpack(document)
    base, entries = read(package, document["like"])
    configuration = base["configuration"] | document["configuration"]
    return base | document | {"configuration": configuration}, restore(entries, document)


@lru_cache(maxsize=8)
def heads(package: str) -> dict[str, Document]:
    """Returns the classes of a package that are said by what they have else than another one."""
    path = DATA / package / "_heads.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _completed(document: Document, shared: Document) -> dict[str, Plain]:
    """Returns a configuration with what it, and which of those in it, share with the others."""
    every = {part + name: value for part in document["shares"] for name, value in shared.items()}
    every |= document["configuration"]
    return {name: tuple(value) if isinstance(value, list) else value for name, value in every.items()}


def _repeated(words: Iterable[str]) -> Iterator[str]:
    """Yields words, an empty one being the one before."""
    last = ""
    for word in words:
        last = word or last
        yield last


def _info(name: str, entry: Entry) -> ParamInfo:
    owners = [(name, entry.owner), *entry.aliases]
    return ParamInfo(tuple(_owner(one, owner) for one, owner in owners), entry.shape, entry.dtype, entry.is_trainable)


def _given(package: str, name: str) -> Case:
    given = GIVEN[package][name]
    infos = given.infos()
    return Case(package, name, given.version(), given.classes(), {}, infos, given.drawn(), {}, ())


@lru_cache(maxsize=8)
def defaults(package: str) -> dict[str, Any]:
    """Returns what every configuration of a package has unless a class says otherwise."""
    path = DATA / package / "_defaults.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _owner(name: str, owner: dict[str, Any]) -> Owner:
    return Owner(
        name,
        name.rpartition(".")[2],
        (*owner["cell"], *CELL),
        owner.get("groups", 1),
        owner.get("transposed", False),
        (),
        tuple(owner["options"].items()),
    )
