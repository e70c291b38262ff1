"""Writes tests/truth/data from what both sides saw.

python -m tests.truth.write FOLDER [PACKAGE...]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.truth.data import DATA, absent, defaults, heads, read
from tests.truth.folding import Entry, pack
from tests.truth.heads import relate
from tests.truth.seen import Seen, seen

NOT_EXECUTED: Final = "not executed yet: make truth CLASSES=..."


def main() -> None:
    """Entry point."""
    cache, *packages = sys.argv[1:]
    for package in packages or sorted(path.name for path in Path(cache).iterdir()):
        write(Path(cache) / package, package)


def write(folder: Path, package: str) -> None:
    """Writes the files of one package, and why there is none of the others."""
    out = DATA / package
    out.mkdir(parents=True, exist_ok=True)
    every = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    found = {name: one for name in every if (one := seen(folder, package, name)) is not None}
    classes = {name: one for name, one in found.items() if isinstance(one, Seen)}
    # Files of classes that were not looked at stay, and with them what they leave unsaid.
    is_whole = len(found) == len(every)
    shared = _shared([one.configuration for one in classes.values()]) if is_whole else defaults(package)
    for name in found:
        (out / f"{name}.json").unlink(missing_ok=True)
    standing = {name: one["like"] for name, one in heads(package).items() if one["like"] not in found}
    first = _first({name: one for name, one in classes.items() if name not in standing})
    for name in first.values():
        document = _head(classes[name], shared) | pack(classes[name].entries)
        (out / f"{name}.json").write_text(_text(document), encoding="utf-8")
    kept = {name: one for name, one in heads(package).items() if name not in found}
    for name, one in classes.items():
        like = standing.get(name) or first[one.kind or name]
        if like != name:
            kept[name] = _related(one, like, *_base(package, like, classes))
    kept = {name: one for name, one in kept.items() if (out / f"{one['like']}.json").exists()}
    reasons = {name: why for name, why in absent(package).items() if name not in found}
    reasons |= {name: one for name, one in found.items() if isinstance(one, str)}
    there = {path.stem for path in out.glob("*.json")} | set(kept) | set(reasons)
    reasons |= {name: NOT_EXECUTED for name in every if name not in there}
    _write_table(out / "_heads.json", kept)
    _write_table(out / "_absent.json", reasons)
    _write_table(out / "_defaults.json", shared)
    total = sum(path.stat().st_size for path in out.glob("*.json"))
    sys.stdout.write(f"{package}: {len(first)} + {len(kept)} classes, {len(reasons)} without, {total:,} bytes\n")


def _write_table(path: Path, table: dict[str, Any]) -> None:
    if table:
        lines = ",\n".join(f"{json.dumps(name)}:{_dumped(table[name])}" for name in sorted(table))
        path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _head(one: Seen, shared: dict[str, Any]) -> dict[str, Any]:
    """Returns what is said of a class as a whole, without the configuration that is ``shared``."""
    return {
        "reference": one.reference,
        "network": one.network,
        "modules": [
            "" if place and module == one.modules[place - 1] else module for place, module in enumerate(one.modules)
        ],
        **_stripped(one.configuration, shared),
        "unpaired": one.unpaired,
    }


def _stripped(values: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Returns a configuration without the values that it and those in it share, and which of them do."""
    parts = dict.fromkeys(["", *(name.rpartition(".")[0] + "." for name in values if "." in name)])
    shares = [part for part in parts if shared and all(part + name in values for name in shared)]
    said = {part + name for part in shares for name, value in shared.items() if values[part + name] == value}
    return {"shares": shares, "configuration": {name: value for name, value in values.items() if name not in said}}


def _first(classes: dict[str, Seen]) -> dict[str, str]:
    """Returns the first class of each configuration; one that has none is its own."""
    names: dict[str, str] = {}
    for name, one in classes.items():
        names.setdefault(one.kind or name, name)
    return names


def _base(package: str, like: str, classes: dict[str, Seen]) -> tuple[dict[str, Any], dict[str, Entry]]:
    """Returns configuration and parameters of the class that others are like, seen now or before."""
    if like in classes:
        return classes[like].configuration, classes[like].entries
    document, entries = read(package, like)
    configuration = document["configuration"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in configuration.items()}, entries


def _related(one: Seen, like: str, known: dict[str, Any], base: dict[str, Entry]) -> dict[str, Any]:
    head = _head(one, {})
    del head["shares"]
    head["configuration"] = {name: value for name, value in one.configuration.items() if known.get(name, ...) != value}
    return head | relate(like, base, one.entries)


def _shared(configurations: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the values that nearly every configuration has."""
    counts = Counter(
        (name, json.dumps(value)) for one in configurations for name, value in one.items() if "." not in name
    )
    return {key: json.loads(value) for (key, value), n in counts.items() if n >= 0.9 * len(configurations)}


def _text(document: dict[str, Any]) -> str:
    """Returns a file with one parameter, owner and law a line, so that a difference can be read."""
    parts = []
    for key, value in document.items():
        if key in ("owners", "laws", "parameters"):
            lines = ",\n".join(map(_dumped, value))
            parts.append(f'"{key}":[\n{lines}\n]')
        else:
            parts.append(f'"{key}":{_dumped(value)}')
    return "{" + ",\n".join(parts) + "}\n"


def _dumped(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
