"""What was measured, as text."""

from __future__ import annotations

from collections.abc import Mapping

from ms_initkit.draws.text import number
from ms_initkit.plans.text import table
from ms_initkit.stages.reports.measure import Measured


def measured_text(measured: Mapping[str, Measured]) -> str:
    """Returns mean, standard deviation and bounds of every parameter, a line each."""
    head = ("measured", "mean", "std", "min", "max", "zeros")
    rows = [
        (name, number(found.mean), number(found.std), number(found.low), number(found.high), f"{found.zeros:,}")
        for name, found in measured.items()
    ]
    return "\n".join(table([head, *rows], right=(1, 2, 3, 4, 5))) + "\n"
