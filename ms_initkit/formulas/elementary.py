"""Constants, the plain distributions and mixtures of them."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

import math
from dataclasses import KW_ONLY
from typing import Annotated, Literal, TypeAlias

from ms_initkit import draws
from ms_initkit.draws import truncation
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.kinds import Alias, Positive, Range, Sigma

Low: TypeAlias = Annotated[float, Range(), Alias(("a", "minval"))]
High: TypeAlias = Annotated[float, Range(), Alias(("b", "maxval"))]


@initializer("zero")
class Zeros(Formula):
    """Every element is 0.

    Sources: mindspore.common.initializer.Zero; torch.nn.init.zeros_.
    """

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Constant(0.0)


@initializer("one")
class Ones(Formula):
    """Every element is 1.

    Sources: mindspore.common.initializer.One; torch.nn.init.ones_.
    """

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Constant(1.0)


@initializer()
class Constant(Formula):
    """Every element is ``value``.

    Args:
        value: Any finite number. Layer scales and other constants of a paper are this.

    Sources: mindspore.common.initializer.Constant (there also an array: that is `from:` in a recipe);
    torch.nn.init.constant_.
    """

    value: Annotated[float, Range(), Alias(("val",))]

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Constant(self.value)


@initializer()
class Uniform(Formula):
    """Draws from U[-scale, scale), or from U[low, high): mean 0 and variance scale**2 / 3.

    JAX's ``uniform(scale)`` is the one-sided U[0, scale): write ``low: 0``, ``high: scale``.

    Args:
        scale: Half width of an interval around 0. MindSpore's default is 0.07; it holds where no argument is
            given.
        low: Lower end, instead of ``scale``; ``high`` is given with it.
        high: Upper end, > low; never drawn.

    Sources: mindspore.common.initializer.Uniform; torch.nn.init.uniform_ (a, b).
    """

    scale: Positive | None = None
    low: Low | None = None
    high: High | None = None

    def check(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"low and high are given together or not at all, not {self.low} and {self.high}")
        if self.scale is not None and self.low is not None:
            raise ValueError("give scale, or low and high, not both")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        if self.low is not None and self.high is not None:
            return draws.Uniform(self.low, self.high)
        scale = 0.07 if self.scale is None else self.scale
        return draws.Uniform(-scale, scale)


@initializer()
class LogUniform(Formula):
    """Draws exp(U[log low, log high)): every order of magnitude between ``low`` and ``high`` is as likely.

    Args:
        low: Lower end, > 0.
        high: Upper end, > low.

    Sources: the step sizes of Gu et al. 2022 (S4D, arXiv:2206.11893) and of Gu & Dao 2023 (Mamba,
    arXiv:2312.00752).
    """

    low: Positive
    high: Positive

    def check(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, not {self.low} and {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return log_uniform(self.low, self.high)


@initializer()
class Normal(Formula):
    """Draws with mean ``mean`` and standard deviation ``sigma``, without truncation.

    Args:
        sigma: Standard deviation, > 0. MindSpore's default is 0.01 (torch: 1, Keras: 0.05).
        mean: Mean.

    Sources: mindspore.common.initializer.Normal; torch.nn.init.normal_ (there the mean comes first).
    """

    sigma: Sigma = 0.01
    mean: float = 0.0

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return draws.Normal(self.mean, self.sigma)


@initializer()
class TruncatedNormal(Formula):
    """Draws from N(mean, sigma**2) given that the value falls between two bounds.

    Two meanings go by this name, and the recipe says which: ``absolute`` bounds are values (MindSpore 2,
    torch: with ``sigma`` 0.02 and bounds of 2 nothing is ever cut off), ``sigmas`` are multiples of ``sigma``
    from the mean (TensorFlow, JAX: the standard deviation becomes 0.8796 ``sigma`` at 2).

    Args:
        sigma: Standard deviation before truncation, > 0; after it where ``correct_variance`` is set.
        mean: Mean before truncation; must lie within the bounds.
        a: Lower bound.
        b: Upper bound, > a.
        bounds: ``absolute`` or ``sigmas``; has no default.
        correct_variance: Widens the normal so that the standard deviation after truncation is ``sigma``; the
            bounds, in sigmas, widen with it. The mean is not corrected. Only with ``sigmas``.

    Sources: mindspore.common.initializer.TruncatedNormal and torch.nn.init.trunc_normal_ (absolute);
    jax.nn.initializers.truncated_normal and keras.initializers.TruncatedNormal (sigmas, not corrected).
    """

    sigma: Sigma = 0.01
    mean: float = 0.0
    a: Annotated[float, Range(), Alias(("lower",))] = -2.0
    b: Annotated[float, Range(), Alias(("upper",))] = 2.0
    _: KW_ONLY
    bounds: Literal["absolute", "sigmas"]
    correct_variance: bool = False

    def check(self) -> None:
        center = self.mean if self.bounds == "absolute" else 0.0
        if not self.a < self.b:
            raise ValueError(f"a must be below b, not {self.a} and {self.b}")
        if not self.a <= center <= self.b:
            where = "mean" if self.bounds == "absolute" else "mean (0 sigmas)"
            raise ValueError(f"the {where} {center} must lie within the bounds, not outside [{self.a}, {self.b}]")
        if self.correct_variance and self.bounds == "absolute":
            raise ValueError("correct_variance needs `bounds: sigmas`: absolute bounds do not widen with sigma")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        if self.bounds == "absolute":
            return draws.TruncatedNormal(self.mean, self.sigma, self.a, self.b)
        sigma = self.sigma / truncation.std(self.a, self.b) if self.correct_variance else self.sigma
        return draws.TruncatedNormal(self.mean, sigma, self.mean + self.a * sigma, self.mean + self.b * sigma)


@initializer()
class TruncNormal(Formula):
    """Draws from N(mean, sigma**2) given that it falls in [a, b]: absolute bounds, as torch has them.

    With a small ``sigma`` and the default bounds nothing is ever cut off: ``trunc_normal(0.02)`` is N(0,
    0.02**2).

    Args:
        sigma: Standard deviation before truncation, > 0 (torch's default is 1; a recipe says its own).
        mean: Mean before truncation; must lie in [a, b].
        a: Lower bound, as a value.
        b: Upper bound, as a value, > a.

    Sources: torch.nn.init.trunc_normal_; timm.layers.trunc_normal_. No variance correction.
    """

    sigma: Sigma
    mean: float = 0.0
    a: float = -2.0
    b: float = 2.0

    def check(self) -> None:
        self._full()

    def resolve(self, site: Site) -> draws.Draw:
        return self._full().resolve(site)

    def _full(self) -> TruncatedNormal:
        return TruncatedNormal(self.sigma, self.mean, self.a, self.b, bounds="absolute")


@initializer()
class TruncNormalTf(Formula):
    """Draws from N(mean, sigma**2) given that it is within [a, b] sigmas of the mean.

    So do TensorFlow, JAX and Keras. The standard deviation that comes out is smaller than ``sigma``: 0.8796
    ``sigma`` at 2, 0.9866 ``sigma`` at 3.

    Args:
        sigma: Standard deviation before truncation, > 0.
        mean: Mean before truncation.
        a: Lower bound in sigmas, <= 0.
        b: Upper bound in sigmas, >= 0.

    Sources: timm.layers.trunc_normal_tf_; jax.nn.initializers.truncated_normal;
    keras.initializers.TruncatedNormal. No variance
    correction: ``truncated_normal`` with ``correct_variance`` has it.
    """

    sigma: Sigma
    mean: float = 0.0
    a: float = -2.0
    b: float = 2.0

    def check(self) -> None:
        self._full()

    def resolve(self, site: Site) -> draws.Draw:
        return self._full().resolve(site)

    def _full(self) -> TruncatedNormal:
        return TruncatedNormal(self.sigma, self.mean, self.a, self.b, bounds="sigmas")


@initializer()
class Mixture(Formula):
    """Draws each element from one of several laws, ``parts[k]`` with its weight as probability.

    The custom distribution of the tutorials, U(5, 10) with probability 1/4, 0 with 1/2 and U(-10, -5) with
    1/4, is a mixture of three parts.

    Args:
        parts: Pairs of a weight, > 0, and an initializer that draws element by element; the weights sum to 1.

    Sources: Zhang et al., Dive into Deep Learning, section 6.3.2 (the custom initializer).
    """

    parts: tuple[tuple[float, Formula], ...]

    def check(self) -> None:
        if not self.parts:
            raise ValueError("a mixture needs at least one part")
        for weight, _ in self.parts:
            if weight <= 0:
                raise ValueError(f"the weight of a part is {weight}: must be > 0")
        total = math.fsum(weight for weight, _ in self.parts)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the weights of the parts sum to {total!r}: must sum to 1")

    def resolve(self, site: Site) -> draws.Draw:
        drawn = tuple(part.resolve(site) for _, part in self.parts)
        for draw in drawn:
            if not isinstance(draw, draws.Constant | draws.Uniform | draws.Normal | draws.TruncatedNormal):
                raise ValueError(f"a part of a mixture draws {type(draw).__name__}: must be one law for every element")
        return draws.Mixture(tuple(weight for weight, _ in self.parts), drawn)


def log_uniform(low: float, high: float) -> draws.Draw:
    """Returns the draw of exp(U[log low, log high))."""
    from ms_initkit.draws import portable

    return draws.Edited(draws.Uniform(portable.log(low), portable.log(high)), (draws.Step("exp"),))
