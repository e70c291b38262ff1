"""Every shipped formula as a MindSpore initializer, usable wherever MindSpore takes one.

``XavierNormal(gain=1.0)`` goes to ``weight_init=``, to ``initializer(...)`` and to ``Parameter(...)``.
Arguments, docstring, ``repr``, ``==`` and the config round trip are the formula's. MindSpore's own names
``Zero`` and ``One`` are here too. Nothing is registered in MindSpore's table of aliases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, final

import numpy as np
from mindspore.common.initializer import Initializer

from ms_initkit import stream
from ms_initkit.draws.draw import is_random
from ms_initkit.formulas import (
    elementary,
    fans,
    priors,
    recurrent,
    rwkv,
    scaling,
    sequences,
    state_space,
    structured,
)
from ms_initkit.formulas.base import Formula, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ms_initkit.draws import Draw


__all__ = [
    "Arange",
    "Bilinear",
    "BlockOrthogonal",
    "Chrono",
    "Constant",
    "DeltaOrthogonal",
    "Dirac",
    "Drawn",
    "GlorotNormal",
    "Hadamard",
    "HeNormal",
    "HeUniform",
    "HippoLegs",
    "Icnr",
    "Identity",
    "LayerDefault",
    "LecunNormal",
    "LecunUniform",
    "Linspace",
    "LogUniform",
    "LstmForgetBias",
    "Mamba2ALog",
    "MambaALog",
    "MambaDtBias",
    "Mixture",
    "Normal",
    "One",
    "Ones",
    "Orthogonal",
    "PriorProbability",
    "Rwkv4TimeDecay",
    "Rwkv4TimeFirst",
    "Rwkv4TimeMix",
    "Rwkv7Bias",
    "Rwkv7TimeMix",
    "RwkvOrthogonal",
    "S4dImaginary",
    "Sinusoid",
    "SinusoidGrid",
    "Sparse",
    "TruncNormal",
    "TruncNormalTf",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "XavierNormal",
    "XavierUniform",
    "Zero",
    "Zeros",
]

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


@final
class Zeros(elementary.Zeros, Drawn):
    __doc__ = elementary.Zeros.__doc__


@final
class Ones(elementary.Ones, Drawn):
    __doc__ = elementary.Ones.__doc__


@final
class Constant(elementary.Constant, Drawn):
    __doc__ = elementary.Constant.__doc__


@final
class Uniform(elementary.Uniform, Drawn):
    __doc__ = elementary.Uniform.__doc__


@final
class LogUniform(elementary.LogUniform, Drawn):
    __doc__ = elementary.LogUniform.__doc__


@final
class Normal(elementary.Normal, Drawn):
    __doc__ = elementary.Normal.__doc__


@final
class TruncatedNormal(elementary.TruncatedNormal, Drawn):
    __doc__ = elementary.TruncatedNormal.__doc__


@final
class TruncNormal(elementary.TruncNormal, Drawn):
    __doc__ = elementary.TruncNormal.__doc__


@final
class TruncNormalTf(elementary.TruncNormalTf, Drawn):
    __doc__ = elementary.TruncNormalTf.__doc__


@final
class Mixture(elementary.Mixture, Drawn):
    __doc__ = elementary.Mixture.__doc__


@final
class VarianceScaling(scaling.VarianceScaling, Drawn):
    __doc__ = scaling.VarianceScaling.__doc__


@final
class XavierUniform(scaling.XavierUniform, Drawn):
    __doc__ = scaling.XavierUniform.__doc__


@final
class XavierNormal(scaling.XavierNormal, Drawn):
    __doc__ = scaling.XavierNormal.__doc__


@final
class GlorotNormal(scaling.GlorotNormal, Drawn):
    __doc__ = scaling.GlorotNormal.__doc__


@final
class HeUniform(scaling.HeUniform, Drawn):
    __doc__ = scaling.HeUniform.__doc__


@final
class HeNormal(scaling.HeNormal, Drawn):
    __doc__ = scaling.HeNormal.__doc__


@final
class LecunUniform(scaling.LecunUniform, Drawn):
    __doc__ = scaling.LecunUniform.__doc__


@final
class LecunNormal(scaling.LecunNormal, Drawn):
    __doc__ = scaling.LecunNormal.__doc__


@final
class LayerDefault(scaling.LayerDefault, Drawn):
    __doc__ = scaling.LayerDefault.__doc__


@final
class Orthogonal(structured.Orthogonal, Drawn):
    __doc__ = structured.Orthogonal.__doc__


@final
class BlockOrthogonal(structured.BlockOrthogonal, Drawn):
    __doc__ = structured.BlockOrthogonal.__doc__


@final
class DeltaOrthogonal(structured.DeltaOrthogonal, Drawn):
    __doc__ = structured.DeltaOrthogonal.__doc__


@final
class RwkvOrthogonal(structured.RwkvOrthogonal, Drawn):
    __doc__ = structured.RwkvOrthogonal.__doc__


@final
class Identity(structured.Identity, Drawn):
    __doc__ = structured.Identity.__doc__


@final
class Dirac(structured.Dirac, Drawn):
    __doc__ = structured.Dirac.__doc__


@final
class Sparse(structured.Sparse, Drawn):
    __doc__ = structured.Sparse.__doc__


@final
class Icnr(structured.Icnr, Drawn):
    __doc__ = structured.Icnr.__doc__


@final
class Bilinear(structured.Bilinear, Drawn):
    __doc__ = structured.Bilinear.__doc__


@final
class Hadamard(structured.Hadamard, Drawn):
    __doc__ = structured.Hadamard.__doc__


@final
class Linspace(sequences.Linspace, Drawn):
    __doc__ = sequences.Linspace.__doc__


@final
class Arange(sequences.Arange, Drawn):
    __doc__ = sequences.Arange.__doc__


@final
class Sinusoid(sequences.Sinusoid, Drawn):
    __doc__ = sequences.Sinusoid.__doc__


@final
class SinusoidGrid(sequences.SinusoidGrid, Drawn):
    __doc__ = sequences.SinusoidGrid.__doc__


@final
class LstmForgetBias(recurrent.LstmForgetBias, Drawn):
    __doc__ = recurrent.LstmForgetBias.__doc__


@final
class Chrono(recurrent.Chrono, Drawn):
    __doc__ = recurrent.Chrono.__doc__


@final
class PriorProbability(priors.PriorProbability, Drawn):
    __doc__ = priors.PriorProbability.__doc__


@final
class MambaDtBias(state_space.MambaDtBias, Drawn):
    __doc__ = state_space.MambaDtBias.__doc__


@final
class MambaALog(state_space.MambaALog, Drawn):
    __doc__ = state_space.MambaALog.__doc__


@final
class Mamba2ALog(state_space.Mamba2ALog, Drawn):
    __doc__ = state_space.Mamba2ALog.__doc__


@final
class HippoLegs(state_space.HippoLegs, Drawn):
    __doc__ = state_space.HippoLegs.__doc__


@final
class S4dImaginary(state_space.S4dImaginary, Drawn):
    __doc__ = state_space.S4dImaginary.__doc__


@final
class Rwkv4TimeDecay(rwkv.Rwkv4TimeDecay, Drawn):
    __doc__ = rwkv.Rwkv4TimeDecay.__doc__


@final
class Rwkv4TimeFirst(rwkv.Rwkv4TimeFirst, Drawn):
    __doc__ = rwkv.Rwkv4TimeFirst.__doc__


@final
class Rwkv4TimeMix(rwkv.Rwkv4TimeMix, Drawn):
    __doc__ = rwkv.Rwkv4TimeMix.__doc__


@final
class Rwkv7TimeMix(rwkv.Rwkv7TimeMix, Drawn):
    __doc__ = rwkv.Rwkv7TimeMix.__doc__


@final
class Rwkv7Bias(rwkv.Rwkv7Bias, Drawn):
    __doc__ = rwkv.Rwkv7Bias.__doc__


Zero = Zeros
One = Ones
