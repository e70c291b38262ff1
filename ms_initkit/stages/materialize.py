"""Models larger than memory: draws a plan straight into sharded safetensors files.

Needs no network and no MindSpore. A run can be killed at any moment and started again, and several processes can share
it: finished files are checked and kept, and what a run is made of (seed, recipe, shapes) is written down before the
first value.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ms_initkit import stream
from ms_initkit.basis.records import record
from ms_initkit.draws import Json
from ms_initkit.files import checkpoints
from ms_initkit.files.chunks import BusyError
from ms_initkit.files.regular import read_json
from ms_initkit.files.safetensors import METADATA
from ms_initkit.files.saving import reserved_name
from ms_initkit.files.whole import write_text
from ms_initkit.findings import ApplyError, Finding, counted
from ms_initkit.plans.check import check
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.given import given_plan
from ms_initkit.stages.shard_writing import CHECKSUM, header_of, is_whole, write_shard
from ms_initkit.stages.shards import INDEXES, Shard, arrange, index_text
from ms_initkit.stream.keys import chosen_seed
from ms_initkit.stream.pool import Progress

RECORD: Final = "ms_initkit.json"
SHARD_SIZE: Final = 5 * 10**9

_PREFIX: Final = "ms_initkit."
_LARGEST_RECORD: Final = 1 << 20
# What a run is made of, in the words of whoever has to find out what differs.
_SAID: Final = {
    "seed": "the seed",
    "stream_version": "the version of the random numbers",
    "variables": "the variables",
    "recipe": "the recipe's name",
    "recipe_digest": "the recipe's text",
    "shapes": "names, shapes or element types",
    "plan": "the plan",
    "sources": "the values of the files that are loaded",
    "files": "the number of files (--shard-size)",
}


@record
class Materialized:
    """What a run did.

    Args:
        plan: What was written.
        seed: The seed.
        folder: Where.
        written: Files that this run drew.
        kept: Files that were there, whole and right.
        damaged: Files that were there and were not whole; they are among ``written``.
        missing: Files that are other processes' to write.
        size: Bytes that this run drew.
        seconds: How long it took.
    """

    plan: Plan
    seed: int
    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    size: int
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether every file of the model is there."""
        return not self.missing

    def __str__(self) -> str:
        """Returns what was done in a few lines."""
        lines = [f"{self.folder}: wrote {_files(self.written)}, {_size(self.size)} in {self.seconds:.2f} s"]
        lines[0] += f", with seed {self.seed} (stream version {stream.VERSION}, plan {self.plan.fingerprint})"
        if self.kept:
            lines.append(f"{_files(self.kept)} had been written before: checked and kept")
        if self.damaged:
            lines.append(f"not whole, and drawn again: {', '.join(self.damaged)}")
        whole = [line for line in self.plan.assignments if line.draw.is_drawn_whole]
        if whole:
            largest = max(line.size for line in whole) * 4 / 2**20
            lines.append(
                f"{counted(len(whole), 'tensor')} had to be drawn whole, each in memory at once, the largest "
                f"{largest:,.0f} MiB in float32"
            )
        if self.missing:
            lines.append(f"{_files(self.missing)} still to come from other shares; the index is written with the last")
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Returns what was done as JSON text."""
        document = {
            "folder": str(self.folder),
            "seed": self.seed,
            "stream_version": stream.VERSION,
            "fingerprint": self.plan.fingerprint,
            "complete": self.is_complete,
            "written": self.written,
            "kept": self.kept,
            "damaged": self.damaged,
            "missing": self.missing,
            "bytes": self.size,
            "seconds": self.seconds,
        }
        return json.dumps(document, indent=1)


def materialize(
    plan: Plan,
    out: str | Path,
    *,
    seed: int | None = None,
    shard_size: int = SHARD_SIZE,
    share: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> Materialized:
    """Draws ``plan`` into safetensors files in ``out``, with the indexes of Hugging Face and of MindSpore.

    The values are those of an ``apply`` with the same seed, bit for bit. Memory does not grow with the model, but for
    draws that need their whole tensor at once, such as orthogonal ones: these are held one or two at a time.

    Args:
        plan: A plan; nothing in it may be kept, since only a network knows such values.
        out: A folder, which may hold a part of the same run.
        seed: 0 to 2**64 - 1. None takes one number from NumPy's global generator.
        shard_size: Bytes of a file, unless one tensor alone is larger.
        share: Which share of how many processes: ``(2, 8)`` writes every eighth file from the second on.
        progress: Called with bytes drawn or checked since the last call.

    Raises:
        ApplyError: If the plan cannot be written, or ``out`` holds another run; it says what differs.
        OSError: If a file cannot be written.
        TypeError: If ``plan`` is neither a plan nor a report.
    """
    began = time.perf_counter()
    plan, seed = given_plan(plan, "materialize"), chosen_seed(seed)
    _refuse_unwritable(plan)
    shards = arrange(plan, shard_size)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    identity = identity_of(plan, seed, shards)
    mine = shards[share[0] - 1 :: share[1]]
    _require_room(folder, mine)  # before the folder is claimed: a run that never began binds no other to its seed
    _claim(folder, identity)
    metadata = {"format": "pt"} | {_PREFIX + name: value for name, value in identity.items()}
    written, kept, damaged = [], [], []
    for shard in mine:
        state = _state(folder / shard.file, shard, metadata, progress)
        if state == "whole":
            kept.append(shard)
            continue
        if state == "damaged":
            damaged.append(shard)
            (folder / shard.file).unlink()
        try:
            write_shard(folder, shard, metadata, seed, progress)
        except BusyError:
            continue
        written.append(shard)
    missing = _missing(folder, shards, metadata)
    if not missing:
        _write_indexes(folder, shards)
    return Materialized(
        plan,
        seed,
        folder,
        _names(written),
        _names(kept),
        _names(damaged),
        missing,
        sum(shard.size for shard in written),
        time.perf_counter() - began,
    )


def total_bytes(plan: Plan, shard_size: int = SHARD_SIZE, share: tuple[int, int] = (1, 1)) -> int:
    """Returns the bytes of values that one share draws or checks."""
    return sum(shard.size for shard in arrange(plan, shard_size)[share[0] - 1 :: share[1]])


def identity_of(plan: Plan, seed: int, shards: Sequence[Shard]) -> dict[str, str]:
    """Returns what decides the files, as texts: two runs may share a folder only if all of it is equal."""
    shapes = hashlib.blake2b(digest_size=16)
    for line in plan.assignments:
        shapes.update(json.dumps([line.name, line.local_shape, line.dtype]).encode())
    return {
        "seed": str(seed),
        "stream_version": str(stream.VERSION),
        "variables": json.dumps(dict(plan.variables)),
        "recipe": plan.family,
        "recipe_digest": plan.digest,
        "shapes": shapes.hexdigest(),
        "plan": plan.fingerprint,
        "sources": _sources(plan),
        "files": str(len(shards)),
    }


def _sources(plan: Plan) -> str:
    """Returns the digest of all values that are taken from files: a plan has their places alone."""
    taken = {(one.path, one.key) for line in plan.assignments for one in line.draw.loaded}
    if not taken:
        return "none"
    digests = [checkpoints.digest(path, key) for path, key in sorted(taken)]
    return hashlib.blake2b(" ".join(digests).encode(), digest_size=16).hexdigest()


def _refuse_unwritable(plan: Plan) -> None:
    findings = [*check(plan), *(reserved_name(line.name) for line in plan.assignments if line.name == METADATA)]
    kept = [line for line in plan.assignments if line.is_kept or line.draw.takes]
    if kept:
        held = f"{counted(len(kept), 'parameter')} {'is' if len(kept) == 1 else 'are'} kept"
        message = f"{held}, the first {kept[0].name!r}, and only a network knows their values"
        hint = "give them an initializer"
        findings.append(Finding.error("kept-parameter", message, help=hint, parameter=kept[0].name))
    if findings:
        raise ApplyError(findings)


def _claim(folder: Path, identity: Mapping[str, str]) -> None:
    """Writes down what the run is made of; if that stands there already, holds it against this run."""
    path = folder / RECORD
    if not path.exists():
        write_text(path, json.dumps(dict(identity), indent=1) + "\n", keeps_first=True)
    try:
        before = read_json(path, largest=_LARGEST_RECORD)
        if not isinstance(before, dict):
            raise ValueError(f"{path}: it is no record of a run")
    except ValueError as error:
        message = f"the record of the run that is there is none: {error}"
        raise ApplyError(
            [Finding.error("different-run", message, help="give another --out, or empty the folder")]
        ) from error
    _refuse_difference(before, identity, path)


def _refuse_difference(before: Mapping[str, Json], identity: Mapping[str, str], path: Path) -> None:
    differing = [name for name in identity if before.get(name) != identity[name]]
    if not differing:
        return
    # Digests follow from the rest: they are named only where nothing else explains them.
    telling = [name for name in differing if name != "plan"] or differing
    notes = tuple(f"{_SAID[name]}: {before.get(name, 'unknown')} before, {identity[name]} now" for name in telling)
    what = " and ".join(_SAID[name] for name in telling)
    message = f"{path.parent} holds another run: {what} {'differs' if len(telling) == 1 else 'differ'}"
    hint = "resume with what was given before, or give another --out, or empty the folder"
    raise ApplyError([Finding.error("different-run", message, *notes, help=hint)])


def _require_room(folder: Path, shards: Sequence[Shard]) -> None:
    due = sum(shard.size for shard in shards if not (folder / shard.file).exists())
    free = shutil.disk_usage(folder).free
    if due > free:
        message = f"{folder} has room for {free / 1e9:.1f} GB, and {due / 1e9:.1f} GB are to be written"
        raise ApplyError([Finding.error("no-room", message)])


def _state(path: Path, shard: Shard, metadata: Mapping[str, str], progress: Progress | None) -> str:
    """Returns whether a finished file is ``whole``, ``damaged`` or ``missing``.

    Raises:
        ApplyError: If it is of another run.
    """
    if not path.exists():
        return "missing"
    header = header_of(path)
    if header is None:
        return "damaged"
    found = dict(header.metadata)
    _refuse_stranger(path, found, metadata)
    if {name: value for name, value in found.items() if name != CHECKSUM} != metadata:
        return "damaged"
    try:
        return "whole" if is_whole(path, shard, progress) else "damaged"
    except (OSError, ValueError):
        return "damaged"


def _refuse_stranger(path: Path, found: Mapping[str, str], metadata: Mapping[str, str]) -> None:
    own = {name.removeprefix(_PREFIX): value for name, value in metadata.items() if name.startswith(_PREFIX)}
    before = {name.removeprefix(_PREFIX): value for name, value in found.items() if name.startswith(_PREFIX)}
    _refuse_difference(before, own, path)


def _missing(folder: Path, shards: Sequence[Shard], metadata: Mapping[str, str]) -> tuple[str, ...]:
    missing = []
    for shard in shards:
        header = header_of(folder / shard.file)
        if header is None or CHECKSUM not in dict(header.metadata):
            missing.append(shard.file)
        else:
            _refuse_stranger(folder / shard.file, dict(header.metadata), metadata)
    return tuple(missing)


def _write_indexes(folder: Path, shards: Sequence[Shard]) -> None:
    text = index_text(shards)
    for name in INDEXES:
        write_text(folder / name, text)


def _names(shards: Sequence[Shard]) -> tuple[str, ...]:
    return tuple(shard.file for shard in shards)


def _size(count: int) -> str:
    """Returns a number of bytes in the unit that suits it."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return counted(count, "byte")


def _files(names: Sequence[str]) -> str:
    return counted(len(names), "file")
