"""The compiled kernels, where there are any."""

from __future__ import annotations

import functools
import warnings
from types import ModuleType

from ms_initkit.findings import InitKitWarning

found: ModuleType | None
try:
    from ms_initkit.stream import kernels as found
except ImportError as error:
    found = None
    _reason = str(error)


class SlowDrawsWarning(InitKitWarning):
    """The compiled kernels are missing, so NumPy draws: the same values, more slowly."""


@functools.cache
def kernels() -> ModuleType | None:
    """The kernels; None where they were not compiled, so that the oracle is to draw, which is said once."""
    if found is None:
        warnings.warn(
            f"the compiled kernels are missing ({_reason}), so NumPy draws the same values, some 50 times more slowly: "
            "install a C compiler and Python's headers, and then ms-initkit anew, or install one of its wheels",
            SlowDrawsWarning,
            stacklevel=2,
        )
    return found
