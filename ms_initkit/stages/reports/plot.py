"""A report as a figure of matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ms_initkit.plans.plan import Plan
from ms_initkit.stages.reports.measure import Measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(plan: Plan, measured: Mapping[str, Measured]) -> Figure:
    """Returns the standard deviation of every drawn parameter, in the network's order, by rule, and what was planned.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("report.plot() needs matplotlib: pip install 'ms-initkit[report]'") from error
    drawn = [(at, line) for at, line in enumerate(plan.assignments) if line.moments.std and not line.is_kept]
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    axes = figure.subplots()
    for rule in dict.fromkeys(line.rule for _, line in drawn):
        points = [(at, measured[line.name].std) for at, line in drawn if line.rule == rule]
        axes.plot(*zip(*points, strict=True), ".", label=rule, markersize=5)
    if drawn:
        planned = [(at, line.moments.std) for at, line in drawn]
        axes.plot(*zip(*planned, strict=True), "_", color="gray", label="planned", markersize=7, alpha=0.5)
        axes.set_yscale("log")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize="small")
    axes.set_xlabel("parameter, in the network's order")
    axes.set_ylabel("standard deviation")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
