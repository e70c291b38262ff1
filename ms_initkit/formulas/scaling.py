"""Draws whose variance follows from the fans: Glorot, He, LeCun and the general law behind them."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, TypeAlias, get_args

from ms_initkit import draws
from ms_initkit.draws import truncation
from ms_initkit.findings import suggestion
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.fans import Fans, NoFansError
from ms_initkit.formulas.kinds import FINITE, Alias, Ambiguous, Gain, Positive

Mode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
Distribution: TypeAlias = Literal["normal", "untruncated_normal", "truncated_normal", "uniform"]
Gaussian: TypeAlias = Literal["normal", "truncated_normal"]
Nonlinearity: TypeAlias = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]
NegativeSlope: TypeAlias = Annotated[float, FINITE, Alias(("a",)), Ambiguous("a gain")]

_STEEP: Final = 1e150  # a slope whose square is no float


@initializer()
class VarianceScaling(Formula):
    """Draws with mean 0 and variance scale / n, n being a fan of the weight or a mean of both.

    The truncated normal is cut at two standard deviations of the normal that is drawn, which is wide enough
    for the variance after the cut to be the one asked for. (MindSpore 2.10.0's class of this name draws a
    uniform instead.)

    Args:
        scale: Variance times fan, > 0. 1 is LeCun's choice, 2 is He's for ReLU.
        mode: ``fan_in``, ``fan_out``, ``fan_avg`` (arithmetic mean), ``fan_geo_avg`` (geometric mean).
        distribution: ``truncated_normal``; ``untruncated_normal``, of which ``normal`` is another name (as in
            JAX; early Keras meant the truncated one by it); ``uniform`` on +-sqrt(3 scale / n).

    Sources: jax.nn.initializers.variance_scaling; keras.initializers.VarianceScaling;
    mindspore.common.initializer.VarianceScaling (names and defaults). The fan is not raised to 1, as Keras
    does: it is never less here.
    """

    scale: Positive = 1.0
    mode: Mode = "fan_in"
    distribution: Distribution = "truncated_normal"

    def resolve(self, site: Site) -> draws.Draw:
        variance = self.scale / fan(site.known_fans(), self.mode)
        if self.scale and not variance:
            raise ValueError(f"a scale of {self.scale} leaves no variance")
        return scaled(math.sqrt(variance), self.distribution)


@initializer("glorot_uniform")
class XavierUniform(Formula):
    """Draws from U[-b, b), b = gain sqrt(6 / (fan_in + fan_out)): variance 2 gain**2 / (fan_in + fan_out).

    Args:
        gain: Factor on the standard deviation; see ``nonlinearity`` of ``he_uniform`` for usual values.

    Sources: Glorot & Bengio 2010, equation 16; mindspore.common.initializer.XavierUniform;
    torch.nn.init.xavier_uniform_; keras.initializers.GlorotUniform.
    """

    gain: Gain = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        return scaled(_spread(self.gain, fan(site.known_fans(), "fan_avg")), "uniform")


@initializer()
class XavierNormal(Formula):
    """Draws with mean 0 and variance 2 gain**2 / (fan_in + fan_out), normal and not truncated.

    That is what torch and MindSpore do. JAX, Keras and Haiku truncate under the name ``glorot_normal``, which
    is an initializer of its own here.

    Args:
        gain: Factor on the standard deviation.

    Sources: Glorot & Bengio 2010, equation 12; mindspore.common.initializer.XavierNormal;
    torch.nn.init.xavier_normal_.
    """

    gain: Gain = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        return scaled(_spread(self.gain, fan(site.known_fans(), "fan_avg")), "normal")


@initializer()
class GlorotNormal(Formula):
    """Draws with mean 0 and variance 2 gain**2 / (fan_in + fan_out), by a distribution that has to be said.

    Frameworks disagree on what this name draws, so that there is no default.

    Args:
        distribution: ``truncated_normal`` as in JAX, Keras and Haiku (cut at two sigmas, variance corrected);
            ``normal`` as in torch, MindSpore and Paddle, where it is called ``xavier_normal``.
        gain: Factor on the standard deviation.

    Sources: Glorot & Bengio 2010, equation 12; jax.nn.initializers.glorot_normal;
    keras.initializers.GlorotNormal.
    """

    distribution: Gaussian
    gain: Gain = 1.0

    def resolve(self, site: Site) -> draws.Draw:
        return scaled(_spread(self.gain, fan(site.known_fans(), "fan_avg")), self.distribution)


@initializer("kaiming_uniform")
class HeUniform(Formula):
    """Draws from U[-b, b), b = gain sqrt(3 / fan): mean 0 and variance gain**2 / fan.

    The gain is 1 for ``linear``, convolutions and ``sigmoid``, 5/3 for ``tanh``, sqrt(2) for ``relu``, sqrt(2
    / (1 + negative_slope**2)) for ``leaky_relu`` and 3/4 for ``selu`` (self-normalising networks want
    ``linear``). The defaults give sqrt(2); torch's and MindSpore's layers use a negative slope of sqrt(5),
    which is ``layer_default``.

    Args:
        negative_slope: Slope of the rectifier below 0; used by ``leaky_relu`` only.
        mode: Which fan: ``fan_in`` keeps variances in the forward pass, ``fan_out`` in the backward pass; or
            a mean of both.
        nonlinearity: What follows the weight.

    Sources: He et al. 2015, equations 10 and 14 (arXiv:1502.01852); mindspore.common.initializer.HeUniform;
    torch.nn.init.kaiming_uniform_, calculate_gain.
    """

    negative_slope: NegativeSlope = 0.0
    mode: Mode = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"

    def resolve(self, site: Site) -> draws.Draw:
        gain = gain_of(self.nonlinearity, self.negative_slope)
        return scaled(_spread(gain, fan(site.known_fans(), self.mode)), "uniform")


@initializer("kaiming_normal")
class HeNormal(Formula):
    """Draws with mean 0 and variance gain**2 / fan, normal and not truncated as in torch and MindSpore.

    The gain is that of ``he_uniform``: sqrt(2) with the defaults. JAX and Keras truncate their ``he_normal``:
    say so by ``distribution``.

    Args:
        negative_slope: Slope of the rectifier below 0; used by ``leaky_relu`` only.
        mode: Which fan: ``fan_in`` keeps variances in the forward pass, ``fan_out`` in the backward pass; or
            a mean of both.
        nonlinearity: What follows the weight.
        distribution: ``normal``, or ``truncated_normal`` (cut at two sigmas, variance corrected).

    Sources: He et al. 2015, equations 10 and 14 (arXiv:1502.01852); mindspore.common.initializer.HeNormal;
    torch.nn.init.kaiming_normal_; jax.nn.initializers.he_normal.
    """

    negative_slope: NegativeSlope = 0.0
    mode: Mode = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"
    distribution: Gaussian = "normal"

    def resolve(self, site: Site) -> draws.Draw:
        gain = gain_of(self.nonlinearity, self.negative_slope)
        return scaled(_spread(gain, fan(site.known_fans(), self.mode)), self.distribution)


@initializer("c2_xavier_fill")
class LecunUniform(Formula):
    """Draws from U[-b, b), b = sqrt(3 / fan_in): mean 0 and variance 1 / fan_in.

    detectron2's c2_xavier_fill and Caffe2's XavierFill are this too.

    Sources: LeCun et al. 1998, Efficient BackProp, equation 16; jax.nn.initializers.lecun_uniform;
    keras.initializers.LecunUniform.
    """

    def resolve(self, site: Site) -> draws.Draw:
        return scaled(1.0 / math.sqrt(fan(site.known_fans(), "fan_in")), "uniform")


@initializer()
class LecunNormal(Formula):
    """Draws with mean 0 and variance 1 / fan_in, from a normal cut at two sigmas and widened to match.

    Args:
        distribution: ``truncated_normal`` as in JAX, Keras, Flax and timm; ``normal`` as self-normalising
            networks are written.

    Sources: LeCun et al. 1998, Efficient BackProp, equation 16; Klambauer et al. 2017 (arXiv:1706.02515);
    jax.nn.initializers.lecun_normal; keras.initializers.LecunNormal; timm.layers.lecun_normal_.
    """

    distribution: Gaussian = "truncated_normal"

    def resolve(self, site: Site) -> draws.Draw:
        return scaled(1.0 / math.sqrt(fan(site.known_fans(), "fan_in")), self.distribution)


@initializer("torch_default")
class LayerDefault(Formula):
    """Draws from U[-b, b), b = 1 / sqrt(fan_in), for weights and biases alike.

    This is what dense and convolutional layers of torch and MindSpore do by default. A bias takes the fans of
    its cell's weight. It is ``he_uniform`` with a negative slope of sqrt(5): variance 1 / (3 fan_in).

    Sources: torch.nn.Linear.reset_parameters and torch.nn.modules.conv._ConvNd.reset_parameters;
    mindspore.nn.Dense and Conv2d.
    """

    def resolve(self, site: Site) -> draws.Draw:
        bound = 1.0 / math.sqrt(fan(site.known_fans(), "fan_in"))
        return draws.Uniform(-bound, bound)


def fan(fans: Fans, mode: Mode) -> float:
    """Returns the fan that ``mode`` names.

    Raises:
        ValueError: If it is not known, or not positive.
    """
    match mode:
        case "fan_in":
            n = _known(fans.fan_in, mode, "in")
        case "fan_out":
            n = _known(fans.fan_out, mode, "out")
        case "fan_avg":
            n = (_known(fans.fan_in, mode, "in") + _known(fans.fan_out, mode, "out")) / 2.0
        case "fan_geo_avg":
            n = math.sqrt(_known(fans.fan_in, mode, "in") * _known(fans.fan_out, mode, "out"))
    if not 0.0 < n < math.inf:
        raise ValueError(f"{mode} is {n:g}: must be > 0")
    return n


def _known(value: float | None, mode: Mode, key: str) -> float:
    if value is None:
        raise NoFansError(
            f"{mode} is not known: `fans` gives one fan of a tensor that has none of its own, add `{key}` to it"
        )
    return value


def gain_of(nonlinearity: Nonlinearity, negative_slope: float = 0.01) -> float:
    """Returns the recommended factor on the standard deviation, as ``torch.nn.init.calculate_gain`` does."""
    match nonlinearity:
        case "tanh":
            return 5.0 / 3.0
        case "relu":
            return math.sqrt(2.0)
        case "leaky_relu":
            if abs(negative_slope) > _STEEP:
                return math.sqrt(2.0) / abs(negative_slope)  # its square would be beyond the greatest float
            return math.sqrt(2.0 / (1.0 + negative_slope * negative_slope))
        case "selu":
            return 0.75
        case _:
            return 1.0


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Returns the factor on the standard deviation that is recommended before a nonlinearity, as torch's function.

    Args:
        nonlinearity: ``linear``, ``conv1d`` and its kin, ``sigmoid``, ``tanh``, ``relu``, ``leaky_relu`` or ``selu``.
        param: The negative slope of ``leaky_relu``, 0.01 if left out.

    Raises:
        ValueError: If nothing is known of ``nonlinearity``.
    """
    known = get_args(Nonlinearity)
    if nonlinearity not in known:
        guess = suggestion(nonlinearity, known)
        raise ValueError(f"nothing is known of {nonlinearity!r}: " + (guess or f"there are {', '.join(known)}"))
    return gain_of(nonlinearity, 0.01 if param is None else param)  # type: ignore[arg-type]  # one of its words


def _spread(gain: float, size: float) -> float:
    """Returns the standard deviation; only a gain of 0 makes it 0."""
    std = gain / math.sqrt(size)
    if gain and not std:
        raise ValueError(f"a gain of {gain} leaves no spread")
    return std


def scaled(std: float, distribution: Distribution) -> draws.Draw:
    """Returns the draw with mean 0 and standard deviation ``std``; without spread it is the constant 0."""
    if std == 0.0:
        return draws.Constant(0.0)
    match distribution:
        case "normal" | "untruncated_normal":
            return draws.Normal(0.0, std)
        case "truncated_normal":
            wide = std / truncation.std(-2.0, 2.0)
            return draws.TruncatedNormal(0.0, wide, -2.0 * wide, 2.0 * wide)
        case "uniform":
            bound = math.sqrt(3.0) * std
            return draws.Uniform(-bound, bound)
