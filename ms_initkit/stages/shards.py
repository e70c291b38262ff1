"""Which tensors of a plan go to which file, as Hugging Face names them, and the indexes that say so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.draws.dtypes import item_size
from ms_initkit.files.safetensors import Tensor
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan

# Hugging Face's name of the index, and the one that MindSpore's load_distributed_checkpoint looks for.
INDEXES: Final = ("model.safetensors.index.json", "param_name_map.json")


@record
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


def _shard(number: int, total: int, group: Sequence[Assignment]) -> Shard:
    lines = sorted(group, key=lambda line: -item_size(line.dtype))
    tensors = []
    start = 0
    for line in lines:
        tensors.append(Tensor(line.name, line.dtype, line.local_shape, start))
        start += tensors[-1].size
    return Shard(f"model-{number:05d}-of-{total:05d}.safetensors", tuple(tensors), tuple(lines))
