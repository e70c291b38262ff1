"""Every shipped formula as a MindSpore initializer, usable wherever MindSpore takes one.

``XavierNormal(gain=1.0)`` goes to ``weight_init=``, to ``initializer(...)`` and to ``Parameter(...)``.
Arguments, docstring, ``repr``, ``==`` and the config round trip are the formula's. Other names of an initializer and
of its arguments serve here as in a recipe: ``KaimingNormal``, ``TruncNormal(std=0.02)``. Nothing is registered in
MindSpore's table of aliases.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from mindspore.common.initializer import Initializer
from numpy.typing import NDArray

from ms_initkit import draws, formulas, stream
from ms_initkit.draws.dtypes import FLOATS, TYPES
from ms_initkit.draws.reach import unfit
from ms_initkit.findings import suggestion
from ms_initkit.formulas import Formula, Site, fans
from ms_initkit.formulas.places import meant

if TYPE_CHECKING:
    # To a type checker each class is its formula, with the formula's constructor.
    from ms_initkit.formulas.elementary import *  # noqa: F403
    from ms_initkit.formulas.elementary import Ones as One
    from ms_initkit.formulas.elementary import Zeros as Zero
    from ms_initkit.formulas.priors import *  # noqa: F403
    from ms_initkit.formulas.recurrent import *  # noqa: F403
    from ms_initkit.formulas.rwkv import *  # noqa: F403
    from ms_initkit.formulas.scaling import *  # noqa: F403
    from ms_initkit.formulas.sequences import *  # noqa: F403
    from ms_initkit.formulas.state_space import *  # noqa: F403
    from ms_initkit.formulas.structured import *  # noqa: F403

# Zero and One are MindSpore's names of Zeros and Ones.
__all__ = ["Drawn", "One", "Zero", *(formula.__name__ for formula in formulas.SHIPPED)]

_NEEDS_ATTACH: Final = (
    "{name} was asked for a slice of a tensor whose whole shape it cannot know: its fans would be wrong, "
    "and every tensor would get equal values. Call mik.attach(net, recipe, seed=...) before the network is "
    "sliced: it tells each initializer its tensor's shape and name"
)


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
        if arr.size == 0:
            return
        formula: Formula = self
        draw = formula.resolve(Site(arr.shape, fans.from_shape(arr.shape) if arr.ndim >= 2 else None))
        if self._seed is not None and not _is_same_everywhere(draw):
            raise ValueError(_NEEDS_ATTACH.format(name=type(self).__name__))
        write(arr, draw, _key() if draw.is_random else 0, type(self).__name__)


def write(arr: NDArray[Any], draw: draws.Draw, key: int, name: str) -> None:
    """Writes the whole of ``draw`` into ``arr``, rounded once to its element type.

    Raises:
        TypeError: If the elements are not floating-point numbers and the values are not all whole.
        ValueError: If the element type cannot hold the values.
    """
    dtype = arr.dtype.name
    if dtype not in FLOATS:
        _write_whole_numbers(arr, draw, name)
        return
    found = unfit(draw, arr.shape, TYPES[dtype], _unknown)
    if found is not None:
        raise ValueError(f"{name}: {found.message}")
    # MindSpore's bfloat16 is a NumPy type of its own: its bits are what the stream writes.
    out = arr if arr.flags.c_contiguous else np.empty(arr.shape, arr.dtype)
    stream.fill(out.view(np.uint16) if dtype == "bfloat16" else out, draw, arr.shape, key, dtype=dtype)  # type: ignore[arg-type]  # one of the literal's words
    if out is not arr:
        arr[...] = out


def _unknown(*_: object) -> None:
    """What a formula draws takes nothing from files."""


def _write_whole_numbers(arr: NDArray[Any], draw: draws.Draw, name: str) -> None:
    if draw.is_random:
        raise TypeError(f"{name} draws real numbers: an array of {arr.dtype} would cut them to whole ones")
    if isinstance(draw, draws.Constant) and float(draw.value).is_integer():
        values = np.asarray(int(draw.value))  # a whole number that no float holds is an int already
    else:
        values = np.empty(arr.shape, np.float64)
        stream.fill(values, draw, arr.shape, 0, dtype="float64")
    record = TYPES.get(arr.dtype.name)
    ends = (values.min().item(), values.max().item()) if values.size else (0, 0)
    is_exact = values.dtype != np.float64 or max(map(abs, ends)) <= 2 ** TYPES["float64"].digits
    if record is None or not (is_exact and all(map(record.holds, ends)) and (values == np.rint(values)).all()):
        raise TypeError(f"{name} has values that {arr.dtype} cannot hold")
    arr[...] = values.astype(arr.dtype)


def _is_same_everywhere(draw: draws.Draw) -> bool:
    return isinstance(draw, draws.Constant)


def _key() -> int:
    seed = int(np.random.randint(1, 1 << 63, dtype=np.int64))  # noqa: NPY002 (the generator that MindSpore seeds)
    return stream.key(seed, "")


def __getattr__(name: str) -> Any:  # noqa: ANN401 (an initializer by another name: which one is known when it runs)
    """Returns the initializer that answers to ``name``, one of its aliases or a user's own."""
    formula = None if name.startswith("_") else formulas.find(name)
    if formula is None:
        spellings = [made.__name__ for made in formulas.SHIPPED]
        hint = suggestion(name, spellings) or "`ms-initkit initializers` lists them"
        raise AttributeError(f"no initializer is called {name!r}: {hint}")
    return _class_of(formula)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


@cache
def _class_of(formula: type[Formula]) -> type[Formula]:
    """Returns the formula as a MindSpore initializer of the same name, docstring and arguments."""
    own = {word: argument.name for argument in formulas.arguments(formula) for word in argument.aliases}

    @wraps(formula.__init__)
    def construct(self: Formula, *values: object, **named: object) -> None:
        given = {own.get(word, word): value for word, value in named.items()}
        if len(given) < len(named):
            raise TypeError(f"{formula.__name__} is given one argument under two names: {', '.join(named)}")
        found = meant(formulas.arguments(formula), values, values[0] if values else None)
        if found is not None:
            why, others = found
            written = ", ".join(f"{word}={value!r}" for word, value in others.items())
            raise ValueError(f"{why}: write {formula.__name__}({written})")
        formula.__init__(self, *values, **given)

    body = {"__doc__": formula.__doc__, "__module__": __name__, "__qualname__": formula.__name__, "__init__": construct}
    return type(formula.__name__, (formula, Drawn), body)
