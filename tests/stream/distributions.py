"""Whether values follow a law, for tests of the stream."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import scipy.stats
from numpy.typing import NDArray

SAMPLE: Final = 1 << 18
# The Kolmogorov-Smirnov statistic times sqrt(n) exceeds 2.3 with probability 5e-5.
CRITICAL: Final = 2.3


def check_distribution(values: NDArray[np.float32], reference: scipy.stats.rv_continuous) -> None:
    """Holds values to a distribution function."""
    statistic = scipy.stats.kstest(values.reshape(-1).astype(np.float64), reference.cdf).statistic
    assert statistic * math.sqrt(values.size) < CRITICAL
