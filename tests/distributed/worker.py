"""What each rank of the job does: initialises its part, compares notes, and writes what it found."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mindspore
import numpy as np
from mindspore import Tensor, ops
from mindspore.communication import create_group, get_group_size, get_rank, init
from numpy.typing import NDArray

import ms_initkit
from ms_initkit import draws
from ms_initkit.stages.agreement import check_ranks
from tests.distributed.network import CUTS, RECIPE, SEED, Cut, Sharded

# A rank whose fellows died waits for them forever.
LIFETIME = 120


def main(folder: Path) -> None:
    signal.alarm(LIFETIME)
    (folder / f"{os.getpid()}.pid").touch()
    mindspore.set_device("CPU")
    init()
    rank = get_rank()
    # Replicas and slices may not lean on equal generators: each rank's are its own.
    mindspore.set_seed(1000 + rank)
    found = {
        "slices": initialised_by_slices(),
        "replica": initialised_as_replica(),
        "agreeing": refusal(SEED),
        "seed": refusal(SEED + (rank == get_group_size() - 1)),
        "recipe": refusal(SEED, factor=1.0 + (rank == 0)),
        "version": refusal(SEED, version=1 + rank % 2),
        "stages": refusal(SEED, factor=1.0 + rank % 2, part=f"stage {rank % 2}"),
        "stage": refusal(SEED, factor=1.0 + rank, part=f"stage {rank % 2}"),
        "layout": refusal(SEED, layout="tensor-parallel" if rank == 0 else "pipeline"),
    }
    (folder / f"{rank}.json").write_text(json.dumps(found))


def initialised_by_slices() -> dict[str, str]:
    """Digests of the parameters, gathered from the part that each rank drew."""
    with ms_initkit.deferred():
        net = Sharded()
    plan = ms_initkit.plan(net, RECIPE)
    ms_initkit.attach(net, plan, SEED)
    cuts = CUTS[get_group_size()]
    for name, parameter in net.parameters_and_names():
        cut = cuts[name]
        parameter.init_data(
            (list(cut.mesh), list(cut.tensor_map), slice_shape(cut, parameter.shape), 0, True, group(cut))
        )
    return {
        name: digest(assembled(cuts[name], gathered(p), plan[name].shape)) for name, p in net.parameters_and_names()
    }


def initialised_as_replica() -> dict[str, str]:
    """Digests of the parameters of a whole network, with nothing said between the ranks."""
    net = Sharded()
    ms_initkit.apply(net, RECIPE, seed=SEED)
    return {name: digest(parameter.asnumpy()) for name, parameter in net.parameters_and_names()}


def refusal(seed: int, *, factor: float = 1.0, version: int = 1, layout: str = "", part: str = "") -> str:
    """What `check_ranks` says to a rank with this plan, seed and version; empty where it agrees."""
    with ms_initkit.deferred():
        plan = ms_initkit.plan(Sharded(), RECIPE)
    first, *others = plan.assignments
    plan = replace(plan, assignments=(replace(first, draw=draws.Normal(0.0, 0.02 * factor)), *others))
    try:
        # As another release would have it.
        with patch("ms_initkit.stream.VERSION", version):
            check_ranks(plan, seed, layout=layout, part=part)
    except ms_initkit.ApplyError as error:
        return str(error)
    return ""


def group(cut: Cut) -> str:
    """The name of this rank's optimizer group: those that hold the same slice."""
    if cut.shards == 1:
        return ""
    own = coordinates(cut, get_rank())
    return joined([rank for rank in range(get_group_size()) if coordinates(cut, rank) == own])


def joined(ranks: list[int]) -> str:
    """The name of the group of these ranks, which its members alone create."""
    name = "ranks-" + "-".join(map(str, ranks))
    if name not in _JOINED:
        create_group(name, ranks)
        _JOINED.add(name)
    return name


_JOINED: set[str] = set()


def coordinates(cut: Cut, rank: int) -> tuple[int, ...]:
    """Which slice along each axis: the definition of a device mesh."""
    place = np.unravel_index(rank, cut.mesh)
    return tuple(0 if m < 0 else int(place[len(cut.mesh) - 1 - m]) for m in cut.tensor_map)


def slice_shape(cut: Cut, shape: tuple[int, ...]) -> list[int]:
    counts = [1 if m < 0 else cut.mesh[len(cut.mesh) - 1 - m] for m in cut.tensor_map]
    local = [length // n for length, n in zip(shape, counts, strict=True)]
    return [local[0] // cut.shards, *local[1:]]


def gathered(parameter: Any) -> list[NDArray[np.int32]]:  # noqa: ANN401  # a Parameter, whose class is untyped
    """The words of every rank's part, in the order of ranks."""
    words = parameter.asnumpy().view(np.int32)
    if get_group_size() == 1:
        return [words]
    stacked: NDArray[np.int32] = ops.AllGather()(Tensor(words[None])).asnumpy()
    return list(stacked)


def assembled(cut: Cut, parts: list[NDArray[np.int32]], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """The global tensor out of its parts; replicas must be equal."""
    whole = np.zeros(shape, np.int32)
    is_filled = np.zeros(shape, bool)
    for rank, part in enumerate(parts):
        replicas = [r for r in range(len(parts)) if coordinates(cut, r) == coordinates(cut, rank)]
        place = list(coordinates(cut, rank))
        place[0] = place[0] * cut.shards + replicas.index(rank) % cut.shards
        at = tuple(slice(i * n, (i + 1) * n) for i, n in zip(place, part.shape, strict=True))
        if not np.array_equal(whole[at][is_filled[at]], part[is_filled[at]]):
            raise AssertionError(f"rank {rank} holds another replica")
        whole[at] = part
        is_filled[at] = True
    if not is_filled.all():
        raise AssertionError("the parts do not cover the tensor")
    return whole


def digest(values: NDArray[Any]) -> str:
    return hashlib.blake2b(np.ascontiguousarray(values).tobytes(), digest_size=16).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
