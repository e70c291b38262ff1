"""Every shipped formula, with the names it answers to besides its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from ms_initkit.formulas.base import Formula

FORMULAS: Final[tuple[tuple[type[Formula], tuple[str, ...]], ...]] = (
    (elementary.Zeros, ("zero",)),
    (elementary.Ones, ("one",)),
    (elementary.Constant, ()),
    (elementary.Uniform, ()),
    (elementary.LogUniform, ()),
    (elementary.Normal, ()),
    (elementary.TruncatedNormal, ()),
    (elementary.TruncNormal, ()),
    (elementary.TruncNormalTf, ()),
    (elementary.Mixture, ()),
    (scaling.VarianceScaling, ()),
    (scaling.XavierUniform, ("glorot_uniform",)),
    (scaling.XavierNormal, ()),
    (scaling.GlorotNormal, ()),
    (scaling.HeUniform, ("kaiming_uniform",)),
    (scaling.HeNormal, ("kaiming_normal",)),
    (scaling.LecunUniform, ("c2_xavier_fill",)),
    (scaling.LecunNormal, ()),
    (scaling.LayerDefault, ("torch_default",)),
    (structured.Orthogonal, ()),
    (structured.BlockOrthogonal, ()),
    (structured.DeltaOrthogonal, ()),
    (structured.RwkvOrthogonal, ()),
    (structured.Identity, ("eye",)),
    (structured.Dirac, ()),
    (structured.Sparse, ()),
    (structured.Icnr, ()),
    (structured.Bilinear, ()),
    (structured.Hadamard, ("partial_hadamard",)),
    (sequences.Linspace, ("ramp",)),
    (sequences.Arange, ()),
    (sequences.Sinusoid, ("sinusoidal",)),
    (sequences.SinusoidGrid, ("sinusoid_2d", "sincos_2d")),
    (recurrent.LstmForgetBias, ()),
    (recurrent.Chrono, ()),
    (priors.PriorProbability, ("bias_prob",)),
    (state_space.MambaDtBias, ()),
    (state_space.MambaALog, ()),
    (state_space.Mamba2ALog, ()),
    (state_space.HippoLegs, ()),
    (state_space.S4dImaginary, ()),
    (rwkv.Rwkv4TimeDecay, ()),
    (rwkv.Rwkv4TimeFirst, ()),
    (rwkv.Rwkv4TimeMix, ()),
    (rwkv.Rwkv7TimeMix, ()),
    (rwkv.Rwkv7Bias, ()),
)
