"""Distribution functions of what is drawn element by element, so that values can be held against them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from scipy import special

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Edit, Step
from ms_initkit.draws.arrays import Floats

Function: TypeAlias = Callable[[Floats], Floats]

# The distance of neighbouring float32 numbers relative to their magnitude, at most; words have a lattice as fine.
ULP: Final = 2.0**-23
# No normal is drawn further from its mean, in standard deviations.
_REACH: Final = 8.0
_LEAST_MASS: Final = 1e-280
_SQRT_2PI: Final = math.sqrt(2.0 * math.pi)


@record
class Distribution:
    """The law of one element, in float32 arithmetic.

    Args:
        below: At most P(X < x), however the arithmetic has rounded.
        upto: At least P(X <= x), however it has.
        low: Nothing is below; -inf where there is no bound.
        high: Nothing is above; inf where there is no bound.
        center: About where the values lie.
        reach: No value is greater in magnitude.
        density: Nowhere is the density greater; inf where it is not known.
        lump: No single float32 number has a greater probability.
        ends: Bounds beyond which rounding to a narrower type carries no value: what lies next to one may be rounded
            away from it, to the last number inside.
    """

    below: Function
    upto: Function
    low: float
    high: float
    center: float
    reach: float
    density: float
    lump: float
    ends: tuple[float, ...] = ()


@lru_cache(maxsize=4096)
def distribution(draw: Draw, steps: tuple[Step, ...] = ()) -> Distribution | None:
    """Returns the law of an element of ``draw`` after ``steps``; None where it is not known."""
    law = _of(draw)
    for step in steps:
        law = None if law is None else _stepped(law, step)
    return law


def _of(draw: Draw) -> Distribution | None:
    match draw:
        case draws.Constant(value):
            return _constant(value)
        case draws.Uniform(low, high) if low < high:
            law = _continuous(lambda x: np.clip((x - low) / (high - low), 0.0, 1.0), low, high, 1.0 / (high - low))
            return _bounded(law, low, high)
        case draws.Normal(mean, std) if std > 0.0:
            reach = _REACH * std
            law = _continuous(
                lambda x: special.ndtr((x - mean) / std), mean - reach, mean + reach, 1.0 / (std * _SQRT_2PI)
            )
            return replace(law, low=-math.inf, high=math.inf)
        case draws.TruncatedNormal(mean, std, low, high) if std > 0.0:
            return _truncated(mean, std, low, high)
        case draws.Mixture(weights, parts):
            return _mixed(weights, [distribution(part) for part in parts])
        case draws.Edited(edits=edits) if any(isinstance(edit, draws.AddDraw) for edit in edits):
            normal = _sum_of_normals(draw)
            return None if normal is None else _of(normal)
        case draws.Edited(inner, edits):
            steps = tuple(edit for edit in edits if isinstance(edit, draws.Step))
            return distribution(inner, steps) if len(steps) == len(edits) else None
        case _:
            return None


# By how much more than the sum its terms may reach for their roundings to be no greater than its own.
_CANCELLED: Final = 2.0


def _sum_of_normals(draw: Draw) -> draws.Normal | None:
    """Returns the normal that normals and constants add up to; None of anything else, and of sums that cancel."""
    match draw:
        case draws.Constant(value):
            return draws.Normal(value, 0.0)
        case draws.Normal():
            return draw
        case draws.Edited(inner, edits):
            first = _sum_of_normals(inner)
            return None if first is None else _summed(first, edits)
        case _:
            return None


def _summed(total: draws.Normal, edits: tuple[Edit, ...]) -> draws.Normal | None:
    reach = _farthest(total)
    for edit in edits:
        match edit:
            case draws.Step("add", value):
                total = draws.Normal(total.mean + value, total.std)
            case draws.Step("multiply", value):
                total, reach = draws.Normal(total.mean * value, total.std * abs(value)), reach * abs(value)
            case draws.AddDraw(added):
                other = _sum_of_normals(added)
                if other is None:
                    return None
                total = draws.Normal(total.mean + other.mean, math.hypot(total.std, other.std))
                reach = max(reach, _farthest(other))
            case _:
                return None
        reach = max(reach, _farthest(total))
    return total if reach <= _CANCELLED * _farthest(total) else None


def _farthest(law: draws.Normal) -> float:
    return abs(law.mean) + _REACH * law.std


def _constant(value: float) -> Distribution:
    def below(x: Floats) -> Floats:
        return (x - _rounding(x) > value).astype(np.float64)

    def upto(x: Floats) -> Floats:
        return (x + _rounding(x) >= value).astype(np.float64)

    return Distribution(below, upto, value, value, value, abs(value), math.inf, 1.0)


def _continuous(function: Function, low: float, high: float, density: float) -> Distribution:
    """Returns the law of a continuous distribution function; all but nothing lies between ``low`` and ``high``."""
    reach = max(abs(low), abs(high))
    return Distribution(
        lambda x: function(x - _rounding(x, reach)),
        lambda x: function(x + _rounding(x, reach)),
        low,
        high,
        0.5 * (low + high),
        reach,
        density,
        min(1.0, ULP * (1.0 + density * reach)),
    )


def _bounded(law: Distribution, low: float, high: float) -> Distribution:
    """Returns the law of values that are kept within bounds: the last number inside has what lies beyond it, too."""
    return replace(law, ends=(low, high), lump=min(1.0, 1.5 * law.lump))


def _rounding(x: Floats, reach: float = 0.0) -> Floats:
    """Returns how far one operation can have carried a value near ``x``, of which terms reach ``reach``."""
    return ULP * (np.abs(x) + reach)


def _truncated(mean: float, std: float, low: float, high: float) -> Distribution | None:
    a, b = (low - mean) / std, (high - mean) / std
    # Of the two tails the one whose probabilities do not cancel.
    sign = -1.0 if a > 0.0 else 1.0
    near, far = sorted((sign * a, sign * b))
    mass = float(special.ndtr(far) - special.ndtr(near))
    if mass < _LEAST_MASS:
        return None

    def function(x: Floats) -> Floats:
        z = np.clip(sign * (x - mean) / std, near, far)
        part = (special.ndtr(z) - special.ndtr(near)) / mass
        return part if sign > 0.0 else 1.0 - part  # type: ignore[no-any-return]  # scipy has no types

    mode = min(max(0.0, a), b)
    # Far beyond the bound that is nearer to the mean nothing is drawn, either.
    left = max(low, (mean if b > -_REACH else high) - _REACH * std)
    right = min(high, (mean if a < _REACH else low) + _REACH * std)
    law = _continuous(function, left, right, math.exp(-0.5 * mode * mode) / (std * _SQRT_2PI * mass))
    return _bounded(replace(law, low=low, high=high, center=mean + std * mode), low, high)


def _mixed(weights: tuple[float, ...], parts: list[Distribution | None]) -> Distribution | None:
    laws = [(weight, part) for weight, part in zip(weights, parts, strict=True) if weight > 0.0 and part is not None]
    if len(laws) < sum(weight > 0.0 for weight in weights):
        return None
    return Distribution(
        lambda x: np.clip(sum((weight * part.below(x) for weight, part in laws), np.zeros_like(x)), 0.0, 1.0),
        lambda x: np.clip(sum((weight * part.upto(x) for weight, part in laws), np.zeros_like(x)), 0.0, 1.0),
        min(part.low for _, part in laws),
        max(part.high for _, part in laws),
        sum(weight * part.center for weight, part in laws),
        max(part.reach for _, part in laws),
        sum(weight * part.density for weight, part in laws),
        min(1.0, sum(weight * part.lump for weight, part in laws)),
        tuple(end for _, part in laws for end in part.ends),
    )


def _stepped(law: Distribution, step: Step) -> Distribution | None:
    value = step.value
    match step.name:
        case "add":
            return _moved(law, lambda y: y - value, lambda x: x + value, law.density, law.reach + abs(value))
        case "multiply" if value == 0.0:
            return _constant(0.0)
        case "multiply" if value > 0.0:
            return _moved(law, lambda y: y / value, lambda x: x * value, law.density / value, law.reach * value)
        case "multiply":
            mirrored = _mirrored(law)
            return _moved(
                mirrored, lambda y: y / -value, lambda x: x * -value, law.density / -value, law.reach * -value
            )
        case "at_least":
            return _at_least(law, value)
        case "below":
            return _mirrored(_at_least(_mirrored(law), -value))
        case "log" if law.low >= 0.0:
            reach = max(abs(_log(law.low)), abs(_log(law.high)))
            return _moved(law, lambda y: np.exp(np.minimum(y, 709.0)), _log, law.density * law.high, reach)
        case "exp":
            least = _exp(law.low)
            density = law.density / least if least else math.inf
            # A rounding is relative to the result here, so that a great one is no coarser than a small one.
            made = _moved(law, _log_of, _exp, density, least if least else math.inf)
            # Values over many magnitudes are told apart by their own exponents, not by those of what is left of them.
            return replace(made, center=made.center if made.high < 2.0 * made.low else 0.0)
        case "inverse_softplus" if law.low >= 0.0:
            reach = max(abs(_inverse_softplus(law.low)), abs(_inverse_softplus(law.high)))
            return _moved(law, lambda y: np.logaddexp(0.0, y), _inverse_softplus, law.density, reach)
        case _:
            return None


def _moved(
    law: Distribution, inverse: Function, forward: Callable[[float], float], density: float, reach: float
) -> Distribution:
    """Returns the law after a step that keeps the order, which ``inverse`` takes back."""
    lump = law.lump + ULP * density * reach if math.isfinite(density) and math.isfinite(reach) else 1.0
    return Distribution(
        lambda y: law.below(inverse(y - _rounding(y))),
        lambda y: law.upto(inverse(y + _rounding(y))),
        forward(law.low),
        forward(law.high),
        forward(law.center),
        reach,
        density,
        min(1.0, lump),
        tuple(map(forward, law.ends)),
    )


def _mirrored(law: Distribution) -> Distribution:
    """Returns the law of the values with the other sign."""
    return replace(
        law,
        below=lambda y: 1.0 - law.upto(-y),
        upto=lambda y: 1.0 - law.below(-y),
        low=-law.high,
        high=-law.low,
        center=-law.center,
        ends=tuple(-end for end in law.ends),
    )


def _at_least(law: Distribution, value: float) -> Distribution:
    if value - ULP * abs(value) <= law.low:  # takes back what roundings did, and makes no atom
        return replace(law, low=max(law.low, value), center=max(law.center, value), ends=(*law.ends, value))
    atom = float(law.upto(np.array([value]))[0])
    return replace(
        law,
        below=lambda y: np.where(y - _rounding(y) <= value, 0.0, law.below(y)),
        upto=lambda y: np.where(y + _rounding(y) < value, 0.0, law.upto(y)),
        low=max(law.low, value),
        high=max(law.high, value),
        center=max(law.center, value),
        reach=max(law.reach, abs(value)),
        density=math.inf if atom > 0.0 else law.density,
        lump=min(1.0, law.lump + atom),
        ends=(*law.ends, value),
    )


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else -math.inf


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf


def _log_of(y: Floats) -> Floats:
    return np.log(y, out=np.full_like(y, -1e300), where=y > 0.0)


def _inverse_softplus(x: float) -> float:
    if x <= 0.0:
        return -math.inf
    return x + math.log(-math.expm1(-x)) if x < 40.0 else x
