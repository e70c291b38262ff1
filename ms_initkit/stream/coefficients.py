"""The numbers of stream version 1 that the oracle and the kernels share: a change of any one is a new version.

The quantile of the normal is one rational function for the whole range, so that nothing branches and a vector of
words takes one path. With p the probability, q its distance from 1/2 and w = -log2(4 p (1 - p)),

    ndtri(p) = q * P(w) / Q(w),

which is analytic in w on the whole of [0, 31]: near 0 it is q sqrt(2 pi), far out it grows as sqrt(w). P and Q have
degree 5 and only positive coefficients, so Horner's rule cancels nothing; they were fitted by Lawson's iteration
(relative minimax, 1.1e-7). The logarithm's mantissa is a polynomial of degree 7 (absolute minimax, 2.8e-7, of which w
passes on less than a third). In float32 the relative error of the quantile is at most 5e-7 (1e-7 in the root mean
square), at every word out to 6.34 standard deviations.

Wichura's AS241 (PPND7) needs two rational functions, a logarithm and a square root for the same accuracy.
"""

from __future__ import annotations

from typing import Final

# Highest power first. P is scaled by 2**-32, which turns a distance counted in words into q.
QUANTILE_P: Final = tuple(
    p * 2.0**-32
    for p in (
        58.09490262647643,
        2860.969053018375,
        49040.602275604346,
        535185.650960333,
        3888279.854604803,
        15539812.031147487,
    )
)
QUANTILE_Q: Final = (
    1.0,
    242.96964387229505,
    4708.314301072599,
    97315.41954304662,
    426218.0177269266,
    6199487.359760094,
)
# log2(1.5 + f) for f in [-1/2, 1/2).
LOG2: Final = (
    0.015125349297237614,
    -0.025123383897475197,
    0.03731129291428551,
    -0.07058960888641708,
    0.14254532474015505,
    -0.3206323388664003,
    0.9617953794226017,
    0.5849627654137611,
)
# The biased exponent of 4 p (1 - p) when p is counted in words: 127, and 62 for 2**32 * 2**32 / 4.
EXPONENT: Final = 189
