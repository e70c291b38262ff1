"""Mean, spread, bounds and kurtosis of a draw, from its numbers alone: nothing is sampled.

What a law of elements makes of steps (``log``, ``exp``, ...) is integrated numerically; tables are evaluated,
whole. All of it is float64 by operations that give the same bits on every machine, so that a plan reads the
same everywhere.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Edit, Step, portable, tables, truncation
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.functions import Normalize
from ms_initkit.draws.steps import stepped
from ms_initkit.draws.windows import everything, local_shape, slices_of

# A table of more elements is not evaluated for its moments: a plan is to stay instant.
_LARGEST_TABLE: Final = 1 << 22


@record
class Moments:
    """What is known of the values of a tensor, each None where it is not known.

    Where elements have different laws (blocks, edits, tables) these are the moments over the whole tensor.

    Args:
        mean: Mean.
        std: Standard deviation.
        low: Nothing is below; None also where there is no bound.
        high: Nothing is above; None also where there is no bound.
        kurtosis: Fourth central moment over the squared variance: 3 for a normal; None for a constant.
    """

    mean: float | None = None
    std: float | None = None
    low: float | None = None
    high: float | None = None
    kurtosis: float | None = None


def moments(draw: Draw, shape: tuple[int, ...]) -> Moments:
    """Returns the moments of ``draw`` in a tensor of ``shape``; of no elements there are none."""
    try:
        central = None if 0 in shape else _central(draw, shape)
    except OverflowError:  # squares beyond float64: what is drawn may be out of range, and is looked at on its own
        central = None
    if central is None:
        return Moments()
    # A spread below the rounding of the mean is none.
    is_constant = central.std <= 1e-15 * abs(central.mean)
    return Moments(
        _bound(central.mean),
        0.0 if is_constant else _bound(central.std),
        _bound(central.low),
        _bound(central.high),
        None if is_constant else _bound(central.kurtosis),
    )


@record
class _Central:
    """Mean and standardised moments: raw ones would cancel beside a great mean, and powers leave the numbers' range."""

    mean: float
    std: float
    skewness: float
    kurtosis: float
    low: float
    high: float

    @classmethod
    def constant(cls, value: float) -> _Central:
        return cls(value, 0.0, 0.0, 0.0, value, value)

    @classmethod
    def of_sums(cls, mean: float, scale: float, sums: tuple[float, float, float], low: float, high: float) -> _Central:
        """Returns what second, third and fourth central moment in units of ``scale`` and its powers amount to."""
        m2, m3, m4 = sums
        if m2 <= 0.0:
            return cls(mean, 0.0, 0.0, 0.0, low, high)
        return cls(mean, scale * math.sqrt(m2), m3 / m2**1.5, m4 / (m2 * m2), low, high)


def _central(draw: Draw, shape: tuple[int, ...]) -> _Central | None:
    match draw:
        case draws.Constant(value):
            return _Central.constant(float(value))
        case draws.Uniform(low, high):
            return _Central(0.5 * low + 0.5 * high, (high - low) / math.sqrt(12.0), 0.0, 1.8, low, high)
        case draws.Normal(mean, std):
            return _Central(mean, std, 0.0, 3.0, -math.inf, math.inf)
        case draws.TruncatedNormal(mean, std, low, high) if std == 0.0 or low == high:
            return _Central.constant(min(max(mean, low), high))
        case draws.TruncatedNormal(mean, std, low, high):
            shift, *sums = truncation.central_moments((low - mean) / std, (high - mean) / std)
            return _Central.of_sums(mean + shift * std, std, (sums[0], sums[1], sums[2]), low, high)
        case draws.Mixture(weights, parts):
            return _mixed(weights, [_central(part, shape) for part in parts])
        case draws.Blocks(_, sizes, parts):
            inner = [_central(part, own) for part, own in zip(parts, draw.shapes(shape), strict=True)]
            return _mixed([size / sum(sizes) for size in sizes], inner)
        case draws.Repeated(_, _, inner_draw):
            return _central(inner_draw, *draw.shapes(shape))
        case draws.Whole(name, arguments):
            return _of_whole(name, dict(arguments), shape)
        case draws.Table():
            values = _evaluated(draw, shape)
            return None if values is None else _of_values(values)
        case draws.Edited(inner_draw, edits):
            return _edited(inner_draw, edits, shape)
        case draws.Made(draws.Normal(0.0, std), inner, Normalize(axes, to)) if std:
            return _of_sphere(math.prod(inner[axis] for axis in axes), to)
        case _:
            return None


def _mixed(weights: tuple[float, ...] | list[float], parts: list[_Central | None]) -> _Central | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    pairs = [(weight, part) for weight, part in zip(weights, known, strict=True) if weight > 0.0]
    mean = math.fsum(weight * part.mean for weight, part in pairs)
    low, high = min(part.low for _, part in pairs), max(part.high for _, part in pairs)
    scale = max(max(part.std, abs(part.mean - mean)) for _, part in pairs)
    if not 0.0 < scale < math.inf:
        return _Central(mean, scale, 0.0, 0.0, low, high)
    m2, m3, m4 = [], [], []
    for weight, part in pairs:
        shift, std = (part.mean - mean) / scale, part.std / scale
        second, third, fourth = std**2, std**3 * part.skewness, std**4 * part.kurtosis
        m2.append(weight * (second + shift**2))
        m3.append(weight * (third + 3.0 * shift * second + shift**3))
        m4.append(weight * (fourth + 4.0 * shift * third + 6.0 * shift**2 * second + shift**4))
    return _Central.of_sums(mean, scale, (math.fsum(m2), math.fsum(m3), math.fsum(m4)), low, high)


def _of_whole(name: str, arguments: dict[str, object], shape: tuple[int, ...]) -> _Central | None:
    stacked = arguments.get("batch_axes", ())
    if isinstance(stacked, tuple):
        shape = tuple(extent for axis, extent in enumerate(shape) if axis not in stacked)
    match name, arguments:
        case "orthogonal", {"gain": float(gain), "column_axis": str(axis)}:
            rows = shape[0] if axis == "first" else math.prod(shape[:-1])
            return _of_sphere(max(rows, math.prod(shape) // rows), gain)
        case "delta_orthogonal", {"gain": float(gain)}:
            share = 1.0 / math.prod(shape[2:])
            return _mixed((share, 1.0 - share), [_of_sphere(max(shape[:2]), gain), _Central.constant(0.0)])
        case "sparse", {"sparsity": float(sparsity), "std": float(std)}:
            share = math.ceil(sparsity * shape[0]) / shape[0]
            parts = [_central(draws.Constant(0.0), shape), _central(draws.Normal(0.0, std), shape)]
            return _mixed((share, 1.0 - share), parts)
        case _:
            return None


def _of_sphere(n: int, radius: float) -> _Central:
    """Returns the moments of a coordinate of a point that is uniform on the sphere in ``n`` dimensions."""
    return _Central(0.0, radius / math.sqrt(n), 0.0, 3.0 * n / (n + 2.0), -radius, radius)


def _edited(draw: Draw, edits: tuple[Edit, ...], shape: tuple[int, ...]) -> _Central | None:
    values = _evaluated(draws.Edited(draw, edits), shape)
    if values is not None:
        return _of_values(values)
    sets = [edit for edit in edits if isinstance(edit, draws.SetBox | draws.SetElement | draws.SetRows)]
    may_overlap = len(sets) > 1 and any(isinstance(edit, draws.SetBox) for edit in sets)
    if may_overlap or any(math.isinf(edit.to) for edit in sets):
        return None
    law, fixed = _Law.of(draw, shape), _Fixed()
    is_even = draw.is_elementwise  # every element has the same law
    for edit in edits:
        match edit:
            case draws.Step():
                law = law.stepped(edit)
                fixed.step(edit)
            case draws.SetElement() | draws.SetRows() | draws.SetBox():
                fixed.set(edit)
            case draws.Masked():
                return None
            case draws.AddDraw(added):
                if fixed.is_any or not (is_even or added.is_elementwise):
                    return None  # what is set has a spread now; laws that differ by place may do so together
                law = law.plus(_central(added, shape))
                is_even = is_even and added.is_elementwise
    counts, size = fixed.counts(shape), math.prod(shape)
    rest = size - sum(count for count, _ in counts)
    weights = [rest / size, *(count / size for count, _ in counts)]
    constants = [_central(draws.Constant(value), shape) for _, value in counts]
    return _mixed(weights, [law.central() if rest else constants[0], *constants])


@dataclass
class _Fixed:
    """The elements that edits have set, each with what the steps after it have made of its value.

    Args:
        box: How many a box has; a box is set alone.
        rows: By their numbers; elements of them that were set afterwards are among ``elements``.
        elements: By their indices.
    """

    box: tuple[int, float] | None = None
    rows: dict[int, float] = field(default_factory=dict)
    elements: dict[tuple[int, ...], float] = field(default_factory=dict)

    @property
    def is_any(self) -> bool:
        """Whether any is set."""
        return bool(self.box or self.rows or self.elements)

    def set(self, edit: draws.SetElement | draws.SetRows | draws.SetBox) -> None:
        """Sets the elements of ``edit``."""
        match edit:
            case draws.SetElement(at, to):
                self.elements[at] = to
            case draws.SetRows(rows, to):
                self.rows |= dict.fromkeys(rows, to)
                self.elements = {index: value for index, value in self.elements.items() if index[0] not in rows}
            case draws.SetBox(at, to):
                self.box = (math.prod(local_shape(at)), to)

    def step(self, step: Step) -> None:
        """Changes the values by one more step."""
        self.box = None if self.box is None else (self.box[0], _stepped(step, self.box[1]))
        self.rows = {row: _stepped(step, value) for row, value in self.rows.items()}
        self.elements = {index: _stepped(step, value) for index, value in self.elements.items()}

    def counts(self, shape: tuple[int, ...]) -> list[tuple[int, float]]:
        """Returns how many elements of a tensor of ``shape`` have which value."""
        own = Counter(index[0] for index in self.elements)
        row_size = math.prod(shape[1:])
        return [
            *([] if self.box is None else [self.box]),
            *((1, value) for value in self.elements.values()),
            *((row_size - own[row], value) for row, value in self.rows.items()),
        ]


@record
class _Law:
    """A law of elements on its way through steps: central moments while these are linear, points beyond.

    ``points`` is None where the law cannot be integrated.
    """

    known: _Central | None
    points: tuple[Floats, Floats] | None
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, draw: Draw, shape: tuple[int, ...]) -> _Law:
        known = _central(draw, shape)
        if known is None:
            return cls(None, None)
        return cls(known, _points(draw), known.low, known.high)

    def stepped(self, step: Step) -> _Law:
        """Returns the law after one more step."""
        points = None if self.points is None else (stepped(step, self.points[0]), self.points[1])
        low, high = sorted((_stepped(step, self.low), _stepped(step, self.high)))
        if step.name == "abs" and self.low < 0.0 < self.high:
            low = 0.0
        known = self.known
        if known is not None:
            match step.name:
                case "add":
                    known = replace(known, mean=known.mean + step.value, low=low, high=high)
                case "multiply":
                    sign, factor = math.copysign(1.0, step.value), abs(step.value)
                    known = _Central(
                        known.mean * step.value, known.std * factor, sign * known.skewness, known.kurtosis, low, high
                    )
                case _:
                    known = None
        return _Law(known, points, low, high)

    def plus(self, other: _Central | None) -> _Law:
        """Returns the law of the sum with something independent: cumulants add up."""
        mine = self.central()
        if mine is None or other is None:
            return _Law(None, None)
        scale = max(mine.std, other.std)
        low, high = mine.low + other.low, mine.high + other.high
        if not 0.0 < scale < math.inf:
            return _Law(_Central(mine.mean + other.mean, scale, 0.0, 0.0, low, high), None, low, high)
        a, b = mine.std / scale, other.std / scale
        m3 = mine.skewness * a**3 + other.skewness * b**3
        m4 = mine.kurtosis * a**4 + 6.0 * a**2 * b**2 + other.kurtosis * b**4
        return _Law(_Central.of_sums(mine.mean + other.mean, scale, (a**2 + b**2, m3, m4), low, high), None, low, high)

    def central(self) -> _Central | None:
        """Returns the moments."""
        if self.known is not None or self.points is None:
            return self.known
        values, weights = self.points
        return _averaged(values, weights, self.low, self.high)


def _points(draw: Draw) -> tuple[Floats, Floats] | None:
    """Returns values and weights by which any smooth function of one element can be averaged."""
    match draw:
        case draws.Constant(value):
            return np.array([value]), np.array([1.0])
        case draws.Uniform(low, high):
            return _quadrature(low, high)
        case draws.Normal(mean, std):
            z, weights = _quadrature(-9.0, 9.0)
        case draws.TruncatedNormal(mean, std, low, high):
            z, weights = _quadrature(max((low - mean) / std, -9.0), min((high - mean) / std, 9.0))
        case draws.Mixture(weights=shares, draws=parts):
            found = [_points(part) for part in parts]
            if any(pair is None for pair in found):
                return None
            pairs = [(pair, share) for pair, share in zip(found, shares, strict=True) if pair is not None]
            return (
                np.concatenate([pair[0] for pair, _ in pairs]),
                np.concatenate([pair[1] * share for pair, share in pairs]),
            )
        case _:
            return None
    weights = weights * portable.exp(-0.5 * z * z)
    return mean + std * z, weights / weights.sum()


def _quadrature(low: float, high: float, pieces: int = 64) -> tuple[Floats, Floats]:
    """Returns points on [low, high] with weights that sum to 1, fine enough for a kink to cost 1e-6."""
    rule = np.array(truncation.GAUSS_LEGENDRE)
    left = low + (high - low) * np.arange(pieces)[:, None] / pieces
    points = left + (high - low) / pieces * 0.5 * (rule[:, 0] + 1.0)
    return points.reshape(-1), np.tile(rule[:, 1] / (2.0 * pieces), pieces)


def _stepped(step: Step, value: float) -> float:
    """Returns one value after ``step``; an infinite one stands for a missing bound."""
    match step.name:
        case "log" if value <= 0.0:
            return -math.inf
        case "inverse_softplus" if value <= 0.0 or value == math.inf:
            return -math.inf if value <= 0.0 else math.inf
        case "exp" if math.isinf(value):
            return 0.0 if value < 0.0 else math.inf
        case "log" if math.isinf(value):
            return math.inf
        case _:
            return float(stepped(step, np.array([value]))[0])


def _evaluated(draw: Draw, shape: tuple[int, ...]) -> Floats | None:
    """Returns the values of a draw of tables; None if any of it is random, or it is large or one constant."""
    match draw:
        case draws.Table(name, arguments) if math.prod(shape) <= _LARGEST_TABLE:
            coords = np.ogrid[everything(shape)]
            return np.array(tables.evaluate(name, arguments, tuple(coords), shape))
        case draws.Edited(inner, edits):
            values = _evaluated(inner, shape)
            if values is None:
                return None
            for edit in edits:
                match edit:
                    case draws.Step():
                        values = stepped(edit, values)
                    case draws.SetElement(at, to):
                        values[at] = to
                    case draws.SetRows(rows, to):
                        values[list(rows)] = to
                    case draws.SetBox(at, to):
                        for _, slices in slices_of(at):
                            values[slices] = to
                    case draws.AddDraw() | draws.Masked():
                        return None
            return values
        case _:
            return None


def _of_values(values: Floats) -> _Central:
    flat = values.reshape(-1)
    return _averaged(flat, np.full(flat.shape, 1.0 / flat.size), float(flat.min()), float(flat.max()))


def _averaged(values: Floats, weights: Floats, low: float, high: float) -> _Central:
    mean = math.fsum(values * weights)
    deviations = values - mean
    scale = float(np.abs(deviations).max())
    if not 0.0 < scale < math.inf:
        return _Central(mean, scale, 0.0, 0.0, low, high)
    z = deviations / scale
    square = z * z
    sums = tuple(float((power * weights).sum()) for power in (square, square * z, square * square))
    return _Central.of_sums(mean, scale, (sums[0], sums[1], sums[2]), low, high)


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None
