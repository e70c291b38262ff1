"""What one rank's parameters take of values that are there: this rank's, where it holds what is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ms_initkit import draws
from ms_initkit.draws import Draw
from ms_initkit.findings import Finding
from ms_initkit.plans.lines import Assignment


def with_local_sources(
    lines: Sequence[Assignment], names: Sequence[str], findings: list[Finding]
) -> tuple[Assignment, ...]:
    """Returns the lines of a rank with what they take under the names that it has here.

    Args:
        lines: The rank's lines, called by their local names.
        names: The global name of each.
        findings: Is told of what cannot be taken: it lies on other ranks.
    """
    held: dict[str, list[Assignment]] = {}
    for line, name in zip(lines, names, strict=True):
        held.setdefault(name, []).append(line)
    return tuple(_with_local_sources(line, held, findings) if line.draw.takes else line for line in lines)


def _with_local_sources(
    line: Assignment, held: Mapping[str, Sequence[Assignment]], findings: list[Finding]
) -> Assignment:
    local = {}
    for name in sorted(line.draw.takes):
        source = line if not name else next((one for one in held.get(name, ()) if one.window == line.window), None)
        problem = _problem(line, source)
        if source is None or problem is not None:
            message = f"{line.name!r} takes values of {name or line.name!r}: {problem}"
            hint = "apply to the whole model, or take the values from a file"
            findings.append(Finding.error("unknown-values", message, help=hint, rule=line.rule, parameter=line.name))
        else:
            local[name] = source.name if name else ""
    return replace(line, draw=draws.renamed(line.draw, local))


def _problem(line: Assignment, source: Assignment | None) -> str | None:
    if source is None:
        return "this rank has not the same part of it"
    if line.window is not None and _needs_more(line.draw):
        return "they are computed of the whole tensor, of which this rank has a part"
    return None


def _needs_more(draw: Draw) -> bool:
    """Returns whether an element depends on more than that element of what is there."""
    return bool(draw.takes) and (isinstance(draw, draws.Made) or any(map(_needs_more, draw.parts)))
