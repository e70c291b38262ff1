"""Plans as text: one line per parameter, in a form that golden files keep and reviews read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ms_initkit.draws import windows
from ms_initkit.draws.moments import Moments
from ms_initkit.draws.text import number
from ms_initkit.plans.lines import Assignment


def assignment_cells(line: Assignment) -> tuple[str, ...]:
    """Returns what a plan's line shows, column by column."""
    aliases = f" = {', '.join(line.aliases)}" if line.aliases else ""
    return (
        line.name + aliases,
        shape_text(line),
        line.dtype,
        line.initializer + (" [drawn whole]" if line.draw.is_drawn_whole else ""),
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


def folded(cells: Iterable[str], width: int) -> list[str]:
    """Returns a line's cells in as few rows of ``width`` columns as hold them in order; no cell is broken."""
    rows = [""]
    for cell in filter(None, cells):
        longer = f"{rows[-1]}  {cell}" if rows[-1] else cell
        rows[-1:] = [longer] if len(longer) <= width or not rows[-1] else [rows[-1], f"    {cell}"]
    return rows


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
