"""What was measured, as text."""

from __future__ import annotations

import math

from ms_initkit.stages.reports.measure import Measured
from ms_initkit.stages.reports.text import measured_text


def test_every_parameter_has_a_line_of_numbers() -> None:
    measured = {"a.weight": Measured(0.5, 1 / 3, -1.0, 2.0, 12_345), "b": Measured(math.nan, math.nan, 0.0, 0.0, 0)}

    assert measured_text(measured) == (
        "measured  mean       std  min  max   zeros\n"
        "a.weight   0.5  0.333333   -1    2  12,345\n"
        "b          nan       nan    0    0       0\n"
    )
