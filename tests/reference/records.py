"""What is known of one parameter after it was drawn under some seeds: exact values, or a distribution's moments."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]

DETERMINISM_SEEDS = 3
"""Every parameter is seen under this many seeds before it may be called constant."""

POOLED_ELEMENTS = 100_000
"""A parameter pools seeds until it has this many elements: 1 % on a normal's std at z = 4.5."""

WHOLE_TABLE = 4096
"""Tables up to this size are stored whole; larger ones as `SAMPLED` evenly spaced elements."""

SAMPLED = 512

OUTLIER = 15.0
"""Elements so many standard deviations from the median (by its absolute deviation) stand apart.

torch's `trunc_normal_` draws by inverting the distribution function, and a uniform draw of exactly
-1, one in 2**24, becomes the lower bound itself: -2 where the std is 0.02. One such element of a
million takes the kurtosis from 3 to 100, so it is reported and kept out of the moments.
"""

FEW_ERRORS = 2.0
"""Means of single elements are kept where they differ by so many times what chance would do."""

RARE = 1e-4
"""What is more frequent than this is part of the distribution, however far out."""

CHUNK = 1 << 22


@dataclass
class Record:
    """What is known of one parameter after some seeds.

    The moments are of the elements that vary between seeds, about the first value seen;
    `fixed` marks the others (the padding row of an embedding).
    """

    first: Array
    fixed: NDArray[np.bool_]
    tied: list[str] = field(default_factory=list)
    equal_to: str | None = None
    seeds: int = 0
    pooled: int = 0
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(4))
    low: float = math.inf
    high: float = -math.inf
    zeros: int = 0
    outliers: list[float] = field(default_factory=list)
    totals: Array | float = 0.0
    usual: tuple[float, float] | None = None
    waiting: list[Array] = field(default_factory=list)
    is_written: bool = True

    @property
    def is_deterministic(self) -> bool:
        return bool(self.fixed.all())

    @property
    def is_sharp(self) -> bool:
        """Whether more seeds would tell nothing that is needed."""
        return not self.is_written or (
            self.seeds >= DETERMINISM_SEEDS and (self.is_deterministic or self.pooled >= POOLED_ELEMENTS)
        )

    def see(self, values: Array) -> None:
        """Adds the values drawn under one more seed."""
        self.seeds += 1
        if self.seeds <= DETERMINISM_SEEDS:
            # What is fixed is known only after the last of these seeds; until then they wait.
            self.fixed &= values == self.first
            self.waiting.append(values)
            if self.seeds < DETERMINISM_SEEDS:
                return
            ready, self.waiting = self.waiting, []
            if self.is_deterministic:
                return
        else:
            ready = [values]
        for array in ready:
            self._pool(array)

    def _pool(self, values: Array) -> None:
        if values.size <= WHOLE_TABLE:
            self.totals = self.totals + values.astype(np.float64)
        self.zeros += int(values.size - np.count_nonzero(values))
        varying = values[~self.fixed] if self.fixed.any() else values.reshape(-1)
        if self.usual is None:
            self.usual = usual_range(varying)
        inside = (varying >= self.usual[0]) & (varying <= self.usual[1])
        if not inside.all():
            self.outliers += [float(x) for x in varying[~inside]]
            varying = varying[inside]
        self.pooled += varying.size
        self.low = min(self.low, float(varying.min()))
        self.high = max(self.high, float(varying.max()))
        for start in range(0, varying.size, CHUNK):
            chunk = varying[start : start + CHUNK].astype(np.float64)
            square = chunk * chunk
            self.sums += (chunk.sum(), square.sum(), (square * chunk).sum(), (square * square).sum())

    def summary(self) -> dict[str, Any]:
        """The record as it stands in the JSON file."""
        out: dict[str, Any] = {"shape": list(self.first.shape)}
        if self.tied:
            out["tied"] = sorted(self.tied)
        if self.equal_to is not None:
            out["equal_to"] = self.equal_to
        if not self.is_written:
            return out | {"uninitialised": True}
        out["seeds"] = self.seeds
        if self.is_deterministic:
            return out | self._exact()
        out |= moments_of_sums(self.sums, self.pooled) | {
            "min": rounded(self.low, 7),
            "max": rounded(self.high, 7),
            "zeros": rounded(self.zeros / (self.first.size * self.seeds), 7),
        }
        gain = orthogonal_gain(self.first)
        if gain is not None:
            out["orthogonal"] = rounded(gain, 6)
        if self.fixed.any():
            out["fixed"] = self._fixed()
        means = np.asarray(self.totals / self.seeds)
        if means.size >= 16 and means.std() > FEW_ERRORS * out["std"] / math.sqrt(self.seeds):
            out["means"] = [rounded(float(mean), 7) for mean in means.reshape(-1)]
        if self.outliers:
            low, high = min(self.outliers), max(self.outliers)
            count = len(self.outliers)
            out["outliers"] = {"count": count, "min": rounded(low, 7), "max": rounded(high, 7)}
        return out

    def _exact(self) -> dict[str, Any]:
        flat = self.first.reshape(-1)
        if flat.size == 0:
            return {"table": []}
        if (flat == flat[0]).all():
            return {"constant": rounded(float(flat[0]), 9)}
        if flat.size <= WHOLE_TABLE:
            return {"table": [rounded(float(x), 9) for x in flat]}
        index = np.linspace(0, flat.size - 1, SAMPLED).astype(np.int64)
        return {"indices": [int(i) for i in index], "values": [rounded(float(flat[i]), 9) for i in index]}

    def _fixed(self) -> dict[str, Any]:
        """The elements that no seed changes: how many, which rows, and their value if one."""
        rows = np.atleast_1d(self.fixed.reshape(self.fixed.shape[0], -1).all(axis=1))
        values = self.first[self.fixed]
        out: dict[str, Any] = {"count": int(self.fixed.sum())}
        if int(rows.sum()) * (self.fixed.size // len(rows)) == out["count"]:
            out["rows"] = [int(i) for i in np.flatnonzero(rows)]
        if (values == values[0]).all():
            out["value"] = rounded(float(values[0]), 9)
        return out


def moments_of_sums(sums: NDArray[np.float64], n: int) -> dict[str, float | None]:
    """The moments of ``n`` elements, given the sums of their first four powers."""
    first, second, third, fourth = sums / n
    variance = max(second - first**2, 0.0)
    central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    return {
        "n": n,
        "mean": rounded(first, 7),
        "std": rounded(math.sqrt(variance), 7),
        "kurtosis": rounded(central / variance**2, 6) if variance else None,
    }


def kurtosis_error(kurtosis: float) -> float:
    """The standard error of a sample's kurtosis, times sqrt(n): sqrt(24) of a normal, less of lighter tails."""
    return math.sqrt(24) * (kurtosis / 3) ** (2 if kurtosis <= 3 else 3)


def rounded(value: float, digits: int) -> float:
    """The value to so many significant digits; whole numbers stay readable."""
    return float(f"{float(value):.{digits}g}")


def usual_range(values: Array) -> tuple[float, float]:
    """Where the elements of a distribution without outliers lie; unlimited where that cannot be said.

    It cannot for a few elements, nor for a mixture, of which the rarer part is no outlier.
    """
    if values.size < 64:
        return -math.inf, math.inf
    sample = values.reshape(-1)[: 1 << 20]
    median = float(np.median(sample))
    width = OUTLIER * 1.4826 * float(np.median(np.abs(sample - median)))
    if width == 0 or np.mean(np.abs(sample - median) > width) > RARE:
        return -math.inf, math.inf
    return median - width, median + width


def orthogonal_gain(values: Array) -> float | None:
    """The gain if the shorter side of the matrix is orthogonal up to a factor, else None."""
    if values.ndim < 2 or min(values.shape) < 2:
        return None
    matrix = values.reshape(values.shape[0], -1).astype(np.float64)
    if min(matrix.shape) < 4 or min(matrix.shape) > 2048:
        return None
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    few = matrix[:4] @ matrix.T
    scale = float(np.mean([few[i, i] for i in range(4)]))
    few[np.arange(4), np.arange(4)] -= scale
    return math.sqrt(scale) if scale > 0 and np.abs(few).max() < 1e-3 * scale else None
