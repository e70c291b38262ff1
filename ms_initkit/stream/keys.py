"""From a seed and a parameter's name to the 64-bit key of its stream."""

from __future__ import annotations

import hashlib
from typing import Final

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
    if not 0 <= seed < _SEEDS:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1, not {seed}")
    text = name.encode()
    head = b"".join(n.to_bytes(8, "little") for n in (VERSION, int(seed), len(text)))
    return int.from_bytes(hashlib.blake2b(head + text, digest_size=8).digest(), "little")
