"""Between which numbers the values of a draw lie, and every intermediate of it, from its numbers alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from ms_initkit import draws
from ms_initkit.draws import Draw, Edit, Step, tables
from ms_initkit.draws.dtypes import TYPES, ElementType
from ms_initkit.draws.functions import Bounds
from ms_initkit.draws.rounding import rounded
from ms_initkit.draws.steps import stepped
from ms_initkit.draws.text import apart, number

# The least and the greatest value of what is loaded in this shape; None where that is not known.
FromFile: TypeAlias = Callable[[draws.Loaded, tuple[int, ...]], Bounds | None]
FromNetwork: TypeAlias = Callable[[str], Bounds | None]

# The quantile of half a cell of the 2**32: further from its mean no normal number is drawn.
_REACH: Final = 6.34
_FLOAT32: Final = TYPES["float32"]


class Unfit(NamedTuple):
    """Why an element type cannot hold what is drawn, and whether MindSpore would have made infinities of it."""

    message: str
    would_be_infinite: bool = False


def unfit(
    draw: Draw, shape: tuple[int, ...], record: ElementType, from_file: FromFile, there: FromNetwork | None = None
) -> Unfit | None:
    """Returns why a tensor of a floating-point type cannot be given ``draw``; None if it can, as far as is known."""
    reach = Reach(record if record.name == "float64" else _FLOAT32, from_file, there=there)
    bounds = reach.of(draw, shape)
    extreme = None if bounds is None else max(abs(bounds[0]), abs(bounds[1]))
    if extreme is not None and not record.holds(extreme):
        large, high = apart(extreme, record.high)
        return Unfit(f"values as large as {large} do not fit: {record.name} ends at {high}", would_be_infinite=True)
    if reach.faults:
        return Unfit(reach.faults[0])
    if extreme and extreme <= record.least / 2 and not (draw.loaded or draw.takes):
        return Unfit(f"values no larger than {number(extreme)} would all be written as 0: {_least(record)}")
    if bounds is not None and bounds[0] < bounds[1] and draw.is_random and _is_one_number(*bounds, record.name):
        return Unfit(_one_number(*bounds, record.name))
    return None


@dataclass
class Reach:
    """Follows the bounds of values through a draw.

    Args:
        work: The type in which values are computed: float64 for parameters of float64, else float32.
        from_file: Tells the bounds of what is loaded.
        faults: What does not fit on the way, in words.
        there: Tells the bounds of what a parameter holds, by name, where that is known.
    """

    work: ElementType
    from_file: FromFile
    faults: list[str] = field(default_factory=list)
    there: FromNetwork | None = None

    def of(self, draw: Draw, shape: tuple[int, ...]) -> Bounds | None:
        """Returns the bounds of ``draw`` in a tensor of ``shape``, None where they are not known."""
        match draw:
            case draws.Constant(value):
                self._require(self.work, value)
                if self._vanishes(value):
                    self.faults.append(f"{number(value)} would be written as 0: {_least(self.work)}")
                return value, value
            case draws.Uniform() | draws.Normal() | draws.TruncatedNormal():
                return self._law(draw)
            case draws.Table(name, arguments):
                return _of_table(name, arguments, shape)
            case draws.Whole(name, arguments):
                return _of_whole(name, dict(arguments))
            case draws.Mixture() | draws.Blocks() | draws.Repeated() | draws.InRows():
                return _union([self.of(part, own) for part, own in zip(draw.parts, draw.shapes(shape), strict=True)])
            case draws.Edited(edited, edits):
                bounds = self.of(edited, shape)
                for edit in edits:
                    bounds = self._edited(edit, bounds, shape)
                return bounds
            case draws.Made(made_of, inner, function):
                return function.bounds(self.of(made_of, inner), inner)
            case draws.Loaded():
                return self.from_file(draw, shape)
            case draws.There(name):
                return None if self.there is None else self.there(name)
            case _:
                return None

    def _law(self, draw: draws.Uniform | draws.Normal | draws.TruncatedNormal) -> Bounds:
        # Random numbers are float32, whatever is computed with them afterwards.
        match draw:
            case draws.Uniform(low, high):
                self._require(_FLOAT32, low, high, high - low)
                self._require_visible(low, high)
                self._require_apart(low, high, is_spread=low < high)
                return low, high
            case draws.Normal(mean, std) | draws.TruncatedNormal(mean, std):
                self._require(_FLOAT32, mean, std)
                if std > 0.0 and std <= _FLOAT32.least / 2:
                    self.faults.append(f"a standard deviation of {number(std)} would be 0: {_least(_FLOAT32)}")
                low, high = mean - _REACH * std, mean + _REACH * std
        if isinstance(draw, draws.TruncatedNormal):
            inside = max(low, draw.low), min(high, draw.high)
            # Of an interval far out in the tail, beyond what a normal reaches, the values lie at its nearer end.
            low, high = inside if inside[0] <= inside[1] else (draw.low, draw.high)
            low, high = (low if math.isfinite(low) else high), (high if math.isfinite(high) else low)
            self._require_visible(low, high)
        self._require(_FLOAT32, low, high)
        self._require_apart(low, high, is_spread=std > 0.0 and (low < high or isinstance(draw, draws.Normal)))
        return low, high

    def _require_apart(self, low: float, high: float, *, is_spread: bool) -> None:
        if is_spread and _is_one_number(low, high, "float32"):
            self.faults.append(_one_number(low, high, "float32"))

    def _require_visible(self, low: float, high: float) -> None:
        largest = max(abs(low), abs(high))
        if 0.0 < largest <= _FLOAT32.least / 2:
            self.faults.append(f"values no larger than {number(largest)} would all be 0: {_least(_FLOAT32)}")

    def _edited(self, edit: Edit, bounds: Bounds | None, shape: tuple[int, ...]) -> Bounds | None:
        match edit:
            case draws.Step():
                return self._stepped(edit, bounds)
            case draws.SetElement(to=to) | draws.SetRows(to=to) | draws.SetBox(to=to):
                if math.isinf(to):
                    return bounds  # it is meant, and every type has it
                self._require(self.work, to)
                return _union([bounds, (to, to)])
            case draws.Masked(draw):
                return self._product(bounds, self.of(draw, shape))
            case draws.AddDraw(draw):
                added = self.of(draw, shape)
                return None if bounds is None or added is None else self._sum(bounds, added)

    def _product(self, bounds: Bounds | None, mask: Bounds | None) -> Bounds | None:
        if bounds is None or mask is None:
            return None
        ends = [one * other for one in bounds for other in mask]
        low, high = min(ends), max(ends)
        if self.work.holds(low) and self.work.holds(high):
            return low, high
        self._overflows(low, high, "mask")
        return None

    def _sum(self, bounds: Bounds, added: Bounds) -> Bounds | None:
        low, high = bounds[0] + added[0], bounds[1] + added[1]
        if self.work.holds(low) and self.work.holds(high):
            return low, high
        self._overflows(low, high, "add")
        return None

    def _overflows(self, low: float, high: float, step: str) -> None:
        large, end = apart(max(abs(low), abs(high)), self.work.high)
        self.faults.append(f"values as large as {large} arise in {step}, computed in {_end(self.work, end)}")

    def _stepped(self, step: Step, bounds: Bounds | None) -> Bounds | None:
        if not self.work.holds(step.value):
            taken, end = apart(step.value, math.copysign(self.work.high, step.value))
            where = _end(self.work, end.lstrip("-"))
            self.faults.append(f"{step.name} takes {taken}, and values are computed in {where}")
            return None
        if self._vanishes(step.value):
            self.faults.append(f"{step.name} takes {number(step.value)}, which would be 0: {_least(self.work)}")
            return None
        if bounds is None:
            return None
        if step.name in ("log", "inverse_softplus") and bounds[0] <= 0.0:
            self.faults.append(f"{step.name} is taken of values as small as {number(bounds[0])}")
            return None
        ends = stepped(step, np.array([*bounds, 0.0] if bounds[0] <= 0.0 <= bounds[1] else bounds, np.float64))
        low, high = float(ends.min()), float(ends.max())
        if not (self.work.holds(low) and self.work.holds(high)):
            self._overflows(low, high, step.name)
            return None
        if step.name == "exp" and self._vanishes(low):
            self.faults.append(f"values as small as {number(low)} arise in exp and would be 0: {_least(self.work)}")
        if step.name == "multiply":
            self._require_some_left(max(map(abs, bounds)), step.value)
        return low, high

    def _require_some_left(self, largest: float, factor: float) -> None:
        """Takes note if a product makes zeros of all values, which no later step brings back."""
        least = self.work.least / 2
        if factor and largest > least and largest * abs(factor) <= least:
            product = f"{number(largest)} * {number(abs(factor))}"
            self.faults.append(f"values no larger than {product} arise in multiply, all 0: {_least(self.work)}")

    def _require(self, record: ElementType, *values: float) -> None:
        for value in values:
            if not record.holds(value):
                written, end = apart(value, math.copysign(record.high, value))
                where = _end(record, end.lstrip("-"))
                self.faults.append(f"{written} does not fit {where}, in which it is drawn")
                return

    def _vanishes(self, value: float) -> bool:
        return 0.0 < abs(value) <= self.work.least / 2


def _is_one_number(low: float, high: float, dtype: str) -> bool:
    """Returns whether all from ``low`` to ``high`` would be one number of a floating-point type."""
    record = TYPES[dtype]
    if high - low > record.epsilon * max(abs(low), abs(high)) + record.least:
        return False  # further apart than neighbours, which is told in no time
    if not record.holds(low) or not record.holds(high):
        return False
    least, greatest = rounded(np.array([low, high]), dtype)
    return bool(least == greatest)


def _one_number(low: float, high: float, dtype: str) -> str:
    """Returns what is said of that."""
    return f"values from {' to '.join(apart(low, high))} would all be one number: {dtype} has no other there"


def _end(record: ElementType, high: str) -> str:
    return f"{record.name}, which ends at {high}"


def _least(record: ElementType) -> str:
    return f"the smallest {record.name} is {number(record.least)}"


def _union(parts: list[Bounds | None]) -> Bounds | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def _of_whole(name: str, arguments: dict[str, object]) -> Bounds | None:
    match name, arguments:
        case "orthogonal" | "delta_orthogonal", {"gain": float(gain)}:
            return -abs(gain), abs(gain)
        case "sparse", {"std": float(std)}:
            return -_REACH * std, _REACH * std
        case _:
            return None


def _of_table(name: str, arguments: draws.Arguments, shape: tuple[int, ...]) -> Bounds | None:
    if 0 in shape:
        return None
    # Tables are monotone along each axis, or waves and ones that fit everywhere: the ends tell how far they go.
    ends = [np.unique([0, min(1, extent - 1), max(extent - 2, 0), extent - 1]) for extent in shape]
    with np.errstate(over="ignore"):
        values = tables.evaluate(name, arguments, tuple(np.ix_(*ends)) if ends else (), shape)
    return float(values.min()), float(values.max())
