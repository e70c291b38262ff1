"""Mean, spread, bounds and kurtosis of a draw, from its numbers alone: nothing is sampled.

What a law of elements makes of steps (``log``, ``exp``, ...) is integrated numerically; tables are evaluated,
whole. All of it is float64 by operations that give the same bits on every machine, so that a plan reads the
same everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ms_initkit import draws
from ms_initkit.draws import portable, tables, truncation
from ms_initkit.draws.steps import stepped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ms_initkit.draws import Draw, Edit, Step

    Floats: TypeAlias = NDArray[np.float64]

# A table of more elements is not evaluated for its moments: a plan is to stay instant.
_LARGEST_TABLE: Final = 1 << 22


@dataclass(frozen=True, slots=True)
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
    rounding = 1e-15 * central.mean
    is_constant = central.m2 <= rounding * rounding
    square = central.m2 * central.m2
    return Moments(
        _bound(central.mean),
        0.0 if is_constant else _bound(math.sqrt(central.m2)),
        _bound(central.low),
        _bound(central.high),
        None if is_constant or square == 0.0 else _bound(central.m4 / square),
    )


@dataclass(frozen=True, slots=True)
class _Central:
    """Mean and central moments: raw ones would cancel where the mean is much greater than the spread."""

    mean: float
    m2: float
    m3: float
    m4: float
    low: float
    high: float


def _central(draw: Draw, shape: tuple[int, ...]) -> _Central | None:
    match draw:
        case draws.Constant(value):
            value = float(value)
            return _Central(value, 0.0, 0.0, 0.0, value, value)
        case draws.Uniform(low, high):
            width = high - low
            return _Central(0.5 * (low + high), width**2 / 12.0, 0.0, width**4 / 80.0, low, high)
        case draws.Normal(mean, std):
            return _Central(mean, std**2, 0.0, 3.0 * std**4, -math.inf, math.inf)
        case draws.TruncatedNormal(mean, std, low, high):
            shift, m2, m3, m4 = truncation.central_moments((low - mean) / std, (high - mean) / std)
            return _Central(mean + shift * std, m2 * std**2, m3 * std**3, m4 * std**4, low, high)
        case draws.Mixture(weights, parts):
            return _mixed(weights, [_central(part, shape) for part in parts])
        case draws.Blocks(axis, sizes, parts):
            inner = [
                _central(part, (*shape[:axis], size, *shape[axis + 1 :]))
                for size, part in zip(sizes, parts, strict=True)
            ]
            return _mixed([size / sum(sizes) for size in sizes], inner)
        case draws.Repeated(axis, times, inner_draw):
            return _central(inner_draw, (*shape[:axis], shape[axis] // times, *shape[axis + 1 :]))
        case draws.Whole(name, arguments):
            return _of_whole(name, dict(arguments), shape)
        case draws.Table():
            values = _evaluated(draw, shape)
            return None if values is None else _of_values(values)
        case draws.Edited(inner_draw, edits):
            return _edited(inner_draw, edits, shape)
        case _:
            return None


def _mixed(weights: tuple[float, ...] | list[float], parts: list[_Central | None]) -> _Central | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    pairs = [(weight, part) for weight, part in zip(weights, known, strict=True) if weight > 0.0]
    mean = math.fsum(weight * part.mean for weight, part in pairs)
    m2, m3, m4 = [], [], []
    for weight, part in pairs:
        shift = part.mean - mean
        m2.append(weight * (part.m2 + shift**2))
        m3.append(weight * (part.m3 + 3.0 * shift * part.m2 + shift**3))
        m4.append(weight * (part.m4 + 4.0 * shift * part.m3 + 6.0 * shift**2 * part.m2 + shift**4))
    low, high = min(part.low for _, part in pairs), max(part.high for _, part in pairs)
    return _Central(mean, math.fsum(m2), math.fsum(m3), math.fsum(m4), low, high)


def _of_whole(name: str, arguments: dict[str, object], shape: tuple[int, ...]) -> _Central | None:
    stacked = arguments.get("batch_axes", ())
    if isinstance(stacked, tuple):
        shape = tuple(extent for axis, extent in enumerate(shape) if axis not in stacked)
    match name, arguments:
        case "orthogonal", {"gain": float(gain), "column_axis": str(axis)}:
            rows = shape[0] if axis == "first" else math.prod(shape[:-1])
            return _of_orthogonal(rows, math.prod(shape) // rows, gain)
        case "delta_orthogonal", {"gain": float(gain)}:
            share = 1.0 / math.prod(shape[2:])
            zero = _Central(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
            return _mixed((share, 1.0 - share), [_of_orthogonal(shape[0], shape[1], gain), zero])
        case "sparse", {"sparsity": float(sparsity), "std": float(std)}:
            share = math.ceil(sparsity * shape[0]) / shape[0]
            parts = [_central(draws.Constant(0.0), shape), _central(draws.Normal(0.0, std), shape)]
            return _mixed((share, 1.0 - share), parts)
        case _:
            return None


def _of_orthogonal(rows: int, columns: int, gain: float) -> _Central:
    # An element is a coordinate of a point that is uniform on the sphere in n dimensions.
    n = max(rows, columns)
    m2 = gain**2 / n
    return _Central(0.0, m2, 0.0, m2 * m2 * 3.0 * n / (n + 2.0), -gain, gain)


def _edited(draw: Draw, edits: tuple[Edit, ...], shape: tuple[int, ...]) -> _Central | None:
    values = _evaluated(draws.Edited(draw, edits), shape)
    if values is not None:
        return _of_values(values)
    law = _Law.of(draw, shape)
    rows: dict[int, float] = {}
    elements: dict[tuple[int, ...], float] = {}
    for edit in edits:
        match edit:
            case draws.Step():
                law = law.stepped(edit)
                rows = {row: _stepped(edit, value) for row, value in rows.items()}
                elements = {at: _stepped(edit, value) for at, value in elements.items()}
            case draws.SetElement(at, to):
                elements[at] = to
            case draws.SetRows(at, to):
                rows |= dict.fromkeys(at, to)
                elements = {place: value for place, value in elements.items() if place[0] not in at}
    size, row_size = math.prod(shape), math.prod(shape[1:])
    counts = [(1, value) for value in elements.values()]
    counts += [(row_size - sum(1 for at in elements if at[0] == row), value) for row, value in rows.items()]
    rest = size - sum(count for count, _ in counts)
    weights = [rest / size, *(count / size for count, _ in counts)]
    constants = [_central(draws.Constant(value), shape) for _, value in counts]
    return _mixed(weights, [law.central() if rest else constants[0], *constants])


@dataclass(frozen=True, slots=True)
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
        known = self.known
        if known is not None:
            match step.name:
                case "add":
                    known = _Central(known.mean + step.value, known.m2, known.m3, known.m4, low, high)
                case "multiply":
                    c = step.value
                    known = _Central(known.mean * c, known.m2 * c**2, known.m3 * c**3, known.m4 * c**4, low, high)
                case _:
                    known = None
        return _Law(known, points, low, high)

    def central(self) -> _Central | None:
        """Returns the moments."""
        if self.known is not None or self.points is None:
            return self.known
        values, weights = self.points
        mean = float((values * weights).sum())
        m2, m3, m4 = (float(((values - mean) ** power * weights).sum()) for power in (2, 3, 4))
        return _Central(mean, m2, m3, m4, self.low, self.high)


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
            coords = np.ogrid[tuple(slice(0, extent) for extent in shape)]
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
            return values
        case _:
            return None


def _of_values(values: Floats) -> _Central:
    mean = math.fsum(values.reshape(-1)) / values.size
    deviations = values - mean
    square = deviations * deviations
    return _Central(
        mean,
        float(square.mean()),
        float((square * deviations).mean()),
        float((square * square).mean()),
        float(values.min()),
        float(values.max()),
    )


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None
