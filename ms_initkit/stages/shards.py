"""Which tensors of a plan go to which file, as Hugging Face names them, and the indexes that say so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ms_initkit.files.safetensors import Tensor, item_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.plans.plan import Assignment, Plan

# Hugging Face's name of the index, and the one that MindSpore's load_distributed_checkpoint looks for.
INDEXES: Final = ("model.safetensors.index.json", "param_name_map.json")
_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, slots=True)
class Shard:
    """One file: its name, and its tensors with the lines of the plan that they are."""

    file: str
    tensors: tuple[Tensor, ...]
    lines: tuple[Assignment, ...]

    @property
    def size(self) -> int:
        """Number of bytes of the values."""
        return self.tensors[-1].start + self.tensors[-1].size if self.tensors else 0


def arrange(plan: Plan, shard_size: int) -> tuple[Shard, ...]:
    """Returns the files for ``plan``, in its order, none larger than ``shard_size`` unless a tensor alone is.

    Within a file wider types stand first, so that every value is aligned.

    Raises:
        ValueError: If safetensors has no such element type, or nothing is to be written.
    """
    groups: list[list[Assignment]] = []
    room = 0
    for line in plan.assignments:
        size = line.size * item_size(line.dtype)
        if not groups or size > room:
            groups.append([])
            room = shard_size
        groups[-1].append(line)
        room -= size
    if not groups:
        raise ValueError("there are no parameters to write")
    return tuple(_shard(number, len(groups), group) for number, group in enumerate(groups, 1))


def index_text(shards: Sequence[Shard]) -> str:
    """Returns the index that says which tensor is in which file."""
    document = {
        "metadata": {"total_size": sum(shard.size for shard in shards)},
        "weight_map": {tensor.name: shard.file for shard in shards for tensor in shard.tensors},
    }
    return json.dumps(document, indent=2) + "\n"


def parse_size(text: str) -> int:
    """Returns the bytes that ``5GB``, ``500MB`` or ``2GiB`` stands for.

    Raises:
        ValueError: If it stands for none.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    unit = match[2].upper() if match else ""
    if match is None or (match[3] and not unit) or float(match[1]) <= 0:
        raise ValueError(f"{text!r} is no size, such as 5GB or 500MB")
    return max(1, int(float(match[1]) * (_BINARY[unit] if match[3] else _UNITS[unit])))


def parse_share(text: str) -> tuple[int, int]:
    """Returns which share of how many ``2/8`` is.

    Raises:
        ValueError: If it is none.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"{text!r} is no share, such as 1/4 for the first of four")
    return int(match[1]), int(match[2])


def _shard(number: int, total: int, group: Sequence[Assignment]) -> Shard:
    lines = sorted(group, key=lambda line: -item_size(line.dtype))
    tensors = []
    start = 0
    for line in lines:
        tensors.append(Tensor(line.name, line.dtype, line.local_shape, start))
        start += tensors[-1].size
    return Shard(f"model-{number:05d}-of-{total:05d}.safetensors", tuple(tensors), tuple(lines))
