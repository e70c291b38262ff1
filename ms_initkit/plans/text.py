"""Plans as text: one line per parameter, in a form that golden files keep and reviews read."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from ms_initkit.draws import slices as windows
from ms_initkit.draws.draw import is_drawn_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ms_initkit.draws.moments import Moments
    from ms_initkit.plans.lines import Assignment
    from ms_initkit.plans.plan import Plan


def number(value: float | None) -> str:
    """Returns ``value`` in six significant digits, ``?`` for what is not known."""
    return "?" if value is None else f"{value:.6g}"


def plan_text(plan: Plan) -> str:
    """Returns the whole plan: a heading, a line per parameter, totals per rule, findings."""
    parts = [heading(plan), *table([assignment_cells(line) for line in plan.assignments]), "", summary(plan)]
    return "\n".join(parts) + "\n"


def heading(plan: Plan) -> str:
    """Returns the recipe and the variables in a line or two."""
    lines = [f"plan of recipe {plan.family} ({plan.recipe})"]
    if plan.variables:
        lines.append("with " + ", ".join(f"{name}={_value(value)}" for name, value in plan.variables))
    return "\n".join(lines)


def summary(plan: Plan) -> str:
    """Returns the totals per rule, in the order of the rules, and the findings."""
    tensors: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    for line in plan.assignments:
        tensors[line.rule] += 1
        elements[line.rule] += line.size
    rows = [
        (rule.id, f"{tensors[rule.id]:,} tensors", f"{elements[rule.id]:,} elements", rule.location)
        for rule in plan.rules
        if tensors[rule.id]
    ]
    if tensors[""]:
        rows.append(("(no rule: kept)", f"{tensors['']:,} tensors", f"{elements['']:,} elements", ""))
    total = (
        f"{len(plan.assignments):,} tensors, {sum(elements.values()):,} elements; "
        f"{sum(line.is_kept for line in plan.assignments):,} kept"
    )
    parts = [*table(rows, right=(1, 2)), total]
    parts += [str(finding) for finding in plan.findings]
    return "\n".join(parts)


def assignment_cells(line: Assignment) -> tuple[str, ...]:
    """Returns what a plan's line shows, column by column."""
    aliases = f" = {', '.join(line.aliases)}" if line.aliases else ""
    return (
        line.name + aliases,
        shape_text(line),
        line.dtype,
        line.initializer + (" [drawn whole]" if is_drawn_whole(line.draw) else ""),
        moments_text(line.moments) if not line.is_kept else "",
        f"fans {number(line.fans.fan_in)}/{number(line.fans.fan_out)}" if line.fans else "",
        line.rule or "(no rule)",
    )


def shape_text(line: Assignment) -> str:
    """Returns the parameter's shape; of a part, also which slice of which shape it is."""
    shape = "x".join(str(extent) for extent in line.local_shape) or "scalar"
    if line.window is None:
        return shape
    whole = "x".join(str(extent) for extent in line.shape)
    return f"{shape} = {line.stream}{windows.text(line.window, line.shape)} of {whole}"


def moments_text(moments: Moments) -> str:
    """Returns mean, standard deviation and bounds; of a constant, its value."""
    if moments.std == 0 and moments.mean is not None:
        return f"= {number(moments.mean)}"
    text = f"mean {number(moments.mean)} std {number(moments.std)}"
    if any(bound is not None and math.isfinite(bound) for bound in (moments.low, moments.high)):
        text += f" in [{number(moments.low)}, {number(moments.high)}]"
    return text


def table(rows: Sequence[tuple[str, ...]], right: Iterable[int] = ()) -> list[str]:
    """Returns the rows with their columns padded; those in ``right`` to the left."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = set(right)
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def explanation(plan: Plan, line: Assignment) -> str:
    """Returns every rule that selects ``line``'s parameter, and why the first one won."""
    parts = [
        f"{line.name}  {'x'.join(str(n) for n in line.shape)}  {line.dtype}"
        + (f"\n  also called {', '.join(line.aliases)}" if line.aliases else "")
        + (f"\n  matched and drawn as {line.stream}" if line.stream != line.name else "")
    ]
    if not line.candidates:
        parts.append("  no rule selects it; it is not trainable, so it is kept")
        return "\n".join(parts) + "\n"
    rules = {rule.id: rule for rule in plan.rules}
    for place, identifier in enumerate(line.candidates):
        rule = rules[identifier]
        verdict = (
            "wins: the first rule that selects it"
            if place == 0
            else f"would, but {line.candidates[0]!r} stands before it"
        )
        parts.append(f"  {rule.location}  {identifier}: {rule.selector}\n      {verdict}")
    parts.append(f"  {line.initializer}  {moments_text(line.moments) if not line.is_kept else ''}".rstrip())
    if line.fans is not None:
        parts.append(f"  fan_in {number(line.fans.fan_in)}, fan_out {number(line.fans.fan_out)}")
    return "\n".join(parts) + "\n"


def plan_difference(old: Plan, new: Plan) -> str:
    """Returns what differs between two plans, a line per parameter; empty where nothing does."""
    before = {line.stream: line for line in old.assignments}
    after = {line.stream: line for line in new.assignments}
    lines = [f"- {name}  {' '.join(_short(before[name]))}" for name in before if name not in after]
    lines += [f"+ {name}  {' '.join(_short(after[name]))}" for name in after if name not in before]
    for name in before:
        if name in after and _short(before[name]) != _short(after[name]):
            lines += [
                f"~ {name}",
                f"    - {' '.join(_short(before[name]))}",
                f"    + {' '.join(_short(after[name]))}",
            ]
    return "\n".join(lines) + "\n" if lines else ""


def _short(line: Assignment) -> tuple[str, ...]:
    return tuple(cell for cell in assignment_cells(line)[1:-1] if cell)


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
