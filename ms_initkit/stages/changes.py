"""What a plan would change of the values that a network holds now, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.findings import counted
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.stages.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mindspore import Parameter
    from mindspore.nn import Cell

    from ms_initkit.plans.lines import Assignment
    from ms_initkit.plans.plan import Plan

# Elements of a parameter that its spread is told from.
_MOST: Final = 1 << 20


def changes(net: Cell, plan: Plan) -> tuple[str, ...]:
    """Returns a line for each kind of parameter that holds other values than ``plan`` says, and one for the rest.

    Args:
        net: The network as it was constructed, with values.
        plan: What it would be.
    """
    infos, parameters = describe_with_parameters(net)
    wrong = {finding.parameter for finding in verify(net, plan)}
    owners = {info.name: info.owners[0] for info in infos}
    held = dict(zip((info.name for info in infos), parameters, strict=True))
    kinds: dict[str, list[Assignment]] = {}
    for line in plan.assignments:
        if line.name in wrong:
            owner = owners[line.name]
            kinds.setdefault(f"{owner.leaf} of {(owner.cell or ('a cell',))[0]}", []).append(line)
    said = [f"{len(lines)} x {kind}: {_change(lines, held)}" for kind, lines in kinds.items()]
    rest = sum(not line.is_kept for line in plan.assignments) - sum(map(len, kinds.values()))
    return (*said, f"{'the rest' if said else 'everything'} is already so: {counted(rest, 'parameter')}")


def _change(lines: list[Assignment], held: dict[str, Parameter]) -> str:
    now = [_summary(held[line.name]) for line in lines]
    due = [(line.moments.mean, line.moments.std) for line in lines]
    return f"{_words(now)} -> {_words(due)}"


def _summary(parameter: Parameter) -> tuple[float, float]:
    values = np.asarray(parameter.asnumpy()).reshape(-1)[:_MOST].astype(np.float64)
    return float(values.mean()), float(values.std())


def _words(moments: Sequence[tuple[float | None, float | None]]) -> str:
    """Returns the constant that all are, or the spread that they have in the middle."""
    known = [(mean, std) for mean, std in moments if mean is not None and std is not None]
    if not known:
        return "a law whose spread is not known"
    if all(std == 0 for _, std in known):
        return " or ".join(f"{value:.4g}" for value in sorted({mean for mean, _ in known})[:3])
    return f"std {float(np.median([std for _, std in known])):.3g}"
