"""Whether all ranks are about to make the same model: found by one small collective, before training starts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ms_initkit import stream
from ms_initkit.findings import ApplyError, Finding
from ms_initkit.seeds import chosen_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ms_initkit.plans import Plan

_DIGEST: Final = 8  # bytes for each thing compared, two words of int32: every back end gathers those


class Statement(NamedTuple):
    """What a rank says it will do, a digest each."""

    plan: bytes
    seed: bytes
    version: bytes
    layout: bytes


_WORDS: Final = {
    "plan": "another plan",
    "seed": "another seed",
    "version": "another version of the random numbers",
    "layout": "another layout",
}


def check_ranks(plan: Plan, seed: int, *, layout: str = "", group: str | None = None) -> None:
    """Returns when every rank of ``group`` has the same plan, seed, stream version and layout.

    Costs one AllGather of 32 bytes per rank. A process alone agrees with itself. Where ranks hold different
    parameters, as the stages of a pipeline do, their plans differ rightly: call it with the group of one stage.

    Args:
        plan: This rank's plan.
        seed: Its seed.
        layout: Any text that must be equal too, such as a layout file's content.
        group: A communication group; None is all ranks. Communication must have been initialised.

    Raises:
        ApplyError: If ranks disagree, on every rank alike; it names them.
    """
    from mindspore.communication import GlobalComm, get_group_size

    where = GlobalComm.WORLD_COMM_GROUP if group is None else group
    if get_group_size(where) == 1:
        return
    finding = disagreement(_gathered(statement(plan, seed, layout), where))
    if finding is not None:
        raise ApplyError([finding])


def statement(plan: Plan, seed: int, layout: str = "") -> Statement:
    """Returns what this rank says."""
    parts = (plan.fingerprint, str(chosen_seed(seed)), str(stream.VERSION), layout)
    return Statement(*(hashlib.blake2b(part.encode(), digest_size=_DIGEST).digest() for part in parts))


def disagreement(statements: Sequence[Statement]) -> Finding | None:
    """Returns which ranks say what, or None where all say the same; ``statements`` are in the order of ranks."""
    camps: dict[Statement, list[int]] = {}
    for rank, said in enumerate(statements):
        camps.setdefault(said, []).append(rank)
    if len(camps) == 1:
        return None
    # The larger camp is the measure, and of equal ones that of the lowest rank; who is right no rank can know.
    ordered = dict(sorted(camps.items(), key=lambda camp: -len(camp[1])))
    measure, majority = next(iter(ordered.items()))
    notes = [f"{_ranks(majority)} {'is the measure' if len(majority) == 1 else 'agree'}"]
    notes += [
        f"{_ranks(ranks)} {'has' if len(ranks) == 1 else 'have'} {_differences(measure, said)}"
        for said, ranks in ordered.items()
        if said != measure
    ]
    return Finding(
        "rank-disagreement",
        f"{len(statements)} ranks would initialise {len(camps)} different models",
        "error",
        None,
        tuple(notes),
        "give every rank the same recipe, variables, seed and version of ms_initkit; nothing was written by this check",
    )


def _differences(measure: Statement, said: Statement) -> str:
    differing = [_WORDS[field] for field, a, b in zip(Statement._fields, measure, said, strict=True) if a != b]
    return " and ".join(differing)


def _ranks(ranks: Sequence[int]) -> str:
    """Returns ranks as text, runs of them shortened: ``ranks 0-3, 6``."""
    runs: list[list[int]] = []
    for rank in ranks:
        if runs and rank == runs[-1][-1] + 1:
            runs[-1].append(rank)
        else:
            runs.append([rank])
    text = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return f"rank{'s' if len(ranks) > 1 else ''} {text}"


def _gathered(said: Statement, group: str) -> list[Statement]:
    from mindspore import Tensor, ops

    words = np.frombuffer(b"".join(said), np.int32)
    # The primitive, since the function `all_gather_into_tensor` has no kernel on CPU in MindSpore 2.10.0.
    rows: NDArray[np.int32] = ops.AllGather(group)(Tensor(words)).asnumpy().reshape(-1, words.size)
    width = _DIGEST // words.itemsize
    return [Statement(*(part.tobytes() for part in np.split(row, row.size // width))) for row in rows]
