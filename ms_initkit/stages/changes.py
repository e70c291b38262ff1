"""What a plan would change of the values that a network holds now, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.findings import counted
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.networks.params import Owner
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.choices import chosen_constants
from ms_initkit.stages.verify import verify

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


# Elements of a parameter that its spread is told from.
_MOST: Final = 1 << 20
_STD: Final = "std "
# Of constants that the constructor chose, so many names are shown.
_NAMES: Final = 4


def changes(net: Cell, plan: Plan) -> tuple[str, ...]:
    """Returns a line for each kind of parameter that does not hold what ``plan`` says, and one for the rest, if any.

    Constants that the constructor chose have lines of their own, with their names.

    Args:
        net: The network as it was constructed, with values.
        plan: What it would be.
    """
    infos, parameters = describe_with_parameters(net)
    wrong = {finding.parameter for finding in verify(net, plan)}
    owners = {info.name: info.owners[0] for info in infos}
    held = dict(zip((info.name for info in infos), parameters, strict=True))
    constants = chosen_constants(infos, parameters)
    kinds: dict[tuple[str, str, float | None], list[Assignment]] = {}
    for line in plan.assignments:
        if line.name in wrong:
            due = _words([(line.moments.mean, line.moments.std)])
            kinds.setdefault((_kind(owners[line.name]), due, constants.get(line.name)), []).append(line)
    said = [
        _said(kind, due, lines, held) + ("" if value is None else _chosen(lines))
        for (kind, due, value), lines in kinds.items()
    ]
    rest = sum(not line.is_kept for line in plan.assignments) - sum(map(len, kinds.values()))
    kept = f"{'the rest' if said else 'everything'} is already so: {counted(rest, 'parameter')}"
    return (*said, kept) if rest else tuple(said)


def _kind(owner: Owner) -> str:
    """Returns what a parameter is, such as ``Dense weight``."""
    return f"{owner.cell[0]} {owner.leaf}" if owner.cell else owner.leaf


def _said(kind: str, due: str, lines: Sequence[Assignment], held: Mapping[str, Parameter]) -> str:
    """Returns a line such as ``12 Dense weights, std 0.051 -> 0.02``."""
    now = _words([_summary(held[line.name]) for line in lines])
    if now.startswith(_STD) and due.startswith(_STD):
        due = due.removeprefix(_STD)
    many = "es" if kind.endswith("s") else "s"
    return f"{len(lines):,} {kind}{many if len(lines) > 1 else ''}, {now} -> {due}"


def _chosen(lines: Sequence[Assignment]) -> str:
    names = ", ".join(line.name for line in lines[:_NAMES])
    return f": the constructor's choice, {names}{', ...' if len(lines) > _NAMES else ''}"


def _summary(parameter: Parameter) -> tuple[float, float]:
    values = np.asarray(parameter.asnumpy()).reshape(-1)[:_MOST].astype(np.float64)
    return float(values.mean()), float(values.std())


def _words(moments: Sequence[tuple[float | None, float | None]]) -> str:
    """Returns the constant that all are, or the spread that they have in the middle."""
    known = [(mean, std) for mean, std in moments if mean is not None and std is not None]
    if not known:
        return "values of an unknown spread"
    if all(std == 0 for _, std in known):
        return " or ".join(f"{value:.4g}" for value in sorted({mean for mean, _ in known})[:3])
    return f"{_STD}{float(np.median([std for _, std in known])):.3g}"
