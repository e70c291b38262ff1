"""What is counted of values in one pass, however many there are: moments, bounds, a distribution function, repeats."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws.arrays import Array, Floats
from ms_initkit.draws.dtypes import HALVES

Counts: TypeAlias = NDArray[np.int64]

# Elements looked at together: what is made of them stays in the processor's cache.
AT_ONCE: Final = 1 << 16
SAMPLE: Final = 2048
_CELLS: Final = 1 << 16
# A bound of cells that no finite number falls into.
_BEYOND: Final = 1e40


def as_floats(values: Array, dtype: str) -> Floats:
    """Returns stored values as float64; of bfloat16 from the words."""
    if dtype == "bfloat16":
        values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN all the same
        return values.astype(np.float64)


@dataclass(slots=True)
class Tally:
    """Statistics of values that come piece by piece.

    Values are counted in 65,536 cells: those of float16 and bfloat16 each in its own, others, less ``center``, by sign,
    exponent and the first seven bits of their fraction.

    Args:
        dtype: Their element type.
        stride: Every so many a value is remembered.
        center: What is taken from values before they are counted, unless their type is of 16 bits.
    """

    dtype: str
    stride: int = 1
    center: float = 0.0
    size: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    zeros: int = 0
    pairs: int = 0
    equal_pairs: int = 0
    is_finite: bool = True
    raw: Counts = field(default_factory=lambda: np.zeros(_CELLS, np.int64))
    remembered: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.center = 0.0 if self.dtype in HALVES else float(np.float32(self.center))

    @property
    def std(self) -> float:
        """Standard deviation about the mean, of these values themselves."""
        return math.sqrt(self.squares / self.size) if self.size else math.nan

    def add(self, stored: Array) -> None:
        """Takes in stored values, in one axis."""
        if not stored.size:
            return
        values = as_floats(stored, self.dtype)
        low, high = float(values.min()), float(values.max())
        if not math.isfinite(low) or not math.isfinite(high):
            self.is_finite = False
            return
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.zeros += int(np.count_nonzero(values == 0.0))
        firsts, seconds = stored[: stored.size // 2 * 2 : 2], stored[1::2]
        self.pairs += seconds.size
        self.equal_pairs += int(np.count_nonzero(firsts == seconds))
        self.remembered.append(values[:: self.stride].copy())  # the moments are taken in place
        self.raw += np.bincount(self._cells(stored, values), minlength=_CELLS)
        self._take_moments(values)

    def _cells(self, stored: Array, values: Floats) -> NDArray[np.uint16]:
        if self.dtype in HALVES:
            return stored.view(np.uint16)
        if self.dtype == "float32" and self.center == 0.0:
            return stored.view("<u2")[1::2]
        with np.errstate(over="ignore", under="ignore"):
            return (values - self.center).astype("<f4").view("<u2")[1::2]

    def _take_moments(self, values: Floats) -> None:
        # Chan, Golub & LeVeque 1983, Algorithms for computing the sample variance.
        mean = float(values.mean())
        values -= mean
        size, shift = self.size + values.size, mean - self.mean
        self.squares += float(np.einsum("i,i->", values, values)) + shift * shift * self.size * values.size / size
        self.mean += shift * values.size / size
        self.size = size

    def cumulated(self) -> Counts:
        """Returns how many values are in each cell or below it, in the order of the values, without the last."""
        negative, positive = self.raw[_CELLS // 2 :], self.raw[: _CELLS // 2]
        ordered = np.concatenate([negative[::-1], positive])
        counts: Counts = np.cumsum(ordered)[:-1]
        return counts

    def sample(self) -> Floats:
        """Returns the values that were remembered."""
        return np.concatenate(self.remembered) if self.remembered else np.empty(0)


def tally(pieces: Iterable[Array], tally: Tally) -> Tally:
    """Returns ``tally`` with all ``pieces`` in it."""
    for piece in pieces:
        tally.add(piece)
    return tally


@cache
def boundaries(dtype: str) -> Floats:
    """Returns the bounds between neighbouring cells, in order.

    Of 16-bit types what rounds to one value lies between its two: the bounds are the midpoints.
    """
    values = _positive(dtype)
    largest = values[np.isfinite(values)]
    bounds = largest[:-1] + np.diff(largest) / 2 if dtype in HALVES else largest[1:]
    positive = np.concatenate([bounds, np.full(_CELLS // 2 - 1 - bounds.size, _BEYOND)])
    return np.concatenate([-positive[::-1], [0.0], positive])


@cache
def stored_numbers(dtype: str) -> Floats:
    """Returns the numbers of a 16-bit type in order, of which ``boundaries`` are between each and the next."""
    values = _positive(dtype)
    values = np.where(np.isfinite(values), values, _BEYOND)
    return np.concatenate([-values[::-1], values])


def _positive(dtype: str) -> Floats:
    """Returns what the words without a sign stand for, in order; the last ones are no finite numbers."""
    words = np.arange(_CELLS // 2, dtype=np.uint16)
    return as_floats(words.view(np.float16) if dtype == "float16" else words, _like_words(dtype))


def _like_words(dtype: str) -> str:
    """Returns the type that cells are counted in; float32 and float64 in the upper half of a float32's bits."""
    return "float16" if dtype == "float16" else "bfloat16"
