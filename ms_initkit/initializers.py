"""Every shipped formula as a MindSpore initializer, usable wherever MindSpore takes one.

``XavierNormal(gain=1.0)`` goes to ``weight_init=``, to ``initializer(...)`` and to ``Parameter(...)``.
Arguments, docstring, ``repr``, ``==`` and the config round trip are the formula's. MindSpore's own names
``Zero`` and ``One`` are here too. Nothing is registered in MindSpore's table of aliases.
"""

from __future__ import annotations

from typing import final

from ms_initkit.formulas import (
    elementary,
    priors,
    recurrent,
    rwkv,
    scaling,
    sequences,
    state_space,
    structured,
)
from ms_initkit.formulas.framework_base import Drawn

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
