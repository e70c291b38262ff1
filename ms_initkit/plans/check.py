"""Whether a plan can be written: files, shapes and ranges, before a single value is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ms_initkit import draws
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.files import checkpoints
from ms_initkit.findings import Finding, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ms_initkit.language.recipe import Recipe
    from ms_initkit.plans.lines import Assignment
    from ms_initkit.plans.plan import Plan

# The normal draw reaches 6.3 standard deviations; see the stream.
_REACH: Final = 6.3


def check(plan: Plan, recipe: Recipe | None = None) -> tuple[Finding, ...]:
    """Returns what would go wrong if ``plan`` were written; places are given where ``recipe`` is at hand."""
    spans = {} if recipe is None else {rule.id: rule.span for rule in recipe.rules}
    found: dict[tuple[str, str], Finding] = {}
    for line in plan.columns.kinds:
        for code, message, note in _problems(line):
            # One rule's fault in a hundred parameters is one finding.
            found.setdefault(
                (line.rule, message if code != "out-of-range" else code),
                Finding.error(
                    code,
                    f"{line.name!r} {line.shape} {line.dtype}: {message}",
                    f"rule {line.rule!r}; nothing was written",
                    *note,
                    span=spans.get(line.rule),
                    rule=line.rule,
                    parameter=line.name,
                ),
            )
    return tuple(found.values())


def _problems(line: Assignment) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for loaded in _loaded(line.draw):
        yield from _file_problems(loaded, line)
    record = TYPES[line.dtype]
    extreme = _extreme(line)
    if record.kind == "float" and extreme is not None and extreme > record.high:
        yield (
            "out-of-range",
            f"values as large as {extreme:.6g} do not fit: {line.dtype} ends at {record.high:.6g}",
            ("MindSpore's set_data would have written inf in silence",),
        )
    if record.is_whole and isinstance(line.draw, draws.Constant) and not record.holds(line.draw.value):
        message = f"{line.draw.value:.0f} does not fit: {line.dtype} is {record.low} to {record.high}"
        yield "out-of-range", message, ()


def _loaded(draw: draws.Draw) -> Iterator[draws.Loaded]:
    match draw:
        case draws.Loaded():
            yield draw
        case draws.Edited(inner):
            yield from _loaded(inner)
        case _:
            return


def _file_problems(loaded: draws.Loaded, line: Assignment) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    try:
        known = checkpoints.entries(loaded.path)
    except ValueError as error:
        yield "unreadable-file", str(error), ()
        return
    entry = known.get(loaded.key)
    if entry is None:
        note = suggestion(loaded.key, known) or f"it has {len(known)} tensors"
        yield "missing-entry", f"{loaded.path} has no tensor called {loaded.key!r}", (note,)
    elif entry.shape != line.shape:
        yield "shape-mismatch", f"{loaded.key!r} of {loaded.path} has shape {entry.shape}", ()


def _extreme(line: Assignment) -> float | None:
    bounds = [line.moments.low, line.moments.high]
    if all(bound is not None and math.isfinite(bound) for bound in bounds):
        return max(abs(bound) for bound in bounds if bound is not None)
    if line.moments.mean is None or line.moments.std is None:
        return None
    return abs(line.moments.mean) + _REACH * line.moments.std
