"""Which versions values were written by."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

import ms_initkit

_PACKAGES: Final = ("mindspore", "numpy", "scipy")


def versions() -> dict[str, str]:
    """Returns the versions of this package and of those below it."""
    found = {"ms-initkit": ms_initkit.__version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
