"""Whether a plan was made for a network, and which parameters its lines are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.findings import ApplyError, Finding, suggestion
from ms_initkit.networks.describe import held

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell

    from ms_initkit.plans.plan import Plan


def fit(plan: Plan, net: Cell) -> tuple[Parameter, ...]:
    """Returns the parameters that the plan's lines are for, in the plan's order.

    Raises:
        ApplyError: If the plan was made for another network: a name, a shape or an element type differs.
    """
    names, parameters, shapes, dtypes = held(net)
    columns = plan.columns
    # Column by column, since there may be thousands.
    if names == columns.names() and shapes == columns.local_shapes() and dtypes == columns.dtypes():
        return tuple(parameters)
    lines = {line.name: line for line in plan.assignments}
    findings = []
    for name, shape, dtype in zip(names, shapes, dtypes, strict=True):
        line = lines.pop(name, None)
        if line is None:
            findings.append(_misfit(f"the plan has no parameter {name!r}", None))
        elif line.local_shape != shape or line.dtype != dtype:
            was = f"the plan was made for {line.local_shape} {line.dtype}"
            findings.append(_misfit(f"{name!r} is {shape} {dtype}; {was}", None))
    findings += [_misfit(f"the network has no parameter {name!r}", suggestion(name, names)) for name in lines]
    if findings:
        raise ApplyError(findings)
    by_name = dict(zip(names, parameters, strict=True))
    return tuple(by_name[line.name] for line in plan.assignments)


def _misfit(message: str, question: str | None) -> Finding:
    note = "the plan was made for another network; nothing was written"
    advice = "make the plan anew: ms_initkit.plan(net, recipe)"
    return Finding.error("plan-mismatch", message, note, help=f"{question} Otherwise {advice}" if question else advice)
