"""What is measured in a network: of every parameter, over all of its elements, in pieces."""

from __future__ import annotations

import math
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Step
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.draws.windows import partition
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.pairing import paired
from ms_initkit.stages.statistics.distributions import distribution
from ms_initkit.stages.statistics.regions import regions
from ms_initkit.stages.statistics.tally import AT_ONCE, Tally, boundaries
from ms_initkit.stages.there import stored_values

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


BINS: Final = 40
REACH: Final = 4.0
"""Histograms reach so many planned standard deviations to either side of the planned mean."""


@record
class Measured:
    """Statistics of one parameter's values.

    Args:
        mean: Mean; NaN where values are not finite, or there are none, as everything here.
        std: Standard deviation.
        low: Least value.
        high: Greatest value.
        zeros: How many values are exactly 0.
        shares: Shares of the values in ``BINS`` bins of equal width over ``REACH`` planned standard deviations to
            either side of the planned mean, what lies further out in the outermost ones; empty where nothing is spread.
    """

    mean: float
    std: float
    low: float
    high: float
    zeros: int
    shares: tuple[float, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Returns the statistics as JSON values, what is not finite as null."""
        values = asdict(self) | {"shares": [round(share, 6) for share in self.shares]}
        return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}


def measure(net: Cell, plan: Plan) -> dict[str, Measured]:
    """Returns the statistics of every parameter of ``net`` by name.

    Raises:
        ApplyError: If the plan was made for another network.
    """
    return {
        line.name: _measured(line, parameter)
        for line, parameter in zip(plan.assignments, paired(plan, net).parameters, strict=True)
    }


def expected_shares(line: Assignment) -> tuple[float, ...] | None:
    """Returns the shares that the plan expects in the bins; None where its law is not known."""
    edges = _edges(line)
    if edges is None or not line.size:
        return None
    total = np.zeros(BINS)
    for region in regions(line):
        shares = _law_shares(region.draw, region.steps, edges)
        if shares is None:
            return None
        extents = (len(range(at.start, at.stop, at.step or 1)) for at in region.local)
        total += np.array(shares) * math.prod(extents)
    return tuple((total / total.sum()).tolist()) if total.sum() else None


@lru_cache(maxsize=4096)
def _law_shares(draw: Draw, steps: tuple[Step, ...], edges: tuple[float, ...]) -> tuple[float, ...] | None:
    law = distribution(draw, steps)
    if law is None:
        return None
    at = np.array(edges[1:-1])
    return tuple(np.diff(np.concatenate([[0.0], 0.5 * (law.below(at) + law.upto(at)), [1.0]])).tolist())


def _measured(line: Assignment, parameter: Parameter) -> Measured:
    record = TYPES.get(line.dtype)
    if parameter.has_init or line.size == 0 or record is None or record.kind == "complex":
        return Measured(math.nan, math.nan, math.nan, math.nan, 0)
    values = stored_values(parameter)
    tally = Tally(line.dtype, stride=line.size, center=line.moments.mean or 0.0)
    for index in partition(values.shape, AT_ONCE):
        tally.add(np.ascontiguousarray(values[index]).reshape(-1))
    if not tally.is_finite:
        return Measured(math.nan, math.nan, math.nan, math.nan, tally.zeros)
    edges = _edges(line)
    shares = () if edges is None or line.is_kept else tuple(_shares(tally, edges).tolist())
    return Measured(tally.mean, tally.std, tally.low, tally.high, tally.zeros, shares)


def _edges(line: Assignment) -> tuple[float, ...] | None:
    mean, std = line.moments.mean, line.moments.std
    if line.is_kept or mean is None or not std:
        return None
    return tuple((mean + std * np.linspace(-REACH, REACH, BINS + 1)).tolist())


def _shares(tally: Tally, edges: tuple[float, ...]) -> NDArray[np.float64]:
    below = np.interp(edges[1:-1], boundaries(tally.dtype) + tally.center, tally.cumulated() / tally.size)
    return np.diff(np.concatenate([[0.0], below, [1.0]]))
