"""The draws that need the whole tensor at once: orthogonal matrices and columns with a given number of zeros.

They take the stream's numbers as functions of a slice, so they know neither seeds nor threads. Linear algebra rounds
differently from one LAPACK to the next: of all draws these alone may differ in the last bits between machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import Arguments, Scalar
from ms_initkit.draws.algebra import one_thread
from ms_initkit.draws.arrays import Reals
from ms_initkit.draws.windows import Slices, everything, shape_of


class Numbers(NamedTuple):
    """The numbers of one tensor's stream, by slice."""

    shape: tuple[int, ...]
    normals: Callable[[Slices], Reals]  # N(0, 1)
    words: Callable[[Slices], NDArray[np.uint32]]  # independent of the normals


def evaluate(name: str, arguments: Arguments, numbers: Numbers) -> Reals:
    """The whole tensor that ``Whole(name, arguments)`` describes.

    Raises:
        ValueError: If there is no such draw, or the shape cannot have one.
    """
    if name not in _WHOLES:
        raise ValueError(f"no draw of a whole tensor is called {name!r}")
    options = dict(arguments)
    stacked = options.pop("batch_axes", ())
    if not isinstance(stacked, tuple) or not stacked:
        return _WHOLES[name](numbers, options)
    out: Reals | None = None
    for at in np.ndindex(*(numbers.shape[int(axis)] for axis in stacked)):
        member = dict(zip(map(int, stacked), at, strict=True))
        index = tuple(member.get(axis, slice(None)) for axis in range(len(numbers.shape)))
        values = _WHOLES[name](_member(numbers, member), options)
        out = np.empty(numbers.shape, values.dtype) if out is None else out
        out[index] = values
    return np.empty(numbers.shape, np.float32) if out is None else out


def _member(numbers: Numbers, at: dict[int, int]) -> Numbers:
    """The numbers of one member of a stack, which is ``at`` these numbers along the axes that number them."""

    def inside(slices: Slices) -> Slices:
        inner = iter(slices)
        axes = range(len(numbers.shape))
        return tuple(slice(at[axis], at[axis] + 1) if axis in at else next(inner) for axis in axes)

    def normals(slices: Slices) -> Reals:
        return numbers.normals(inside(slices)).reshape(shape_of(slices))

    def words(slices: Slices) -> NDArray[np.uint32]:
        return numbers.words(inside(slices)).reshape(shape_of(slices))

    return Numbers(tuple(n for axis, n in enumerate(numbers.shape) if axis not in at), normals, words)


Options: TypeAlias = dict[str, Scalar | tuple[Scalar, ...]]


def _number(options: Options, name: str, default: float) -> float:
    value = options.get(name, default)
    if isinstance(value, bool | str | tuple):
        raise ValueError(f"{name} is a number, not {value!r}")
    return float(value)


def _orthogonal(numbers: Numbers, options: Options) -> Reals:
    """A matrix with orthonormal rows or columns, whichever are fewer, uniform (Haar) among them, times ``gain``.

    Sources: Saxe et al. 2013, arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050 (the signs). Rows are the first
    axis, as in ``torch.nn.init.orthogonal_``, or columns the last one, as in ``jax.nn.initializers.orthogonal``.
    """
    shape = numbers.shape
    if len(shape) < 2:
        raise ValueError(f"an orthogonal draw needs at least two axes, not shape {shape}")
    axis = options.get("column_axis", "first")
    if axis not in {"first", "last"}:
        raise ValueError(f"column_axis is 'first' or 'last', not {axis!r}")
    matrix = numbers.normals(everything(numbers.shape))
    matrix = matrix.reshape((shape[0], -1) if axis == "first" else (-1, shape[-1]))
    scaled: Reals = _orthonormal(matrix) * matrix.dtype.type(_number(options, "gain", 1.0))
    return scaled.reshape(shape)


def _orthonormal(matrix: Reals) -> Reals:
    """The orthogonal factor of a Gaussian matrix, the triangular one's diagonal positive, as a product of reflections.

    Column k of the Gaussian from row k on is what QR would find there after k reflections, in law: so it makes
    reflection k by itself, and half the work of a factorisation is left. Of a matrix that is not tall it is LQ,
    with rows for columns, whose result LAPACK leaves in C's order.

    Sources: Stewart 1980, The efficient generation of random orthogonal matrices; LAPACK's slarfg and sorgqr.
    """
    from scipy.linalg import lapack

    rows, columns = matrix.shape
    if matrix.size == 0:
        return matrix
    if rows > columns:
        return np.ascontiguousarray(_orthonormal(np.ascontiguousarray(matrix.T)).T)
    vectors = np.triu(matrix)
    first = np.diagonal(vectors).astype(np.float64)
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    reflected = -np.copysign(length, first)
    scale = np.where(reflected == 0.0, 1.0, reflected)
    tau = np.where(reflected == 0.0, 0.0, (reflected - first) / scale)
    if rows == columns:  # of one element there is nothing to reflect
        reflected[-1], tau[-1] = first[-1], 0.0
    vectors /= np.where(reflected == first, 1.0, first - reflected).astype(matrix.dtype)[:, None]
    with one_thread():
        orgqr = lapack.sorgqr if matrix.itemsize == 4 else lapack.dorgqr
        q, _, info = orgqr(vectors.T, tau.astype(matrix.dtype), lwork=64 * rows, overwrite_a=1)
    assert info == 0
    q *= np.where(reflected < 0.0, -1.0, 1.0).astype(matrix.dtype)
    result: Reals = q.T
    return result


def _delta_orthogonal(numbers: Numbers, options: Options) -> Reals:
    """Zeros but for the centre tap, an orthogonal matrix: a convolution that keeps the norm.

    Shapes: ``(out, in, *kernel)`` with at most as many inputs as outputs.

    Sources: Xiao et al. 2018, arXiv:1806.05393, algorithm 1.
    """
    shape = numbers.shape
    if not 3 <= len(shape) <= 5 or shape[1] > shape[0]:
        raise ValueError(f"a delta-orthogonal draw needs (out, in, *kernel) with in <= out, not shape {shape}")
    taps = tuple(slice((length - 1) // 2, (length - 1) // 2 + 1) for length in shape[2:])
    centre = (slice(0, shape[0]), slice(0, shape[1]), *taps)
    q = _orthonormal(numbers.normals(centre).reshape(shape[:2]))
    q = q * q.dtype.type(_number(options, "gain", 1.0))
    out = np.zeros(shape, q.dtype)
    out[centre] = q.reshape(out[centre].shape)
    return out


def _sparse(numbers: Numbers, options: Options) -> Reals:
    """``N(0, std**2)`` with ``ceil(sparsity * rows)`` zeros in every column, at random rows.

    Sources: Martens 2010, "Deep learning via Hessian-free optimization", section 5; the count as in
    ``torch.nn.init.sparse_``.
    """
    if len(numbers.shape) != 2:
        raise ValueError(f"a sparse draw needs two axes, not shape {numbers.shape}")
    sparsity = _number(options, "sparsity", 0.1)
    if not 0.0 <= sparsity <= 1.0:
        raise ValueError(f"sparsity is a part, from 0 to 1, not {sparsity}")
    rows = numbers.shape[0]
    out = numbers.normals(everything(numbers.shape))
    out = out * out.dtype.type(_number(options, "std", 0.01))
    zeros = math.ceil(sparsity * rows)
    if zeros and out.size:
        # The row number makes every rank distinct, so the count is exact.
        ranks = numbers.words(everything(numbers.shape)).astype(np.uint64) << np.uint64(32)
        ranks |= np.arange(rows, dtype=np.uint64)[:, None]
        out[ranks <= np.partition(ranks, zeros - 1, axis=0)[zeros - 1]] = 0.0
    return out


_WHOLES: Final[dict[str, Callable[[Numbers, Options], Reals]]] = {
    "orthogonal": _orthogonal,
    "delta_orthogonal": _delta_orthogonal,
    "sparse": _sparse,
}
