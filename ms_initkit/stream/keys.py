"""From a seed and a parameter's name to the 64-bit key of its stream."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

VERSION: Final = 1
_SEEDS: Final = 1 << 64


def key(seed: int, name: str) -> int:
    """The 64-bit BLAKE2b of (stream version, seed, length of the name, name).

    The length stands before the name, so what follows a name can never be taken for a part of it.

    Args:
        seed: The run's seed, ``0 <= seed < 2**64``.
        name: The parameter's name, hashed as UTF-8.

    Raises:
        ValueError: If ``seed`` is out of range.
    """
    return int(keys(seed, [name])[0])


def keys(seed: int, names: Iterable[str]) -> NDArray[np.uint64]:
    """The ``key`` of each name, at a third of the cost.

    Raises:
        ValueError: If ``seed`` is out of range.
    """
    if not 0 <= seed < _SEEDS:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1, not {seed}")
    seeded = hashlib.blake2b(VERSION.to_bytes(8, "little") + int(seed).to_bytes(8, "little"), digest_size=8)
    digests = []
    for text in map(str.encode, names):
        digest = seeded.copy()
        digest.update(len(text).to_bytes(8, "little") + text)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64, copy=False)
