"""Whether a plan that was read from a file is one that binding could have made."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple

from ms_initkit.draws.dtypes import TYPES, bytes_of
from ms_initkit.draws.moments import Moments, moments
from ms_initkit.draws.valid import fault
from ms_initkit.draws.windows import Window
from ms_initkit.formulas.fans import Fans
from ms_initkit.networks.params import LARGEST_TENSOR
from ms_initkit.plans.lines import Assignment, RuleLine

_ROUNDING = 1e-9  # by which moments may differ that another version of this library worked out


def faults(rules: Sequence[RuleLine], lines: Sequence[Assignment]) -> Iterator[str]:
    """Yields what no binding would have made of any recipe and network."""
    for word, names in (
        ("rules", (rule.id for rule in rules)),
        ("parameters", (name for line in lines for name in (line.name, *line.aliases))),
        ("streams", (line.stream for line in lines if not line.like)),
    ):
        yield from _repeated(word, names)
    known = {rule.id for rule in rules if rule.is_active}
    there = {"", *(line.name for line in lines)}
    sound: set[tuple[str, tuple[int, ...], Moments]] = set()
    for line in lines:
        found = _line_fault(line, known)
        key = (repr(line.draw), line.shape, line.moments)
        if found is None and key not in sound:
            found = _draw_fault(line)
            sound.add(key)
        strange = line.draw.takes - there
        if strange:
            found = found or f"the plan has no {min(strange)!r}, of which it takes values"
        if found is not None:
            yield f"{line.name!r}: {found}"


def _repeated(word: str, names: Iterable[str]) -> Iterator[str]:
    counts = Counter(names)
    yield from (f"two {word} are called {name!r}" for name, count in counts.items() if count > 1)
    if "" in counts:
        yield f"one of the {word} has no name"


def _line_fault(line: Assignment, rules: set[str]) -> str | None:
    if line.dtype not in TYPES and not line.is_kept:
        return f"no element type is called {line.dtype!r}"
    if any(extent < 0 for extent in line.shape):
        return f"the shape {line.shape} is not one"
    if math.prod(line.shape) * bytes_of(line.dtype) > LARGEST_TENSOR:
        return f"the shape {line.shape} is more than any memory or file can hold"
    if line.window is not None and not _is_inside(line.window, line.shape):
        return f"the window {line.window} is not in {line.shape}"
    if not set(line.candidates) <= rules:
        return f"rules that the plan does not have select it: {', '.join(line.candidates)}"
    if line.rule != next(iter(line.candidates), ""):
        return f"rule {line.rule!r} is not the first of those that select it"
    if not line.rule and not line.is_kept:
        return "no rule selects it, and it is not kept"
    if line.fans is not None and not _is_countable(line.fans):
        return f"fans are numbers, none negative, not {line.fans}"
    return None


def _draw_fault(line: Assignment) -> str | None:
    found = fault(line.draw, line.shape)
    if found is not None:
        return found
    return None if _agree(line.moments, moments(line.draw, line.shape)) else "its moments are not those of its draw"


def _is_inside(window: Window, shape: tuple[int, ...]) -> bool:
    return len(window) == len(shape) and all(
        0 <= start <= stop <= extent for pieces, extent in zip(window, shape, strict=True) for start, stop in pieces
    )


def _is_countable(fans: Fans) -> bool:
    return all(fan is None or 0 <= fan < math.inf for fan in (fans.fan_in, fans.fan_out))


def _agree(found: Moments, expected: Moments) -> bool:
    pairs = zip(astuple(found), astuple(expected), strict=True)
    return all(
        mine is other is None
        or (mine is not None and other is not None and math.isclose(mine, other, rel_tol=_ROUNDING, abs_tol=1e-300))
        for mine, other in pairs
    )
