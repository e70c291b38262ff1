"""A matrix as a product of low rank and what it leaves: how adapters start that are to change nothing at first.

By LAPACK in float64, so that the last bits may differ between machines. The sign of each pair of singular vectors is
free: here the largest entry of a column is positive.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final, Literal, NamedTuple

import numpy as np

from ms_initkit.draws.algebra import one_thread
from ms_initkit.draws.arrays import Floats

Scheme = Literal["pissa", "olora"]

# A, B and the rest of a matrix are asked for each on its own; so many numbers of the last factors are remembered.
_MOST_REMEMBERED: Final = 1 << 25
_SMALLEST: Final = 256  # sides of matrices of which all singular values are not asked for
_FEW: Final = 8  # such a share of them, and fewer
_SHALLOW: Final = 1e-6  # of the largest singular value
_lock: Final = threading.Lock()
_known: Final[OrderedDict[tuple[bytes, Scheme, int], Factors]] = OrderedDict()


class Factors(NamedTuple):
    """``b @ a`` is of the rank that was asked for: ``a`` has as many rows, ``b`` as many columns."""

    a: Floats
    b: Floats


def factors(matrix: Floats, scheme: Scheme, rank: int, scale: float) -> Factors:
    """Returns the factors of which ``scale * b @ a`` is the part of ``matrix`` that an adapter starts from.

    They are rounded to float32, as an adapter holds them, so that what is left fits them.

    Args:
        matrix: Of two axes.
        scheme: ``pissa``: the largest singular values, their roots in either factor, divided by the root of ``scale``;
            ``olora``: the first columns of Q and rows of R.
        rank: The number of rows of ``a``.
        scale: What the product is multiplied by in the network.
    """
    found = _remembered(matrix, scheme, rank)
    root = np.sqrt(scale) if scheme == "pissa" else 1.0
    return Factors(_single(found.a / root), _single(found.b / root))


def rest(matrix: Floats, scheme: Scheme, rank: int, scale: float) -> Floats:
    """Returns ``matrix`` less ``scale * b @ a``."""
    a, b = factors(matrix, scheme, rank, scale)
    with one_thread():
        left: Floats = matrix - scale * (b @ a)
    return left


def _remembered(matrix: Floats, scheme: Scheme, rank: int) -> Factors:
    content = hashlib.blake2b(np.ascontiguousarray(matrix).data, digest_size=16, key=str(matrix.shape).encode())
    key = (content.digest(), scheme, rank)
    with _lock:
        if key not in _known:
            _known[key] = _made(matrix, scheme, rank)
        _known.move_to_end(key)
        while len(_known) > 1 and sum(one.a.size + one.b.size for one in _known.values()) > _MOST_REMEMBERED:
            _known.popitem(last=False)
        return _known[key]


def _made(matrix: Floats, scheme: Scheme, rank: int) -> Factors:
    with one_thread():
        if scheme == "olora":
            q, r = np.linalg.qr(matrix)
            return _signed(Factors(r[:rank], q[:, :rank]))
        left, values, right = _largest(matrix, rank) or np.linalg.svd(matrix, full_matrices=False)
    roots = np.sqrt(values[:rank])
    return _signed(Factors(roots[:, None] * right[:rank], left[:, :rank] * roots))


def _largest(matrix: Floats, rank: int) -> tuple[Floats, Floats, Floats] | None:
    """Returns the largest singular values with their vectors, None where it is better to ask for all.

    Of few, Lanczos' method (ARPACK) finds them to rounding in a twentieth of the time.
    """
    from scipy.sparse import linalg

    side = min(matrix.shape)
    if side < _SMALLEST or rank * _FEW > side:
        return None
    # Any vector that is not at right angles to what is looked for: Weyl's sequence of the golden ratio.
    start = (np.arange(1, side + 1) * 0.6180339887498949) % 1.0 - 0.5
    try:
        left, values, right = linalg.svds(matrix, k=rank, v0=start)
    except linalg.ArpackError:
        return None
    # It works with the squares: what is lost below their rounding is no vector of the matrix.
    return (left[:, ::-1], values[::-1], right[::-1]) if values[0] > _SHALLOW * values[-1] else None


def _signed(found: Factors) -> Factors:
    largest = np.take_along_axis(found.b, np.abs(found.b).argmax(0)[None], 0)
    signs = np.where(largest < 0.0, -1.0, 1.0)
    return Factors(found.a * signs.T, found.b * signs)


def _single(values: Floats) -> Floats:
    return values.astype(np.float32).astype(np.float64)
