"""Values of formulas for tests: drawn from the stream, or of a table that takes no random numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.formulas import fans
from ms_initkit.formulas.base import Formula, Site


def at(*shape: int) -> Site:
    """Returns a parameter's site with the fans of its shape."""
    return Site(shape, fans.from_shape(shape) if len(shape) >= 2 else None)


def sample(formula: Formula, *shape: int, name: str = "w") -> NDArray[np.float32]:
    """Returns what ``formula`` draws there."""
    return stream.sample(formula.resolve(at(*shape)), shape, stream.key(7, name))


def table(formula: Formula, *shape: int) -> NDArray[np.float32]:
    """Returns what ``formula`` makes without random numbers and fans."""
    return stream.sample(formula.resolve(Site(shape)), shape, 0)


def assert_equal(found: NDArray[np.float32], expected: object) -> None:
    """Holds float32 values to what float64 makes of the same formula."""
    np.testing.assert_allclose(found, np.asarray(expected, np.float64), rtol=2e-7, atol=2e-7)
