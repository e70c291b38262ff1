"""What files of values have for a network: which tensor is whose, what is missing, and what is not used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.files import checkpoints
from ms_initkit.files.formats import Entry
from ms_initkit.findings import Finding, counted, first_of
from ms_initkit.language.rules import Rule
from ms_initkit.language.sources import FromSpec
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.grammar import Value

_SHOWN: Final = 6
_MOST_NUMBERS: Final = 1 << 16  # that an argument takes: the plan holds them


@record
class Lookup:
    """Which tensor of which file a parameter's values are looked for in, and its shape if it is there."""

    path: str
    key: str
    is_there: bool
    shape: tuple[int, ...] | None = None


@dataclass
class _Asked:
    """What a rule looked for in its file: each parameter with its tensor, None where that is not there."""

    rule: Rule
    spec: FromSpec
    found: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Sources:
    """Looks parameters up in the files of rules, and remembers by the rules' ids what was found."""

    asked: dict[str, _Asked] = field(default_factory=dict)
    _known: dict[str, Mapping[str, Entry] | None] = field(default_factory=dict)

    def find(self, rule: Rule, info: ParamInfo, captured: Mapping[str, Value]) -> Lookup:
        """Returns where the values of ``info`` are, under any of its names, that ``rule`` takes from its file."""
        spec = rule.action
        assert isinstance(spec, FromSpec)
        keys = [spec.entry_of(name, captured) for name in info.names]
        known = self._entries(spec.file)
        key = next((key for key in keys if known is not None and key in known), keys[0])
        is_there = known is None or key in known  # a file that cannot be read is told of when the plan is checked
        asked = self.asked.setdefault(rule.id, _Asked(rule, spec))
        asked.found[info.name] = key if is_there else None
        entry = None if known is None else known.get(key)
        return Lookup(spec.file, key, is_there, None if entry is None else entry.shape)

    def _entries(self, path: str) -> Mapping[str, Entry] | None:
        """Returns what a file has, which is looked up once."""
        if path not in self._known:
            self._known[path] = entries_of(path)
        return self._known[path]

    def has_asked(self, rule: Rule) -> bool:
        """Returns whether anything was looked for in the file of ``rule``."""
        return rule.id in self.asked

    def findings(self) -> Iterator[Finding]:
        """Yields which files fit nothing, and what of the others is not used."""
        used: dict[str, set[str | None]] = {}
        for asked in self.asked.values():
            used.setdefault(asked.spec.file, set()).update(asked.found.values())
        for asked in self.asked.values():
            known = self._entries(asked.spec.file)
            if known is None:
                continue  # told of when the plan is checked, as what is missing without `missing: next`
            if is_passing(asked.rule) and not any(asked.found.values()):
                yield _nothing_loaded(asked, known)
            elif asked.spec.takes_by_name and any(asked.found.values()):
                yield from _unused(asked, known, used[asked.spec.file])


def is_passing(rule: Rule) -> bool:
    """Returns whether the rule leaves what its file lacks to the rules after it."""
    return isinstance(rule.action, FromSpec) and rule.action.missing == "next"


def entries_of(path: str) -> Mapping[str, Entry] | None:
    """Returns the tensors of a file by name; None if it cannot be read."""
    try:
        return checkpoints.entries(path)
    except ValueError:
        return None


def numbers_of(spec: FromSpec) -> tuple[float, ...]:
    """Returns the numbers of a file that an argument takes.

    Raises:
        ValueError: If it cannot be read, has none or too many, or is not said which of several it is.
    """
    known = checkpoints.entries(spec.file)
    if spec.key is None and len(known) != 1:
        raise ValueError(f"{spec.file} has {counted(len(known), 'tensor')}, {_listed(list(known))}: say which by `key`")
    values = checkpoints.read(spec.file, next(iter(known)) if spec.key is None else spec.key)
    if values.ndim > 1 or not 0 < values.size <= _MOST_NUMBERS or values.dtype.kind not in "fiu":
        raise ValueError(f"{spec.file} has {values.dtype} values of shape {values.shape}, not numbers in one axis")
    return tuple(values.astype("float64").reshape(-1).tolist())


def prefix_hint(names: Sequence[str], keys: Collection[str], found: int) -> str | None:
    """Returns the prefix to add or to take off with which more than ``found`` of ``names`` are among ``keys``."""
    added: Counter[str] = Counter()
    wanted = set(names)
    for key in keys:
        for prefix, rest in _ends(key):
            added[prefix] += rest in wanted
    taken: Counter[str] = Counter()
    for name in names:
        for prefix, rest in _ends(name):
            taken[prefix] += rest in keys
    best = [("prefix", *one) for one in added.most_common(1)] + [("strip", *one) for one in taken.most_common(1)]
    word, prefix, count = max(best, key=lambda one: one[2], default=("", "", 0))
    return f"with `{word}: {prefix}` {count} would be" if count > found else None


def _ends(name: str) -> Iterator[tuple[str, str]]:
    """Yields each way to take whole segments off the front of a name: what is taken off, and what is left."""
    for place, char in enumerate(name):
        if char == ".":
            yield name[: place + 1], name[place + 1 :]


def _nothing_loaded(asked: _Asked, known: Mapping[str, object]) -> Finding:
    message = f"rule {asked.rule.id!r}: 0 of {counted(len(asked.found), 'parameter')} are in {asked.spec.file}"
    note = f"its tensors are {_listed(list(known))}"
    hint = prefix_hint(list(asked.found), known, 0)
    return Finding.error("nothing-loaded", message, note, span=asked.rule.span, help=hint, rule=asked.rule.id)


def _unused(asked: _Asked, known: Mapping[str, object], used: Collection[str | None]) -> Iterator[Finding]:
    left = [key for key in known if key not in used]
    if left:
        tensors = counted(len(known), "tensor")
        message = f"{len(left):,} of the {tensors} of {asked.spec.file} are not used: {_listed(left)}"
        loaded = sum(key is not None for key in asked.found.values())
        hint = prefix_hint(list(asked.found), known, loaded)
        yield Finding.note("unused-entries", message, span=asked.rule.span, help=hint, rule=asked.rule.id)


def _listed(keys: Sequence[str]) -> str:
    return first_of(keys, _SHOWN) if keys else "none"
