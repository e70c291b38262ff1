"""A report as one HTML page that needs nothing else: totals, a picture of the scales, every parameter."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.plans.text import assignment_cells, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from mindspore.nn import Cell
    from numpy.typing import NDArray

    from ms_initkit.plans.lines import Assignment
    from ms_initkit.stages.report import Report

# Elements of a parameter that are looked at: enough for three digits of its standard deviation.
_LOOKED_AT: Final = 1 << 20
_COLOURS: Final = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of the page: what the plan says and what was measured."""

    line: Assignment
    cells: tuple[str, ...]
    mean: float
    std: float
    low: float
    high: float

    def measured(self) -> tuple[str, ...]:
        """Returns the measured numbers in words."""
        return tuple(number(value) for value in (self.mean, self.std, self.low, self.high))


def report_html(report: Report, net: Cell) -> str:
    """Returns the page."""
    from jinja2 import Environment

    rows = _rows(report, net)
    source = files("ms_initkit.stages").joinpath("report.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    totals = [
        (rule, [row for row in rows if row.line.rule == rule.id])
        for rule in report.plan.rules
        if any(row.line.rule == rule.id for row in rows)
    ]
    return template.render(report=report, plan=report.plan, rows=rows, totals=totals, picture=_picture(rows))


def _rows(report: Report, net: Cell) -> list[Row]:
    from ms_initkit.stages.tally import as_floats
    from ms_initkit.stages.verify import stored_values

    infos, parameters = describe_with_parameters(net)
    by_name = {info.name: parameter for info, parameter in zip(infos, parameters, strict=True)}
    rows = []
    for line in report.plan.assignments:
        values = as_floats(stored_values(by_name[line.name]).reshape(-1)[:_LOOKED_AT], line.dtype)
        rows.append(Row(line, assignment_cells(line), *_statistics(values)))
    return rows


def _statistics(values: NDArray[np.float64]) -> tuple[float, float, float, float]:
    return float(values.mean()), float(values.std()), float(values.min()), float(values.max())


def _picture(rows: Sequence[Row]) -> str:
    """Returns an SVG of the measured standard deviation of every drawn parameter, in the network's order, by rule."""
    from matplotlib.figure import Figure

    drawn = [(place, row) for place, row in enumerate(rows) if row.line.moments.std and not row.line.is_kept]
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    axes = figure.subplots()
    for number_of_rule, rule in enumerate(dict.fromkeys(row.line.rule for _, row in drawn)):
        points = [(place, row.std) for place, row in drawn if row.line.rule == rule]
        colour = _COLOURS[number_of_rule % len(_COLOURS)]
        axes.plot(*zip(*points, strict=True), ".", color=colour, label=rule, markersize=5)
    planned = [(place, row.line.moments.std) for place, row in drawn if row.line.moments.std is not None]
    if planned:
        axes.plot(*zip(*planned, strict=True), "_", color="black", label="planned", markersize=7, alpha=0.5)
        axes.set_yscale("log")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize="small")
    axes.set_xlabel("parameter, in the network's order")
    axes.set_ylabel("standard deviation")
    axes.spines[["top", "right"]].set_visible(False)
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    return stream.getvalue().partition("<svg")[1] + stream.getvalue().partition("<svg")[2]
