"""Moments of a truncated normal, by operations that give the same bits on every machine.

Source: Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, section 13.10.1.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

_TWO_SIGMAS: Final = 0.8796256610342398  # the standard deviation of N(0, 1) between -2 and 2

# Points in (0, 1) and weights of the rule of 20 points: on pieces of one sigma it is exact to rounding.
_HALF: Final = (
    (0.993128599185094925, 0.0176140071391521183),
    (0.963971927277913791, 0.0406014298003869413),
    (0.912234428251325906, 0.0626720483341090636),
    (0.839116971822218823, 0.0832767415767047487),
    (0.746331906460150793, 0.101930119817240435),
    (0.636053680726515025, 0.118194531961518417),
    (0.510867001950827098, 0.131688638449176627),
    (0.373706088715419561, 0.142096109318382051),
    (0.227785851141645078, 0.149172986472603747),
    (0.0765265211334973338, 0.152753387130725851),
)
GAUSS_LEGENDRE: Final = (*((-x, weight) for x, weight in _HALF), *reversed(_HALF))


@cache
def std(low: float, high: float) -> float:
    """Returns the standard deviation of N(0, 1) given that it falls in [low, high]."""
    if (low, high) == (-2.0, 2.0):
        return _TWO_SIGMAS
    return math.sqrt(central_moments(low, high)[1])


@cache
def central_moments(low: float, high: float) -> tuple[float, float, float, float]:
    """Returns mean, variance, third and fourth central moment of N(0, 1) given that it falls in [low, high].

    By Gauss-Legendre quadrature of the density rather than by the closed form, whose differences cancel far
    out in a tail.
    """
    if low <= -9.0 and high >= 9.0:  # less than 1e-18 of the mass is cut off
        return 0.0, 1.0, 0.0, 3.0
    from ms_initkit.draws import portable

    # Nor is there anything beyond 9 sigmas on one side; an interval far out is integrated where it begins, since the
    # density falls there like an exponential of rate |low|.
    left = max(low, -9.0) if high > -8.0 else max(low, high + 40.0 / high)
    right = min(high, 9.0) if low < 8.0 else min(high, low + 40.0 / low)
    center = min(max(0.0, left), right)
    count = max(1, math.ceil((right - left) * max(1.0, abs(center))))
    width = (right - left) / count
    sums = [0.0] * 5
    for piece in range(count):
        for point, weight in GAUSS_LEGENDRE:
            # From the center, so that nothing cancels far out.
            x = (left - center) + width * (piece + 0.5 * (point + 1.0))
            density = weight * portable.exp(-0.5 * (x * (x + 2.0 * center)))
            for power in range(5):
                sums[power] += density * x**power
    m1, m2, m3, m4 = (sums[power] / sums[0] for power in range(1, 5))
    if left == -right:
        m1 = m3 = 0.0
    variance = m2 - m1 * m1
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    return center + m1, variance, third, m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1**4
