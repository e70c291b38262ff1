"""What can be made of a whole tensor of values, and not element by element: norms, means, tensors of unit norm.

Each is one class: its fields are what a plan's JSON has of it, and it tells which shape it makes of which, what is
wrong with that, between which bounds its values lie, and makes any slice of them. NumPy is imported when values are
made: checking a recipe does without.
"""

# ruff: noqa: D102 (the base class says what the methods do)

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias, final

from ms_initkit.basis.records import record
from ms_initkit.draws.windows import Shape, Slices

if TYPE_CHECKING:
    from ms_initkit.draws.arrays import Floats, Reals
    from ms_initkit.draws.sums import Axes, Of

Bounds: TypeAlias = tuple[float, float]


class Source(Protocol):
    """The values that something is made of, as they are before they are rounded to an element type."""

    @property
    def shape(self) -> Shape:
        """The shape of all of them."""

    def read(self, slices: Slices | None = None) -> Reals:
        """Returns a slice of them, or all."""

    def sums(self, of: Of, axes: Axes, slices: Slices | None = None) -> Floats:
        """Returns the sums over ``axes``, which stay as axes of length one.

        They are added in the order of ``ms_initkit.draws.sums``, in blocks, and remembered while there are more of them
        to come.

        Args:
            of: What is summed.
            axes: What is summed over, in ascending order.
            slices: Which of the sums along the other axes; None is all of them.
        """


class Function(ABC):
    """What is made of a tensor's values.

    ``needs_whole`` tells whether all of them are wanted in memory at once; if not, blocks and sums are enough.
    """

    __slots__ = ()

    needs_whole: ClassVar[bool] = False

    @property
    def joins_rows(self) -> bool:
        """Whether a value depends on other rows, slices along the first axis, than its own.

        What has no rows of its source's does not.
        """
        return self.needs_whole

    def result(self, shape: Shape, due: Shape) -> Shape:
        """Returns the shape that it makes of ``shape``, where there is a choice the one that is ``due``."""
        del due
        return shape

    @abstractmethod
    def fault(self, shape: Shape) -> str | None:
        """Returns why it cannot be made of values of ``shape``; None if it can."""

    @abstractmethod
    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        """Returns ``slices`` of what it makes, all of which is of ``shape``."""

    @abstractmethod
    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        """Returns between which numbers its values lie, of values of ``shape`` between ``bounds``; None: not known."""


class _Reduction(Function):
    """One number for each place along the axes that are left."""

    __slots__ = ()

    axes: tuple[int, ...]

    def result(self, shape: Shape, due: Shape) -> Shape:
        kept = _kept(shape, self.axes)
        return kept if kept == due else tuple(n for axis, n in enumerate(shape) if axis not in self.axes)

    def fault(self, shape: Shape) -> str | None:
        return _axes_fault(self.axes, shape)

    @abstractmethod
    def of(self, source: Source) -> Floats:
        """Returns all of its values, the axes that are summed over being of length one."""

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        return self.of(source).reshape(shape)[slices]


@final
@record
class Norm(_Reduction):
    """The square root of the sum of the squares over ``axes``: weight norm's g, DoRA's magnitude."""

    axes: tuple[int, ...]

    def of(self, source: Source) -> Floats:
        """Returns the norms."""
        import numpy as np

        return np.sqrt(source.sums("squares", self.axes))

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        if bounds is None:
            return None
        return 0.0, max(map(abs, bounds)) * math.sqrt(_count(shape, self.axes))


@final
@record
class AbsMean(_Reduction):
    """The mean of the magnitudes over ``axes``: a quantiser's step."""

    axes: tuple[int, ...]

    def of(self, source: Source) -> Floats:
        """Returns the means."""
        return source.sums("magnitudes", self.axes) / max(1, _count(source.shape, self.axes))

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del shape
        return None if bounds is None else (0.0, max(map(abs, bounds)))


@final
@record
class Normalize(Function):
    """Scales what lies along ``axes`` so that its norm is ``to``; of zeros alone nothing is changed.

    The factor is ``to`` over the norm in float64, and so is its product with the value, which is rounded once.
    """

    axes: tuple[int, ...]
    to: float

    @property
    def joins_rows(self) -> bool:
        return 0 in self.axes

    def fault(self, shape: Shape) -> str | None:
        is_right = math.isfinite(self.to)
        return _axes_fault(self.axes, shape) or (None if is_right else f"a norm is a finite number, not {self.to}")

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        import numpy as np

        del shape
        norms = np.sqrt(source.sums("squares", self.axes, slices))
        values = source.read(slices)
        with np.errstate(all="ignore"):
            factors = np.where(norms > 0.0, self.to / norms, 0.0)
        return _scaled(values, factors)

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del bounds, shape
        return -abs(self.to), abs(self.to)


@final
@record
class SpectralNormalize(Function):
    """Scales the matrix of the first axis and all others so that its largest singular value is ``to``.

    By LAPACK in float64, so that the last bits may differ between machines. Of zeros alone nothing is changed.
    """

    needs_whole: ClassVar[bool] = True

    to: float

    def fault(self, shape: Shape) -> str | None:
        if len(shape) < 2:
            return f"a spectral norm is a matrix's, and {shape} has no two axes"
        return None if math.isfinite(self.to) else f"a norm is a finite number, not {self.to}"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        import numpy as np

        from ms_initkit.draws.algebra import one_thread

        values = source.read()
        matrix = values.astype(np.float64).reshape(shape[0], -1)
        with one_thread():
            largest = float(np.linalg.norm(matrix, 2)) if matrix.size else 0.0
        return _scaled(values, self.to / largest if largest > 0.0 else 0.0)[slices]

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        del bounds, shape
        return -abs(self.to), abs(self.to)


@final
@record
class LowRank(Function):
    """What an adapter of rank ``rank`` starts from, so that nothing changes yet: its factors, and the rest of a matrix.

    The matrix is ``scale * b @ a`` and the rest. By ``pissa`` the factors have the largest singular values, the root of
    each in either; by ``olora`` they are the first columns of Q and rows of R. See ``ms_initkit.draws.low_rank``.
    """

    needs_whole: ClassVar[bool] = True

    scheme: Literal["pissa", "olora"]
    part: Literal["a", "b", "rest"]
    rank: int
    scale: float

    def result(self, shape: Shape, due: Shape) -> Shape:
        del due
        rows, columns = shape
        return {"a": (self.rank, columns), "b": (rows, self.rank), "rest": shape}[self.part]

    def fault(self, shape: Shape) -> str | None:
        if len(shape) != 2:
            return f"{self.scheme} takes a matrix apart, and {shape} has not two axes"
        if not 1 <= self.rank <= min(shape):
            return f"a matrix of shape {shape} has no part of rank {self.rank}"
        is_right = math.isfinite(self.scale) and self.scale > 0.0
        return None if is_right else f"the scale of an adapter is a number above 0, not {self.scale}"

    def values(self, source: Source, slices: Slices, shape: Shape) -> Reals:
        from ms_initkit.draws import low_rank

        del shape
        values = source.read()
        matrix = values.astype("float64")
        if self.part == "rest":
            made = low_rank.rest(matrix, self.scheme, self.rank, self.scale)
        else:
            made = getattr(low_rank.factors(matrix, self.scheme, self.rank, self.scale), self.part)
        found: Reals = made.astype(values.dtype)[slices]
        return found

    def bounds(self, bounds: Bounds | None, shape: Shape) -> Bounds | None:
        if bounds is None:
            return None
        largest = max(map(abs, bounds)) * math.sqrt(math.prod(shape))  # no singular value is above that
        if self.part != "rest":
            largest = math.sqrt(largest / self.scale) if self.scheme == "pissa" else max(largest, 1.0)
        return -largest, largest


# Whatever is not listed cannot be read from a plan's JSON.
Functions: TypeAlias = Norm | AbsMean | Normalize | SpectralNormalize | LowRank


def _scaled(values: Reals, factors: Floats | float) -> Reals:
    """Returns the products in float64, each rounded once."""
    scaled: Reals = (values.astype("float64") * factors).astype(values.dtype)
    return scaled


def _kept(shape: Shape, axes: Axes) -> Shape:
    return tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))


def _count(shape: Shape, axes: Axes) -> int:
    return math.prod(shape[axis] for axis in axes)


def _axes_fault(axes: Axes, shape: Shape) -> str | None:
    is_right = list(axes) == sorted(set(axes)) and all(0 <= axis < len(shape) for axis in axes)
    return None if is_right else f"{list(axes)} are not axes of {shape}, in ascending order"
