"""From a network and a recipe to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.language.load import draft_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.plans.bind import bind, draft_plan
from ms_initkit.plans.check import check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mindspore.nn import Cell

    from ms_initkit.layouts.rules import Layout, Position
    from ms_initkit.networks.params import ParamInfo
    from ms_initkit.plans.plan import Plan
    from ms_initkit.plans.variables import VariableValue


def plan(
    net: Cell,
    recipe: Recipe | str | Path,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
    layout: Layout | Position | str | Path | None = None,
) -> Plan:
    """Returns what each parameter of ``net`` will be under ``recipe``. Reads no value and writes none.

    Args:
        net: A MindSpore network, constructed in full or deferred.
        recipe: A recipe, the name of a shipped one, or a path.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors; if not, they are warnings of the plan.
        layout: Where ``net`` is one rank's part of a model: which slices of which global parameters it has.

    Raises:
        RecipeError: If the recipe cannot be read; it carries every finding.
        PlanError: If it does not fit the network; it carries every finding.
    """
    from ms_initkit.networks.describe import describe

    return plan_infos(describe(net), recipe, vars, strict=strict, layout=layout)


def plan_infos(
    infos: Sequence[ParamInfo],
    recipe: Recipe | str | Path,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
    layout: Layout | Position | str | Path | None = None,
) -> Plan:
    """Returns the plan for parameters that are known without their network, as from a manifest.

    Raises:
        RecipeError: As ``plan``.
        PlanError: As ``plan``.
    """
    loaded = recipe if isinstance(recipe, Recipe) else _load(recipe, infos, vars, strict=strict)
    if layout is None:
        bound = bind(loaded, infos, vars, strict=strict)
    else:
        from ms_initkit.layouts.rank import plan_shard

        bound = plan_shard(infos, loaded, layout, vars, strict=strict)
    findings = check(bound, loaded)
    if findings:
        raise PlanError([*bound.findings, *findings])
    return bound


# What can be said of a network although some rules could not be read.
_LEFTOVERS: Final = ("unmatched-parameter", "unused-rule", "shadowed-rule")


def _load(
    name: str | Path, infos: Sequence[ParamInfo], vars: Mapping[str, VariableValue] | None, *, strict: bool
) -> Recipe:
    """Returns the recipe; if it has faults, what it leaves over of this network is reported with them, in one go."""
    recipe, findings = draft_recipe(name)
    if recipe is not None and not findings:
        return recipe
    if recipe is not None:
        plan, misfits = draft_plan(recipe, infos, vars, strict=strict)
        if plan is not None and not any(finding.code == "bad-expression" for finding in misfits):
            findings += [finding for finding in misfits if finding.code in _LEFTOVERS]
    raise RecipeError(findings)
