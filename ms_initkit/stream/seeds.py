"""Which seed is meant."""

from __future__ import annotations

import operator
from typing import Final

import numpy as np

SEEDS: Final = 2**64


def chosen_seed(seed: int | None) -> int:
    """Returns ``seed``; where it is None, one number of NumPy's global generator, which `mindspore.set_seed` seeds.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is outside 0 to 2**64 - 1.
    """
    if seed is None:
        return int(np.random.randint(0, 2**63, dtype=np.int64))  # noqa: NPY002  # the global one is what is asked for
    return checked_seed(seed)


def checked_seed(seed: int) -> int:
    """Returns ``seed``.

    Raises:
        TypeError: If it is no whole number.
        ValueError: If it is outside 0 to 2**64 - 1.
    """
    try:
        number = operator.index(seed)
    except TypeError as error:
        raise TypeError(f"a seed is a whole number, not {seed!r}") from error
    if not 0 <= number < SEEDS:
        raise ValueError(f"a seed is 0 to 2**64 - 1, not {number}")
    return number
