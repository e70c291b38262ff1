"""Whether a plan was made for a network, and which parameters its lines are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.findings import ApplyError, Finding, suggestion
from ms_initkit.networks.held import Held, held
from ms_initkit.plans.plan import Plan

if TYPE_CHECKING:
    from mindspore.nn import Cell


def paired(plan: Plan, net: Cell, *, with_addresses: bool = False) -> Held:
    """Returns the parameters that the plan's lines are for, in the plan's order.

    Raises:
        ApplyError: If the plan was made for another network: a name, a shape or an element type differs.
    """
    found = held(net, with_addresses=with_addresses)
    columns = plan.columns
    # Column by column, since there may be thousands.
    if found[:1] + found[2:4] == (columns.names, columns.local_shapes, columns.dtypes):
        return found
    lines = {line.name: line for line in plan.assignments}
    findings = []
    for name, shape, dtype in zip(found.names, found.shapes, found.dtypes, strict=True):
        line = lines.pop(name, None)
        if line is None:
            findings.append(_misfit(f"the plan has no parameter {name!r}", None))
        elif line.local_shape != shape or line.dtype != dtype:
            was = f"the plan was made for {line.local_shape} {line.dtype}"
            findings.append(_misfit(f"{name!r} is {shape} {dtype}; {was}", None))
    findings += [_misfit(f"the network has no parameter {name!r}", suggestion(name, found.names)) for name in lines]
    if findings:
        raise ApplyError(findings)
    numbers = {name: number for number, name in enumerate(found.names)}
    return found.take([numbers[line.name] for line in plan.assignments])


def _misfit(message: str, question: str | None) -> Finding:
    note = "the plan was made for another network; nothing was written"
    advice = "make the plan anew: ms_initkit.plan(net, recipe)"
    return Finding.error("plan-mismatch", message, note, help=f"{question} Otherwise {advice}" if question else advice)
