"""Constants, the plain distributions and mixtures of them."""

# ruff: noqa: D102 (check and resolve are documented by Formula)

from __future__ import annotations

import math
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar, Literal, TypeAlias

from ms_initkit import draws
from ms_initkit.basis.records import open_record
from ms_initkit.draws import truncation
from ms_initkit.formulas.base import Formula, Site, initializer
from ms_initkit.formulas.kinds import Alias, NotNegative, Positive, Range, Sigma

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
    """Every element is ``value``, or every element of row i the i-th of several values.

    Args:
        value: Any finite number, such as a layer scale; or a list of numbers, one for each row (slice of the first
            axis).

    Sources: mindspore.common.initializer.Constant (there also a whole array: that is `from:` in a recipe);
    torch.nn.init.constant_.
    """

    value: Annotated[float | tuple[float, ...], Range(), Alias(("val",))]

    def resolve(self, site: Site) -> draws.Draw:
        return constant(site, self.value)


@initializer()
class Uniform(Formula):
    """Draws from U[-scale, scale), or from U[low, high): mean 0 and variance scale**2 / 3.

    JAX's ``uniform(scale)`` is the one-sided U[0, scale): write ``low: 0``, ``high: scale``.

    Args:
        scale: Half width of an interval around 0. MindSpore's default is 0.07; it holds where no argument is
            given.
        low: Lower end, instead of ``scale``; ``high`` is given with it.
        high: Upper end, never drawn; where it is ``low``, every element is that.

    Sources: mindspore.common.initializer.Uniform; torch.nn.init.uniform_ (a, b).
    """

    scale: NotNegative | None = None
    low: Low | None = None
    high: High | None = None

    def check(self) -> None:
        if (self.low is None) != (self.high is None):
            raise ValueError(f"low and high are given together or not at all, not {self.low} and {self.high}")
        if self.scale is not None and self.low is not None:
            raise ValueError("give scale, or low and high, not both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low must not be above high, as {self.low} is above {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        scale = 0.07 if self.scale is None else self.scale
        low, high = (-scale, scale) if self.low is None or self.high is None else (self.low, self.high)
        return draws.Constant(low) if low == high else draws.Uniform(low, high)


@initializer()
class LogUniform(Formula):
    """Draws exp(U[log low, log high)): every order of magnitude between ``low`` and ``high`` is as likely.

    Args:
        low: Lower end, > 0.
        high: Upper end, not below ``low``, never drawn; where it is ``low``, every element is that.

    Sources: the step sizes of Gu et al. 2022 (S4D, arXiv:2206.11893) and of Gu & Dao 2023 (Mamba,
    arXiv:2312.00752).
    """

    low: Positive
    high: Positive

    def check(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low must not be above high, as {self.low} is above {self.high}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        from ms_initkit.draws import portable

        if self.low == self.high:
            return draws.Constant(self.low)
        # The roundings of logarithms would carry some of the values beyond the ends.
        within = (draws.Step("at_least", self.low), draws.Step("below", self.high))
        exponent = draws.Uniform(portable.log(self.low), portable.log(self.high))
        return draws.Edited(exponent, (draws.Step("exp"), *within))


@initializer()
class Normal(Formula):
    """Draws with mean ``mean`` and standard deviation ``sigma``, without truncation.

    Args:
        sigma: Standard deviation; 0 makes every element the mean. MindSpore's default is 0.01 (torch: 1, Keras: 0.05).
        mean: Mean.

    Sources: mindspore.common.initializer.Normal; torch.nn.init.normal_ (there the mean comes first).
    """

    sigma: Sigma = 0.01
    mean: float = 0.0

    def resolve(self, site: Site) -> draws.Draw:
        del site
        return normal(self.mean, self.sigma)


@initializer()
class TruncatedNormal(Formula):
    """Draws from N(mean, sigma**2) given that the value falls between two bounds.

    Two meanings go by this name, and the recipe says which: ``absolute`` bounds are values (MindSpore 2,
    torch: with ``sigma`` 0.02 and bounds of 2 nothing is ever cut off), ``sigmas`` are multiples of ``sigma``
    from the mean (TensorFlow, JAX: the standard deviation becomes 0.8796 ``sigma`` at 2).

    Args:
        sigma: Standard deviation before truncation; after it where ``correct_variance`` is set.
        mean: Mean before truncation; it may lie outside of the bounds.
        a: Lower bound.
        b: Upper bound, not below ``a``.
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
        if self.a > self.b:
            raise ValueError(f"a must not be above b, as {self.a} is above {self.b}")
        if self.correct_variance and self.bounds == "absolute":
            raise ValueError("correct_variance needs `bounds: sigmas`: absolute bounds do not widen with sigma")
        if self.correct_variance and self.a == self.b:
            raise ValueError(f"correct_variance needs room between the bounds: a and b are both {self.a}")

    def resolve(self, site: Site) -> draws.Draw:
        del site
        if self.bounds == "absolute":
            return truncated_normal(self.mean, self.sigma, self.a, self.b)
        sigma = self.sigma / truncation.std(self.a, self.b) if self.correct_variance else self.sigma
        return truncated_normal(self.mean, sigma, self.mean + self.a * sigma, self.mean + self.b * sigma)


@open_record
class _Truncated(Formula):
    """N(mean, sigma**2) between bounds whose meaning the class says."""

    bounds: ClassVar[Literal["absolute", "sigmas"]]

    sigma: Sigma
    mean: float = 0.0
    a: float = -2.0
    b: float = 2.0

    def check(self) -> None:
        self._full()

    def resolve(self, site: Site) -> draws.Draw:
        return self._full().resolve(site)

    def _full(self) -> TruncatedNormal:
        return TruncatedNormal(self.sigma, self.mean, self.a, self.b, bounds=self.bounds)


@initializer()
class TruncNormal(_Truncated):
    """Draws from N(mean, sigma**2) given that it falls in [a, b]: absolute bounds, as torch has them.

    With a small ``sigma`` and the default bounds nothing is ever cut off: ``trunc_normal(0.02)`` is N(0,
    0.02**2).

    Args:
        sigma: Standard deviation before truncation (torch's default is 1; a recipe says its own).
        mean: Mean before truncation; it may lie outside of [a, b].
        a: Lower bound, as a value.
        b: Upper bound, as a value, not below ``a``.

    Sources: torch.nn.init.trunc_normal_; timm.layers.trunc_normal_. No variance correction.
    """

    bounds = "absolute"


@initializer()
class TruncNormalTf(_Truncated):
    """Draws from N(mean, sigma**2) given that it is within [a, b] sigmas of the mean.

    So do TensorFlow, JAX and Keras. The standard deviation that comes out is smaller than ``sigma``: 0.8796
    ``sigma`` at 2, 0.9866 ``sigma`` at 3.

    Args:
        sigma: Standard deviation before truncation.
        mean: Mean before truncation.
        a: Lower bound in sigmas.
        b: Upper bound in sigmas, not below ``a``.

    Sources: timm.layers.trunc_normal_tf_; jax.nn.initializers.truncated_normal;
    keras.initializers.TruncatedNormal. No variance
    correction: ``truncated_normal`` with ``correct_variance`` has it.
    """

    bounds = "sigmas"


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


def constant(site: Site, value: float | tuple[float, ...]) -> draws.Draw:
    """Returns the draw of one value, or of one for each row.

    Raises:
        ValueError: If there are not as many values as rows.
    """
    if not isinstance(value, tuple):
        return draws.Constant(value)
    if len(value) == 1:
        return draws.Constant(value[0])
    if len(value) != (site.shape[0] if site.shape else 1):
        raise ValueError(f"{len(value)} values are not one for each row of the shape {site.shape}")
    return draws.Table("rows", (("values", value),))


def normal(mean: float, std: float) -> draws.Draw:
    """Returns the draw of a normal, which without spread is a constant."""
    return draws.Normal(mean, std) if std else draws.Constant(mean)


def truncated_normal(mean: float, std: float, low: float, high: float) -> draws.Draw:
    """Returns the draw of a normal between bounds, which without spread or room is a constant within them."""
    if std and low < high:
        return draws.TruncatedNormal(mean, std, low, high)
    return draws.Constant(min(max(mean, low), high))
