"""What every initializer is said to draw, written down independently of the library; one example for each name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ms_initkit.formulas import elementary, fans, priors, recurrent, rwkv, scaling, sequences, state_space, structured
from ms_initkit.formulas.base import Formula, Site

CONV = (64, 32, 3, 3)  # fan-in 288, fan-out 576
BIG = (512, 512)


@dataclass(frozen=True)
class Law:
    """A continuous law of independent elements."""

    mean: float
    std: float
    kurtosis: float
    low: float
    high: float
    cdf: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    @classmethod
    def of(cls, frozen: object) -> Law:
        """Returns a frozen scipy distribution as a law."""
        mean, variance, excess = (float(value) for value in frozen.stats("mvk"))  # type: ignore[attr-defined]
        low, high = frozen.support()  # type: ignore[attr-defined]
        return cls(mean, math.sqrt(variance), excess + 3.0, float(low), float(high), frozen.cdf)  # type: ignore[attr-defined]

    @classmethod
    def by_quantiles(
        cls,
        quantile: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        cdf: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ) -> Law:
        """Returns the law whose moments are the averages over the quantile function."""
        values = quantile((np.arange(1 << 20) + 0.5) / (1 << 20))
        low, high = quantile(np.array([0.0, 1.0]))
        z = (values - values.mean()) / values.std()
        return cls(float(values.mean()), float(values.std()), float((z**4).mean()), float(low), float(high), cdf)


@dataclass(frozen=True)
class Example:
    """A formula at a shape, with the law that it is said to follow; None where it is no law of independent elements."""

    formula: Formula
    shape: tuple[int, ...]
    law: Law | None = None

    @property
    def site(self) -> Site:
        return Site(self.shape, fans.from_shape(self.shape) if len(self.shape) >= 2 else None)


def normal(std: float, mean: float = 0.0) -> Law:
    return Law.of(stats.norm(mean, std))


def uniform(low: float, high: float) -> Law:
    return Law.of(stats.uniform(low, high - low))


def truncated(std: float, low: float, high: float, mean: float = 0.0) -> Law:
    """Returns N(mean, std**2) between the values ``low`` and ``high``."""
    return Law.of(stats.truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std))


def truncated_at_two_sigmas(std_after: float) -> Law:
    std = std_after / stats.truncnorm(-2, 2).std()
    return truncated(std, -2 * std, 2 * std)


def mamba_dt(low: float, high: float, floor: float) -> Law:
    step = stats.loguniform(low, high)
    return Law.by_quantiles(
        lambda u: np.log(np.expm1(np.maximum(step.ppf(u), floor))), lambda x: step.cdf(np.log1p(np.exp(x)))
    )


def two_parts() -> Law:
    left, right = stats.norm(-1.0, 0.5), stats.uniform(0.0, 1.0)
    mean = 0.3 * -1.0 + 0.7 * 0.5
    raw = [0.3 * left.moment(k) + 0.7 * right.moment(k) for k in range(1, 5)]
    variance = raw[1] - mean**2
    fourth = raw[3] - 4 * mean * raw[2] + 6 * mean**2 * raw[1] - 3 * mean**4
    return Law(
        mean,
        math.sqrt(variance),
        fourth / variance**2,
        -math.inf,
        math.inf,
        lambda x: 0.3 * left.cdf(x) + 0.7 * right.cdf(x),
    )


TWO_PARTS = elementary.Mixture(((0.3, elementary.Normal(0.5, -1.0)), (0.7, elementary.Uniform(low=0.0, high=1.0))))
_GLOROT = math.sqrt(2.0 / (288 + 576))
_WIDE = math.sqrt(3.0)

EXAMPLES: dict[str, Example] = {
    "zeros": Example(elementary.Zeros(), (7,)),
    "ones": Example(elementary.Ones(), (7,)),
    "constant": Example(elementary.Constant(42.0), (2, 3)),
    "uniform": Example(elementary.Uniform(), BIG, uniform(-0.07, 0.07)),
    "log_uniform": Example(elementary.LogUniform(1e-3, 1e-1), BIG, Law.of(stats.loguniform(1e-3, 1e-1))),
    "normal": Example(elementary.Normal(0.2, 3.0), BIG, normal(0.2, 3.0)),
    "truncated_normal": Example(
        elementary.TruncatedNormal(0.02, bounds="sigmas", correct_variance=True), BIG, truncated_at_two_sigmas(0.02)
    ),
    "trunc_normal": Example(elementary.TruncNormal(1.5, 0.5, -1.0, 3.0), BIG, truncated(1.5, -1.0, 3.0, 0.5)),
    "trunc_normal_tf": Example(elementary.TruncNormalTf(0.02, a=-3.0, b=3.0), BIG, truncated(0.02, -0.06, 0.06)),
    "mixture": Example(TWO_PARTS, BIG, two_parts()),
    "variance_scaling": Example(scaling.VarianceScaling(), BIG, truncated_at_two_sigmas(1 / math.sqrt(512))),
    "xavier_uniform": Example(
        scaling.XavierUniform(2.0), (256, 128, 3, 3), uniform(-math.sqrt(24 / 3456), math.sqrt(24 / 3456))
    ),
    "xavier_normal": Example(scaling.XavierNormal(), CONV, normal(_GLOROT)),
    "glorot_normal": Example(scaling.GlorotNormal("truncated_normal"), CONV, truncated_at_two_sigmas(_GLOROT)),
    "he_uniform": Example(scaling.HeUniform(), CONV, uniform(-_WIDE * math.sqrt(2 / 288), _WIDE * math.sqrt(2 / 288))),
    "he_normal": Example(scaling.HeNormal(mode="fan_out", nonlinearity="relu"), CONV, normal(math.sqrt(2 / 576))),
    "lecun_uniform": Example(scaling.LecunUniform(), CONV, uniform(-math.sqrt(3 / 288), math.sqrt(3 / 288))),
    "lecun_normal": Example(scaling.LecunNormal(), CONV, truncated_at_two_sigmas(math.sqrt(1 / 288))),
    "layer_default": Example(scaling.LayerDefault(), CONV, uniform(-1 / math.sqrt(288), 1 / math.sqrt(288))),
    "orthogonal": Example(structured.Orthogonal(1.5), (40, 6, 2)),
    "block_orthogonal": Example(structured.BlockOrthogonal((4, 6)), (12, 12)),
    "delta_orthogonal": Example(structured.DeltaOrthogonal(), (8, 6, 3, 3)),
    "rwkv_orthogonal": Example(structured.RwkvOrthogonal(0.5), (3, 16, 4)),
    "identity": Example(structured.Identity(2.0), (3, 5)),
    "dirac": Example(structured.Dirac(2), (6, 4, 3, 3)),
    "sparse": Example(structured.Sparse(0.3, 0.5), (100, 200)),
    "icnr": Example(structured.Icnr(2), (256, 64, 3, 3)),
    "bilinear": Example(structured.Bilinear(), (3, 1, 4, 4)),
    "hadamard": Example(structured.Hadamard(), (6, 4)),
    "linspace": Example(sequences.Linspace(-1.0, 1.0), (5,)),
    "arange": Example(sequences.Arange(axis=1), (1, 16, 1, 1)),
    "sinusoid": Example(sequences.Sinusoid(), (50, 64)),
    "sinusoid_grid": Example(sequences.SinusoidGrid(extra_rows=1), (1, 197, 64)),
    "lstm_forget_bias": Example(recurrent.LstmForgetBias(), (8,)),
    "chrono": Example(recurrent.Chrono(100), (400_000,)),
    "prior_probability": Example(priors.PriorProbability(), (80,)),
    "mamba_dt_bias": Example(state_space.MambaDtBias(), BIG, mamba_dt(1e-3, 1e-1, 1e-4)),
    "mamba_a_log": Example(state_space.MambaALog(), (32, 16)),
    "mamba2_a_log": Example(
        state_space.Mamba2ALog(),
        BIG,
        Law.by_quantiles(lambda u: np.log(1.0 + 15.0 * u), lambda x: (np.exp(x) - 1.0) / 15.0),
    ),
    "hippo_legs": Example(state_space.HippoLegs(), (8, 8)),
    "s4d_imaginary": Example(state_space.S4dImaginary(), (4, 32)),
    "rwkv4_time_decay": Example(rwkv.Rwkv4TimeDecay(1, 12), (64,)),
    "rwkv4_time_first": Example(rwkv.Rwkv4TimeFirst(), (64,)),
    "rwkv4_time_mix": Example(rwkv.Rwkv4TimeMix(1, 12, "value"), (1, 1, 64)),
    "rwkv7_time_mix": Example(rwkv.Rwkv7TimeMix(1, 12, "channel"), (1, 1, 64)),
    "rwkv7_bias": Example(rwkv.Rwkv7Bias(1, 12, "decay"), (1, 1, 128)),
}
