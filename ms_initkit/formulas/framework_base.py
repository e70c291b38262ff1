"""How a formula fills what MindSpore hands to an initializer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mindspore.common.initializer import Initializer

from ms_initkit import stream
from ms_initkit.draws.moments import is_random
from ms_initkit.formulas import fans
from ms_initkit.formulas.base import Formula, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ms_initkit.draws import Draw

_NEEDS_ATTACH: Final = (
    "{name} was asked for a slice of a tensor whose whole shape it cannot know: its fans would be wrong, "
    "and every tensor would get equal values. Call mik.attach(net, recipe, seed=...) before the network is "
    "sliced: it tells each initializer its tensor's shape and name"
)
_FLOATS: Final = {"float16": "float16", "float32": "float32", "float64": "float64", "bfloat16": "bfloat16"}


class Drawn(Initializer):
    """The MindSpore side of a formula: who is derived from a formula and from this is an initializer.

    One number is taken from NumPy's global generator for every tensor, as MindSpore's own initializers do, so
    that ``mindspore.set_seed`` and ``numpy.random.seed`` stay in charge. Fans are those of
    ``fans.from_shape``.
    """

    # MindSpore sets these in a constructor that a dataclass does not call.
    _kwargs: dict[str, object] = {}  # noqa: RUF012 (never changed)
    _seed: int | None = None

    @property
    def seed(self) -> tuple[int | None, int]:
        """What MindSpore saves before it asks for a slice and puts back afterwards; else None."""
        return self._seed, 0

    @seed.setter
    def seed(self, value: int | None) -> None:
        # The class is derived from a frozen dataclass; this is MindSpore's own bookkeeping, not an argument.
        object.__setattr__(self, "_seed", value)

    def _initialize(self, arr: NDArray[Any]) -> None:
        """Fills ``arr``, whose shape is the whole tensor's.

        Raises:
            ValueError: If the formula cannot serve the shape, or MindSpore asks for a slice of a random
            tensor. TypeError: If the elements are not floating-point numbers and the values are not all
            whole.
        """
        formula: Formula = self
        draw = formula.resolve(Site(arr.shape, fans.from_shape(arr.shape) if arr.ndim >= 2 else None))
        if self._seed is not None and not _is_same_everywhere(draw):
            raise ValueError(_NEEDS_ATTACH.format(name=type(self).__name__))
        write(arr, draw, _key() if is_random(draw) else 0, type(self).__name__)


def write(arr: NDArray[Any], draw: Draw, key: int, name: str) -> None:
    """Writes the whole of ``draw`` into ``arr``, rounded once to its element type.

    Raises:
        TypeError: If the elements are not floating-point numbers and the values are not all whole.
    """
    dtype = _FLOATS.get(arr.dtype.name)
    if dtype is None:
        _write_whole_numbers(arr, draw, name)
    elif dtype == "float64":
        arr[...] = stream.sample(draw, arr.shape, key)
    else:
        # MindSpore's bfloat16 is a NumPy type of its own: its bits are what the stream writes.
        out = arr if arr.flags.c_contiguous else np.empty(arr.shape, arr.dtype)
        stream.fill(out.view(np.uint16) if dtype == "bfloat16" else out, draw, arr.shape, key, dtype=dtype)  # type: ignore[arg-type]  # one of the literal's words
        if out is not arr:
            arr[...] = out


def _write_whole_numbers(arr: NDArray[Any], draw: Draw, name: str) -> None:
    if is_random(draw):
        raise TypeError(f"{name} draws real numbers: an array of {arr.dtype} would cut them to whole ones")
    values = stream.sample(draw, arr.shape, 0)
    with np.errstate(invalid="ignore"):
        arr[...] = values.astype(arr.dtype)
    if not np.array_equal(arr, values):
        raise TypeError(f"{name} has values that {arr.dtype} cannot hold")


def _is_same_everywhere(draw: Draw) -> bool:
    from ms_initkit.draws import Constant

    return isinstance(draw, Constant)


def _key() -> int:
    seed = int(np.random.randint(1, 1 << 63, dtype=np.int64))  # noqa: NPY002 (the generator that MindSpore seeds)
    return stream.key(seed, "")
