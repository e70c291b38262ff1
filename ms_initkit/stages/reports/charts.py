"""Pictures of a report as SVG of a few hundred bytes: they stretch, and take their colours from the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from ms_initkit.draws.text import number
from ms_initkit.findings import counted

_HEIGHT: Final = 100.0
_MOST_TICKS: Final = 7


class Point(NamedTuple):
    """One parameter in the picture of scales."""

    place: int
    name: str
    colour: int
    found: float
    planned: float | None
    size: int


def histogram(
    shares: Sequence[float], expected: Sequence[float] | None, before: Sequence[float] = (), *, alt: str = ""
) -> str:
    """Returns the shares as an area, what was expected as a line, and what was before as another one.

    Without ``alt``, what it shows in words, it is an ornament of the numbers beside it.
    """
    most = max(*shares, *(expected or (0.0,)), *before, 1e-9)
    parts = [f'<path class="area" d="{_steps(shares, most)}V{_HEIGHT:g}H0Z"/>']
    if expected:
        parts.append(f'<path class="line" d="{_steps(expected, most)}"/>')
    if before:
        parts.append(f'<path class="before" d="{_steps(before, most)}"/>')
    box = f'viewBox="0 0 {len(shares)} {_HEIGHT:g}" preserveAspectRatio="none"'
    named = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
    return f"<svg {box} {named}>{''.join(parts)}</svg>"


def furthest(points: Sequence[Point]) -> str:
    """Returns a sentence on the parameter whose standard deviation is furthest from its plan, for its size."""
    known = [point for point in points if point.planned and point.found > 0.0 and math.isfinite(point.found)]
    if not known:
        return ""
    # The error of a standard deviation falls with the root of the number of values.
    last = max(known, key=lambda point: abs(math.log(point.found / point.planned)) * math.sqrt(point.size))  # type: ignore[operator]  # it is known
    return (
        f"Furthest from its plan, for its size: <code>{escape(last.name)}</code> with {number(last.found)} where "
        f"{number(last.planned)} was planned."
    )


def _steps(shares: Sequence[float], most: float) -> str:
    heights = [round(_HEIGHT * (1.0 - 0.97 * share / most)) for share in shares]
    return (
        f"M0 {heights[0]}" + "".join(f"H{at}V{height}" for at, height in enumerate(heights[1:], 1)) + f"H{len(heights)}"
    )


def scales(points: Sequence[Point]) -> str:
    """Returns standard deviations by the parameters' places, on a logarithmic axis, with what was planned as ticks."""
    known = [value for point in points for value in (point.found, point.planned) if value and math.isfinite(value)]
    if not known:
        return ""
    low, high = math.log10(min(known)), math.log10(max(known))
    low, high = low - 0.05 * (high - low) - 0.05, high + 0.05 * (high - low) + 0.05
    last = max(1, max(point.place for point in points))

    def x(point: Point) -> str:
        return f"{1000.0 * (point.place + 0.5) / (last + 1):.1f}"

    def y(value: float) -> str:
        return f"{_HEIGHT * (high - math.log10(value)) / (high - low):.2f}"

    ticks = _ticks(low, high)
    lines = "".join(f'<path class="grid" d="M0 {y(value)}H1000"/>' for value in ticks)
    planned = "".join(f"M{x(point)} {y(point.planned)}h0" for point in points if point.planned)
    dots = "".join(
        f'<path class="dot c{point.colour}" d="M{x(point)} {y(point.found)}h0"><title>{escape(point.name)}: std '
        f"{number(point.found)}, planned {number(point.planned)}</title></path>"
        for point in points
        if point.found > 0.0 and math.isfinite(point.found)
    )
    labels = "".join(f'<span style="top:{y(value)}%">{number(value)}</span>' for value in ticks)
    return (
        f'<div class="chart"><div class="axis" aria-hidden="true">{labels}</div>'
        f'<svg viewBox="0 0 1000 {_HEIGHT:g}" preserveAspectRatio="none" role="img" '
        f'aria-label="{_told(points)}">'
        f'{lines}<path class="planned" d="{planned}"/>{dots}</svg></div>'
    )


def _told(points: Sequence[Point]) -> str:
    """Returns what the picture of scales shows, for those who do not see it."""
    known = sorted((point.found, point.name) for point in points if point.found > 0.0 and math.isfinite(point.found))
    if not known:
        return "No standard deviation was found, only what was planned"
    (low, first), (high, last) = known[0], known[-1]
    return (
        f"Standard deviations of {counted(len(known), 'parameter')}: from {number(low)} of {escape(first)} to "
        f"{number(high)} of {escape(last)}; the table below has each"
    )


def _ticks(low: float, high: float) -> list[float]:
    """Returns 1, 2, 5 times powers of ten between 10**low and 10**high, or fewer of them."""
    for mantissas in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        found = [
            mantissa * 10.0**power
            for power in range(math.floor(low), math.ceil(high) + 1)
            for mantissa in mantissas
            if low <= math.log10(mantissa) + power <= high
        ]
        if len(found) <= _MOST_TICKS:
            return found
    return found[:: -(-len(found) // _MOST_TICKS)]
