"""The plan of one rank: bound on global names and shapes, so that fans and rules are the whole model's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ms_initkit.findings import Finding, PlanError, counted, has_errors, suggestion
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.variables import Count
from ms_initkit.layouts.load import load_layout
from ms_initkit.layouts.placer import Placed, Placer
from ms_initkit.layouts.rules import Layout, Position
from ms_initkit.layouts.taken import with_local_sources
from ms_initkit.networks.manifest import with_siblings
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.bind import bind
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.variables import VariableValue
from ms_initkit.syntax.grammar import Value


def plan_rank(
    infos: Sequence[ParamInfo],
    recipe: Recipe,
    layout: Layout | Position | str | Path,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool,
    config: Mapping[str, Value] | None = None,
) -> Plan:
    """Returns what each parameter of one rank will be: slices of what ``recipe`` makes of the whole model.

    A variable of the layout that is the same on every rank takes the place of the recipe's variable of that name.
    Where the layout knows the whole model, the recipe is bound to all of it; where not, to the global parameters of
    which this rank holds a part: then rules that select none of these are notes, and variables that count names need
    a value.

    Args:
        infos: The rank's parameters, with local names and shapes.
        recipe: A recipe for the whole model.
        layout: A layout with the rank (``layout.at(3)``), or a layout alone or its path: then the rank is that of this
            process in MindSpore's communication.
        vars: Values in place of the recipe's own variables.
        strict: Whether leftovers are errors; if not, they are warnings of the plan.
        config: The plain data of the network's configuration.

    Raises:
        RecipeError: If the layout cannot be read.
        PlanError: If layout, recipe and network do not fit each other; it carries every finding.
    """
    position = position_of(layout)
    model = position.layout.model
    placer = Placer(position.layout)
    placed, findings = placer.place(position, infos, strict=strict)
    _refuse(findings)
    known = _global_infos(infos, placed, findings) if model is None else model
    if model is not None:
        findings += _strangers(infos, placed, model)
    values, variable_findings = _variables(recipe, placer, position, vars or {})
    findings += variable_findings
    _refuse(findings)
    bound = bind(recipe, known, values, strict=strict and model is not None, config=config)
    findings += [_regraded(finding, strict=strict) for finding in bound.findings] if model is None else bound.findings
    _refuse(findings)
    lines = {name: line for line in bound.assignments for name in (line.name, *line.aliases)}
    assignments = tuple(_localised(lines[part.names[0]], info, part) for info, part in zip(infos, placed, strict=True))
    assignments = with_local_sources(assignments, [part.names[0] for part in placed], findings)
    _refuse(findings)
    findings.append(Finding.note("layout", _summary(position, assignments)))
    return replace(bound, assignments=assignments, findings=tuple(findings))


def _refuse(findings: Sequence[Finding]) -> None:
    if has_errors(findings):
        raise PlanError(findings)


def position_of(layout: Layout | Position | str | Path) -> Position:
    """Returns ``layout`` with a rank: its own, or this process's in MindSpore's communication.

    Raises:
        RecipeError: If the layout cannot be read.
        PlanError: If the rank is not known, or the mesh has another number of ranks.
    """
    if isinstance(layout, Position):
        return layout
    if not isinstance(layout, Layout):
        layout = load_layout(layout)
    if layout.world_size == 1:
        return layout.at(0)
    found = _process()
    if found is None:
        raise PlanError([_rankless(f"the rank is not known, and the mesh has {layout.world_size}")])
    rank, world_size = found
    if world_size != layout.world_size:
        running = f"{world_size} processes are running" if world_size > 1 else "this is one process alone"
        sizes = f"the mesh has {layout.world_size} ranks ({layout.mesh_text()}), and {running}"
        raise PlanError([_rankless(sizes)])
    return layout.at(rank)


def _process() -> tuple[int, int] | None:
    """Returns rank and number of the processes, as MindSpore or the environment of its launchers says."""
    from mindspore import communication

    try:
        return communication.get_rank(), communication.get_group_size()
    except (RuntimeError, ValueError):
        pass
    rank = os.environ.get("RANK_ID", "")
    size = os.environ.get("RANK_SIZE") or os.environ.get("MS_WORKER_NUM") or ""
    return (int(rank), int(size)) if rank.isdecimal() and size.isdecimal() else None


def _rankless(message: str) -> Finding:
    hint = "say which rank is meant: layout.at(3); the sizes of a mesh are changed by layout.resized(tp=2)"
    return Finding.error("unknown-rank", message, help=hint)


def _global_infos(
    infos: Sequence[ParamInfo], placed: Sequence[Placed], findings: list[Finding]
) -> tuple[ParamInfo, ...]:
    """Returns the global parameters of which this rank holds parts, each once."""
    known: dict[str, ParamInfo] = {}
    for info, part in zip(infos, placed, strict=True):
        owners = tuple(
            owner._replace(name=name, leaf=name.rpartition(".")[2])
            for owner, name in zip(info.owners, part.names, strict=True)
        )
        made = info._replace(owners=owners, shape=part.holding.shape)
        other = known.setdefault(made.name, made)
        if (other.shape, other.dtype) != (made.shape, made.dtype):
            one, another = f"{other.shape} {other.dtype}", f"{made.shape} {made.dtype}"
            message = f"{made.name!r} would be {one} and, by {info.name!r}, {another}"
            findings.append(Finding.error("ambiguous-name", message, parameter=info.name))
    return with_siblings(tuple(known.values()))


def _strangers(infos: Sequence[ParamInfo], placed: Sequence[Placed], model: Sequence[ParamInfo]) -> list[Finding]:
    """Returns every parameter that the whole model does not have, or has in another shape."""
    shapes = {name: info.shape for info in model for name in info.names}
    findings = []
    for info, part in zip(infos, placed, strict=True):
        name = part.names[0]
        if name not in shapes:
            message = f"{info.name!r} is part of {name!r}, which the model has not"
            hint = suggestion(name, shapes)
            findings.append(Finding.error("unknown-parameter", message, help=hint, parameter=info.name))
        elif shapes[name] != part.holding.shape:
            own = f"{info.name!r} {info.shape} is part of a {name!r} of shape {part.holding.shape}"
            message = f"{own}; the model's has {shapes[name]}"
            findings.append(Finding.error("shape-mismatch", message, parameter=info.name))
    return findings


def _variables(
    recipe: Recipe, placer: Placer, position: Position, vars: Mapping[str, VariableValue]
) -> tuple[dict[str, VariableValue], list[Finding]]:
    """Returns the values that take the place of the recipe's, and which of them are missing."""
    names = {variable.name for variable in recipe.variables}
    shared = placer.mesh.shared_values(position.coordinates)
    values: dict[str, VariableValue] = {
        name: value for name, value in shared.items() if name in names and not isinstance(value, tuple)
    }
    values |= vars
    findings = []
    for variable in recipe.variables:
        if isinstance(variable.value, Count) and variable.name not in values and position.layout.model is None:
            message = f"variable {variable.name!r} counts names, and one rank may not have all of them"
            hint = (
                f"give it a value: `{variable.name}` under `vars` of the layout, or vars={{'{variable.name}': 80}};"
                " or name the whole model's manifest under `model`"
            )
            findings.append(Finding.error("undefined-variable", message, span=variable.span, help=hint))
    return values, findings


def _regraded(finding: Finding, *, strict: bool) -> Finding:
    """Returns ``finding`` as it counts for one rank: what its part leaves over of the recipe is nothing wrong."""
    if finding.code in ("unused-rule", "shadowed-rule"):
        return replace(finding, severity="note")
    if finding.code == "unmatched-parameter" and strict:
        return replace(finding, severity="error")
    return finding


def _localised(line: Assignment, info: ParamInfo, part: Placed) -> Assignment:
    return replace(line, name=info.name, aliases=info.names[1:], dtype=info.dtype, window=part.holding.window)


def _summary(position: Position, assignments: Sequence[Assignment]) -> str:
    parts = sum(line.window is not None for line in assignments)
    held = sum(line.size for line in assignments)
    size = f"{counted(len(assignments), 'parameter')}, {parts} of them slices, {counted(held, 'element')}"
    return f"{position} of layout {position.layout.name!r}: {size}"
