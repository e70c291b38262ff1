"""The random numbers at a thousand million draws, where a ten thousandth of the spread shows: ``make quality``.

Every tolerance is five standard errors of its statistic, so of all of them together one in ten thousand runs would fail
if seeds were not fixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from ms_initkit import stream
from ms_initkit.draws import Draw, Normal, TruncatedNormal, Uniform
from ms_initkit.stream import engine, sampler

pytestmark = pytest.mark.slow

N = 1_000_000_000
PIECE = 1 << 22
BINS = 1 << 12
KEY = stream.key(1, "layers.0.weight")


def pieces(draw: Draw, key: int = KEY) -> Iterator[NDArray[np.float32]]:
    for start in range(0, N, PIECE):
        yield stream.sample(draw, (N,), key, slice(start, min(start + PIECE, N)))


@dataclass
class Summary:
    """What one pass leaves of a thousand million values."""

    power_sums: NDArray[np.float64]
    beyond: dict[float, int]
    bins: NDArray[np.int64]
    lagged: NDArray[np.float64]

    def moment(self, power: int) -> float:
        return float(self.power_sums[power]) / N


@pytest.fixture(scope="module")
def normal() -> Summary:
    """Sums of powers, counts beyond so many sigmas, a histogram of equal probabilities, products of neighbours."""
    found = Summary(np.zeros(5), dict.fromkeys((4.0, 5.0, 6.0), 0), np.zeros(BINS, np.int64), np.zeros(9))
    for piece in pieces(Normal(0.0, 1.0)):
        z = piece.astype(np.float64)
        square = z * z
        found.power_sums += [z.size, z.sum(), square.sum(), (square * z).sum(), (square * square).sum()]
        for sigma in found.beyond:
            found.beyond[sigma] += int(np.count_nonzero(np.abs(piece) > sigma))
        found.bins += np.bincount((special.ndtr(z) * BINS).astype(np.int64), minlength=BINS)
        found.lagged[1:] += [z[:-lag] @ z[lag:] for lag in range(1, 9)]
    return found


def within(found: float, expected: float, variance: float) -> None:
    """Holds the mean of N independent values to its expectation."""
    assert abs(found - expected) < 5 * math.sqrt(variance / N), f"{found} instead of {expected}"


def test_the_moments_of_the_normal(normal: Summary) -> None:
    within(normal.moment(1), 0.0, 1.0)
    within(normal.moment(2), 1.0, 2.0)
    within(normal.moment(3), 0.0, 15.0)
    within(normal.moment(4), 3.0, 96.0)


def test_the_kurtosis_of_the_normal(normal: Summary) -> None:
    mean, variance = normal.moment(1), normal.moment(2) - normal.moment(1) ** 2
    fourth = normal.moment(4) - 4 * mean * normal.moment(3) + 6 * mean**2 * normal.moment(2) - 3 * mean**4

    within(fourth / variance**2, 3.0, 24.0)


@pytest.mark.parametrize("sigma", [4.0, 5.0, 6.0])
def test_the_tails_of_the_normal(normal: Summary, sigma: float) -> None:
    p = 2 * stats.norm.sf(sigma)

    # Of six sigmas there are two in a thousand million: a count has a distribution, not a standard error.
    assert stats.binomtest(normal.beyond[sigma], N, p).pvalue > 5e-7, normal.beyond


def test_the_distribution_function_of_the_normal(normal: Summary) -> None:
    chi_square = stats.chisquare(normal.bins)
    distance = np.abs(np.cumsum(normal.bins) / N - np.arange(1, BINS + 1) / BINS).max()

    assert 5e-7 < chi_square.pvalue < 1 - 5e-7
    assert stats.kstwobign.sf(distance * math.sqrt(N)) > 5e-7


def test_neighbouring_elements_are_uncorrelated(normal: Summary) -> None:
    for lag in range(1, 9):
        within(float(normal.lagged[lag]) / N, 0.0, 1.0)


@pytest.mark.parametrize(
    "draw",
    [Uniform(0.0, 1.0), TruncatedNormal(0.0, 1.0, -2.0, 2.0), TruncatedNormal(0.0, 1.0, -1.0, 3.0)],
    ids=["uniform", "truncated", "asymmetric"],
)
def test_bounded_laws(draw: Uniform | TruncatedNormal) -> None:
    law = (
        stats.uniform(draw.low, draw.high - draw.low)
        if isinstance(draw, Uniform)
        else stats.truncnorm(draw.low, draw.high)
    )
    below = 0.0 if isinstance(draw, Uniform) else float(special.ndtr(draw.low))
    mass = 1.0 if isinstance(draw, Uniform) else float(special.ndtr(draw.high)) - below
    bins, sums, at_bounds = np.zeros(BINS, np.int64), np.zeros(2), 0
    for piece in pieces(draw):
        x = piece.astype(np.float64)
        u = x if isinstance(draw, Uniform) else (special.ndtr(x) - below) / mass
        bins += np.bincount(np.clip(u * BINS, 0, BINS - 1).astype(np.int64), minlength=BINS)
        sums += [x.sum(), (x * x).sum()]
        assert piece.min() >= draw.low
        assert piece.max() <= draw.high
        at_bounds += int(np.count_nonzero((piece == np.float32(draw.low)) | (piece == np.float32(draw.high))))

    mean, second, fourth = (float(law.moment(k)) for k in (1, 2, 4))
    within(sums[0] / N, mean, second - mean**2)
    within(sums[1] / N, second, fourth - second**2)
    assert stats.chisquare(bins).pvalue > 5e-7
    # One float32 beside a bound, at most 2**-22 wide, catches what would be rounded to the bound itself.
    expected = 2 * N * 2.0**-22 * max(law.pdf(draw.low), law.pdf(draw.high))
    assert at_bounds < expected + 5 * math.sqrt(expected) + 5


def test_every_bit_of_the_words_is_fair_and_pairs_are_equally_frequent() -> None:
    numbering = engine.Numbering.whole((N,))
    ones = np.zeros(32, np.int64)
    pairs = np.zeros(1 << 16, np.int64)
    for start in range(0, N, PIECE):
        words = sampler.words(numbering, (slice(start, min(start + PIECE, N)),), KEY, 0)
        octets = words.view(np.uint8).reshape(-1, 4)
        for octet in range(4):
            counts = np.bincount(octets[:, octet], minlength=256)
            values = np.arange(256)
            ones[8 * octet : 8 * octet + 8] += [int(counts[(values >> bit) & 1 == 1].sum()) for bit in range(8)]
        pairs += np.bincount(
            (words[:-1:2] >> np.uint32(24) << np.uint32(8)) | (words[1::2] >> np.uint32(24)), minlength=1 << 16
        )

    assert np.abs(ones - N / 2).max() < 5 * math.sqrt(N / 4)
    assert stats.chisquare(pairs).pvalue > 5e-7


@pytest.mark.parametrize("neighbours", ["names", "seeds"])
def test_neighbouring_streams_are_uncorrelated(neighbours: str) -> None:
    streams, n = 1000, 1 << 18
    keys = [
        stream.key(1, f"layers.{i}.weight") if neighbours == "names" else stream.key(i, "layers.0.weight")
        for i in range(streams)
    ]
    rows = np.array([stream.sample(Normal(0.0, 1.0), (n,), key) for key in keys])

    correlations = rows @ rows.T / n
    np.fill_diagonal(correlations, 0.0)

    # The largest of half a million: six standard errors, which one pair in five hundred million exceeds.
    assert np.abs(correlations).max() < 6 / math.sqrt(n)
    # All of them together: n r**2 has mean 1 and variance 2 (and a little more, of order 1/n).
    pairs = correlations[np.triu_indices(streams, 1)].astype(np.float64)
    assert abs(n * np.square(pairs).mean() - 1) < 5 * math.sqrt(2 / pairs.size)


def test_the_first_words_of_a_million_streams_are_uniform() -> None:
    names = [f"model.layers.{i}.{leaf}.weight" for i in range(250_000) for leaf in ("q", "k", "v", "o")]
    numbering = engine.Numbering.whole((4,))

    firsts = np.array([sampler.words(numbering, (slice(0, 1),), int(key), 0)[0] for key in stream.keys(7, names)])

    assert np.unique(stream.keys(7, names)).size == len(names)
    assert stats.chisquare(np.bincount(firsts >> np.uint32(22), minlength=1024)).pvalue > 5e-7
    assert stats.chisquare(np.bincount(firsts & np.uint32(1023), minlength=1024)).pvalue > 5e-7
