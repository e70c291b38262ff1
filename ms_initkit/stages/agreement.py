"""Whether all ranks are about to make the same model: found by one small collective, before training starts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.findings import ApplyError, Finding
from ms_initkit.plans.plan import Plan
from ms_initkit.stream.keys import chosen_seed

_DIGEST: Final = 8  # bytes for each thing compared, two words of int32: every back end gathers those


class Statement(NamedTuple):
    """What a rank says it will do, a digest each; ``part`` names those whose plans are to be equal."""

    part: bytes
    plan: bytes
    recipe: bytes
    seed: bytes
    version: bytes
    layout: bytes


_WORDS: Final = {
    "plan": "another plan",
    "recipe": "another recipe",
    "seed": "another seed",
    "version": "another version of the random numbers",
    "layout": "another layout",
}


def check_ranks(plan: Plan, seed: int, *, layout: str = "", part: str = "") -> None:
    """Returns when every rank has the same plan, seed, stream version and layout.

    Costs one AllGather of 48 bytes per rank. A process alone agrees with itself.

    Args:
        plan: This rank's plan.
        seed: Its seed.
        layout: Any text that must be equal too, such as a layout file's content.
        part: Where ranks hold different parameters, as the stages of a pipeline do, which part this one holds.
            Plans are then compared within each part, and recipes, seeds, versions and layouts among all.

    Raises:
        ApplyError: If ranks disagree, on every rank alike; it names them.
    """
    from mindspore.communication import get_group_size

    if get_group_size() == 1:
        return
    finding = disagreement(_gathered(statement(plan, seed, layout, part)))
    if finding is not None:
        raise ApplyError([finding])


def statement(plan: Plan, seed: int, layout: str = "", part: str = "") -> Statement:
    """Returns what this rank says."""
    # Equal plans make equal models whatever their recipes say; where plans differ rightly, recipes may not.
    recipe = plan.digest if part else ""
    said = (part, plan.fingerprint, recipe, str(chosen_seed(seed)), str(stream.VERSION), layout)
    return Statement(*(hashlib.blake2b(text.encode(), digest_size=_DIGEST).digest() for text in said))


def disagreement(statements: Sequence[Statement]) -> Finding | None:
    """Returns which ranks say what, or None where all agree; ``statements`` are in the order of ranks."""
    plans: dict[bytes, Counter[bytes]] = {}
    for said in statements:
        plans.setdefault(said.part, Counter())[said.plan] += 1
    # The plan of most is the measure, and of equally many that of the lowest rank; who is right no rank can know.
    usual = {part: counts.most_common(1)[0][0] for part, counts in plans.items()}
    camps: dict[Statement, list[int]] = {}
    for rank, said in enumerate(statements):
        plan = b"" if said.plan == usual[said.part] else said.plan
        camps.setdefault(said._replace(part=b"", plan=plan), []).append(rank)
    if len(camps) == 1:
        return None
    measure, *others = sorted(camps, key=lambda said: -len(camps[said]))
    majority = camps[measure]
    notes = [f"{_ranks(majority)} {'is the measure' if len(majority) == 1 else 'agree'}"]
    for said in others:
        verb = "has" if len(camps[said]) == 1 else "have"
        notes.append(f"{_ranks(camps[said])} {verb} {_differences(measure, said)}")
    message = f"{len(statements)} ranks would not initialise one model: they are of {len(camps)} minds"
    hint = (
        "give every rank the same recipe, variables, seed and version of ms_initkit; nothing was written by this check"
    )
    return Finding.error("rank-disagreement", message, *notes, help=hint)


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


def _gathered(said: Statement) -> list[Statement]:
    from mindspore import Tensor, ops

    words = np.frombuffer(b"".join(said), np.int32)
    # The primitive and all ranks, since MindSpore 2.10.0 gathers on CPU neither by function nor in groups.
    rows: NDArray[np.int32] = ops.AllGather()(Tensor(words)).asnumpy().reshape(-1, words.size)
    return [Statement(*(part.tobytes() for part in np.split(row, len(said)))) for row in rows]
