"""From a seed and a parameter's name to the 64-bit key of its stream."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ms_initkit.stream import compiled

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
    """The ``key`` of each name, at a tenth of the cost.

    Raises:
        ValueError: If ``seed`` is out of range.
    """
    if not 0 <= seed < _SEEDS:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1, not {seed}")
    texts = list(names)
    if compiled.found is None:
        return _keys_slowly(seed, texts)
    found = np.zeros(len(texts), np.uint64)
    compiled.found.keys(VERSION, seed, texts, found)
    return found


def _keys_slowly(seed: int, names: Iterable[str]) -> NDArray[np.uint64]:
    seeded = hashlib.blake2b(VERSION.to_bytes(8, "little") + int(seed).to_bytes(8, "little"), digest_size=8)
    digests = []
    for text in map(str.encode, names):
        digest = seeded.copy()
        digest.update(len(text).to_bytes(8, "little") + text)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64, copy=False)


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
    # A flag is a whole number to Python; whoever gives one as a seed has mixed up two arguments.
    if isinstance(seed, bool | np.bool_):
        raise TypeError(f"a seed is a whole number, not {seed!r}")
    try:
        number = operator.index(seed)
    except TypeError as error:
        raise TypeError(f"a seed is a whole number, not {seed!r}") from error
    if not 0 <= number < SEEDS:
        raise ValueError(f"a seed is 0 to 2**64 - 1, not {number}")
    return number
