"""From a network and a recipe to a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ms_initkit.binding import bind
from ms_initkit.checking import check
from ms_initkit.findings import PlanError
from ms_initkit.load import load_recipe
from ms_initkit.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mindspore.nn import Cell

    from ms_initkit.params import ParamInfo
    from ms_initkit.plans import Plan
    from ms_initkit.variables import VariableValue


def plan(
    net: Cell,
    recipe: Recipe | str | Path,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
) -> Plan:
    """Returns what each parameter of ``net`` will be under ``recipe``. Reads no value and writes none.

    Args:
        net: A MindSpore network, constructed in full or deferred.
        recipe: A recipe, the name of a shipped one, or a path.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors; if not, they are warnings of the plan.

    Raises:
        RecipeError: If the recipe cannot be read; it carries every finding.
        PlanError: If it does not fit the network; it carries every finding.
    """
    from ms_initkit.describe import describe

    return plan_infos(describe(net), recipe, vars, strict=strict)


def plan_infos(
    infos: Sequence[ParamInfo],
    recipe: Recipe | str | Path,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
) -> Plan:
    """Returns the plan for parameters that are known without their network, as from a manifest.

    Raises:
        RecipeError: As ``plan``.
        PlanError: As ``plan``.
    """
    loaded = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    bound = bind(loaded, infos, vars, strict=strict)
    findings = check(bound, loaded)
    if findings:
        raise PlanError([*bound.findings, *findings])
    return bound
