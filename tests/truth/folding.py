"""Parameters as text: equal ones on one line, their indices folded; laws and owners said once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from tests.truth import laws
from tests.truth.laws import Law
from tests.truth.names import generic

Document: TypeAlias = dict[str, Any]
Index: TypeAlias = tuple[int, ...]

CELL: Final = ("Cell", "Cell_", "pybind11_object")
"""Every cell's last bases."""

UNSAID: Final = frozenset(
    {
        # What the shapes say.
        "in_channels",
        "out_channels",
        "in_features",
        "out_features",
        "num_embeddings",
        "embedding_dim",
        "vocab_size",
        "embedding_size",
        "num_features",
        "num_channels",
        "hidden_size",
        "dim",
        "n_embd",
        # How a layer computes.
        "activation_flag",
        "data_format",
        "format",
        "norm_type",
        "pad_mode",
        "padding",
        "padding_mode",
        "parallel_mode",
        "scale_grad_by_freq",
        "sparse",
        "track_running_stats",
        "use_one_hot",
        "gradient_checkpointing",
        "name_or_path",
    }
)
"""Options that say nothing of values."""


class Entry(NamedTuple):
    """What is known of one parameter.

    Args:
        shape: Its shape.
        owner: Its cell's classes up to ``Cell``, options and layout.
        made: What the package's constructor draws.
        drawn: What the reference draws; None where it has no counterpart.
        dtype: Element type.
        is_trainable: Whether it is trained.
        aliases: Other names of a tied one, with their owners.
    """

    shape: tuple[int, ...]
    owner: Document
    made: Law
    drawn: Law | None
    dtype: str = "float32"
    is_trainable: bool = True
    aliases: tuple[tuple[str, Document], ...] = ()


def pack(entries: Mapping[str, Entry]) -> Document:
    """Returns parameters as their file has them; ``unpack`` is the inverse, but for the order."""
    owners, known = _Table(), _Table()
    groups: dict[str, list[str]] = {}
    for name, entry in entries.items():
        more: Document = {} if entry.dtype == "float32" else {"dtype": entry.dtype}
        if not entry.is_trainable:
            more["trainable"] = False
        if entry.aliases:
            more["aliases"] = [[alias, owners.number(owner)] for alias, owner in entry.aliases]
        drawn = None if entry.drawn is None else known.number(laws.packed(entry.drawn))
        row = [entry.shape, owners.number(entry.owner), known.number(laws.packed(entry.made)), drawn]
        # What is tied stands alone, since its other names have indices, too.
        kind = name if entry.aliases else generic(name)
        groups.setdefault(json.dumps([kind, *row, *([more] if more else [])]), []).append(name)
    rows = [json.loads(key) for key in groups]
    short = shortened(row[0] for row in rows)
    return {
        "owners": owners.rows,
        "laws": known.rows,
        "parameters": [
            [name, _indices(row[0], names), *row[1:]]
            for name, row, names in zip(short, rows, groups.values(), strict=True)
        ],
    }


def _indices(kind: str, names: Sequence[str]) -> str:
    return folded([indices(name) for name in names]) if "{}" in kind else ""


def unpack(document: Document) -> dict[str, Entry]:
    """Returns the parameters of a file."""
    owners, known = document["owners"], [laws.unpacked(row) for row in document["laws"]]
    rows = document["parameters"]
    entries = {}
    for kind, (_, at, shape, owner, made, drawn, *rest) in zip(lengthened(row[0] for row in rows), rows, strict=True):
        more = rest[0] if rest else {}
        entry = Entry(
            tuple(shape),
            owners[owner],
            known[made],
            None if drawn is None else known[drawn],
            more.get("dtype", "float32"),
            more.get("trainable", True),
            tuple((alias, owners[number]) for alias, number in more.get("aliases", ())),
        )
        for index in unfolded(at):
            entries[kind.format(*index)] = entry
    return entries


class _Table:
    """Values, each once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.rows: list[Any] = []

    def number(self, value: object) -> int:
        key = json.dumps(value)
        if key not in self.numbers:
            self.numbers[key] = len(self.rows)
            self.rows.append(value)
        return self.numbers[key]


def shortened(names: Iterable[str]) -> Iterator[str]:
    """Yields names without the parts that they share with the one before: ``^2.bias`` takes over two of them."""
    before: list[str] = []
    for name in names:
        parts = name.split(".")
        same = next((i for i, (a, b) in enumerate(zip(before, parts, strict=False)) if a != b), len(before))
        yield ".".join([f"^{same}", *parts[same:]]) if 0 < same < len(parts) else name
        before = parts


def lengthened(names: Iterable[str]) -> Iterator[str]:
    """Yields the names that ``shortened`` was given."""
    before: list[str] = []
    for name in names:
        first, *rest = name.split(".")
        before = [*before[: int(first[1:])], *rest] if first[0] == "^" else [first, *rest]
        yield ".".join(before)


def indices(name: str) -> Index:
    """Returns the indices in a name."""
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def folded(several: Sequence[Index]) -> str:
    """Returns indices as text: ranges a place, ``0-2 0-5``, where every combination is there, else one by one.

    ``unfolded`` is its inverse; of names without indices there is nothing to say.
    """
    if not several[0]:
        return ""
    places = [sorted(set(place)) for place in zip(*several, strict=True)]
    if sorted(several) == list(itertools.product(*places)):
        return " ".join(",".join(_ranges(place)) for place in places)
    return ";".join(",".join(map(str, one)) for one in several)


def _ranges(numbers: Iterable[int]) -> Iterator[str]:
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        values = [value for _, value in run]
        yield str(values[0]) if len(values) == 1 else f"{values[0]}-{values[-1]}"


def unfolded(text: str) -> list[Index]:
    """Returns the indices that ``folded`` wrote."""
    if not text:
        return [()]
    if ";" in text:
        return [tuple(map(int, one.split(","))) for one in text.split(";")]
    return list(itertools.product(*(list(_numbers(place)) for place in text.split(" "))))


def _numbers(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
