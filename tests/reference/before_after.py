"""Writes docs/before-after.md: what packages draw today, what the recipe says, what the reference was seen to draw.

``packages/before.json`` holds mean and standard deviation of each parameter as its package drew it, once.
"""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any, Final

from ms_initkit.plans.lines import Assignment

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.reference.comparison import Family, counterpart, differences, families, plan_of

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "before-after.md"
# A package is said to differ if its standard deviation is off by more than this, or a constant is another one.
FAR: Final = 0.05
HEAD: Final = """# Before and after

What these packages draw today, what the recipe's plan says, and what the reference implementation was seen to draw
(`make reference`). Groups of parameters that agree already are left out. Written by
`python tests/reference/before_after.py`; the recipes are held to the references by `tests/reference/test_reference.py`,
parameter by parameter.
"""


def row(line: Assignment, before: list[float], seen: dict[str, Any]) -> tuple[str, ...] | None:
    """Returns the cells of a group that differs today; None if it does not."""
    moments = line.moments
    was_mean, was_std = before
    is_constant = moments.std == 0
    if is_constant and was_std == 0 and math.isclose(was_mean, moments.mean or 0.0, rel_tol=1e-3, abs_tol=1e-4):
        return None
    if moments.std and abs(was_std / moments.std - 1) < FAR + 3 / math.sqrt(line.size):
        return None
    agrees = "yes" if not list(differences(line, seen)) else "**no**"
    return _words(was_mean, was_std), _words(moments.mean, moments.std), _seen(seen), agrees


def _words(mean: float | None, std: float | None) -> str:
    if std is None or mean is None:
        return "table"
    if std == 0:
        return f"= {mean:.5g}"
    return f"std {std:.3g}" if abs(mean) < 0.1 * std else f"mean {mean:.3g} std {std:.3g}"


def _seen(seen: dict[str, Any]) -> str:
    if "constant" in seen:
        return _words(seen["constant"], 0.0)
    return _words(seen["mean"], seen["std"]) if "std" in seen else "table"


def section(family: Family, network: str, before: dict[str, list[float]]) -> str:
    """Returns the family's table."""
    drawn = family.seen
    # Parameters of one name and one plan are a row; what was drawn of the first is shown.
    groups: dict[tuple[str, str, str], tuple[str, str, int]] = {}
    agreeing = 0
    for line in plan_of(family).assignments:
        name = counterpart(family.names, line.stream)[1]
        if line.is_kept or name not in drawn or line.name not in before:
            continue
        cells = row(line, before[line.name], drawn[name])
        if cells is None:
            agreeing += 1
            continue
        today, planned, referred, agrees = cells
        key = (re.sub(r"(?<=\.)\d+(?=\.|$)", "*", line.name), planned, agrees)
        first_today, first_referred, count = groups.get(key, (today, referred, 0))
        groups[key] = (first_today, first_referred, count + 1)
    differing = sum(count for *_, count in groups.values())
    lines = [
        f"## {network}, by the recipe `{family.recipe}`",
        "",
        f"Today {differing} parameters are drawn otherwise than the reference; {agreeing} agree.",
        "",
        "| parameters | number | today (the first) | recipe | reference (the first) | recipe agrees |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{pattern}` | {count} | {today} | {planned} | {referred} | {agrees} |"
        for (pattern, planned, agrees), (today, referred, count) in groups.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Writes the page."""
    before = json.loads((HERE / "packages" / "before.json").read_text(encoding="utf-8"))
    known = {family.name: family for family in families()}
    sections = [section(known[name], entry["network"], entry["parameters"]) for name, entry in before.items()]
    PAGE.write_text("\n\n".join([HEAD.rstrip(), *sections]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
