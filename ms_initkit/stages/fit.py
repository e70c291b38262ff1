"""Whether a plan was made for a network, and which parameters its lines are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.draws.dtypes import dtype_name
from ms_initkit.findings import ApplyError, Finding, suggestion
from ms_initkit.networks.describe import named_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mindspore import Parameter
    from mindspore.nn import Cell

    from ms_initkit.plans.plan import Plan


def fit(plan: Plan, net: Cell) -> tuple[Parameter, ...]:
    """Returns the parameters that the plan's lines are for, in the plan's order.

    Raises:
        ApplyError: If the plan was made for another network: a name, a shape or an element type differs.
    """
    parameters = named_parameters(net)
    if _is_made_for(plan, parameters):
        return tuple(parameters.values())
    lines = {line.name: line for line in plan.assignments}
    findings = []
    for name, parameter in parameters.items():
        line = lines.pop(name, None)
        if line is None:
            findings.append(_misfit(f"the plan has no parameter {name!r}", None))
            continue
        shape, dtype = tuple(parameter.shape), dtype_name(parameter.dtype)
        if line.local_shape != shape or line.dtype != dtype:
            was = f"the plan was made for {line.local_shape} {line.dtype}"
            findings.append(_misfit(f"{name!r} is {shape} {dtype}; {was}", None))
    findings += [_misfit(f"the network has no parameter {name!r}", suggestion(name, parameters)) for name in lines]
    if findings:
        raise ApplyError(findings)
    return tuple(parameters[line.name] for line in plan.assignments)


def _is_made_for(plan: Plan, parameters: Mapping[str, Parameter]) -> bool:
    """Returns whether names, shapes and types agree in order: column by column, since there may be thousands."""
    columns = plan.columns
    if list(parameters) != columns.names():
        return False
    # Both at once: to look at a parameter again later is to wait for memory again.
    found = [(parameter.shape, parameter.dtype) for parameter in parameters.values()]
    shapes, dtypes = [shape for shape, _ in found], [dtype_name(dtype) for _, dtype in found]
    return shapes == columns.local_shapes() and dtypes == columns.dtypes()


def _misfit(message: str, question: str | None) -> Finding:
    note = "the plan was made for another network; nothing was written"
    advice = "make the plan anew: ms_initkit.plan(net, recipe)"
    return Finding.error("plan-mismatch", message, note, help=f"{question} Otherwise {advice}" if question else advice)
