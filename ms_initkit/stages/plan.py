"""From a network and a recipe to a plan."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, InitKitWarning, PlanError, RecipeError, has_errors
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.load import draft_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.variables import Config
from ms_initkit.networks.describe import describe
from ms_initkit.networks.params import ParamInfo
from ms_initkit.networks.plain import Plain, config_of
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.check import check
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.variables import VariableValue
from ms_initkit.stages.choose import chosen, noted

if TYPE_CHECKING:
    from mindspore.nn import Cell

    from ms_initkit.layouts.rules import Layout, Position


def plan(
    net: Cell,
    recipe: Recipe | RecipeSource,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
    layout: Layout | Position | str | Path | None = None,
) -> Plan:
    """Returns what each parameter of ``net`` will be under ``recipe``. Writes no value, and reads few.

    Args:
        net: A MindSpore network, constructed in full or deferred.
        recipe: A recipe, or what ``load_recipe`` makes one of: a name, a path, a mapping of globs to initializers, ...
            ``auto`` is the one that is known to be right for ``net``.
        vars: Values in place of the recipe's own variables.
        strict: Whether unmatched parameters and unused rules are errors; if not, they are warnings of the plan.
        layout: Where ``net`` is one rank's part of a model: which slices of which global parameters it has.

    Raises:
        RecipeError: If the recipe cannot be read; it carries every finding.
        PlanError: If it does not fit the network; it carries every finding.
    """
    draft = draft_of(chosen(recipe, net))
    infos = describe(net, draft.options)
    made = draft.plan(infos, vars, strict=strict, layout=layout, config=draft.config_of(net))
    made = noted(made, draft.recipe, infos, net)
    warn(made.findings)
    return made


def warn(findings: Iterable[Finding]) -> None:
    """Lets the caller of the public function that calls this see warnings; notes are in the plan."""
    for finding in findings:
        if finding.severity == "warning":
            warnings.warn(str(finding), InitKitWarning, stacklevel=3)


def plan_infos(
    infos: Sequence[ParamInfo],
    recipe: Recipe | RecipeSource,
    vars: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool = True,
    layout: Layout | Position | str | Path | None = None,
    config: Mapping[str, Plain] | None = None,
) -> Plan:
    """Returns the plan for parameters that are known without their network, as from a manifest.

    Raises:
        RecipeError: As ``plan``.
        PlanError: As ``plan``.
    """
    return draft_of(recipe).plan(infos, vars, strict=strict, layout=layout, config=config)


def draft_of(recipe: Recipe | RecipeSource) -> Draft:
    """Returns what could be read of a recipe, and what is wrong with it.

    Raises:
        RecipeError: If the recipe itself cannot be had.
    """
    return Draft(recipe, ()) if isinstance(recipe, Recipe) else Draft(*draft_recipe(recipe))


# What can be said of a network although some rules could not be read.
_LEFTOVERS: Final = ("unmatched-parameter", "unused-rule", "shadowed-rule")


@record
class Draft:
    """What could be read of a recipe, None if too little, and what is wrong with it."""

    recipe: Recipe | None
    findings: Sequence[Finding]

    @property
    def options(self) -> tuple[str, ...]:
        """The options of cells that its rules look at."""
        return () if self.recipe is None else tuple(sorted(self.recipe.options))

    def config_of(self, net: Cell) -> Mapping[str, Plain]:
        """Returns the plain data of the configuration of ``net``, if any variable is read off it."""
        variables = () if self.recipe is None else self.recipe.variables
        return config_of(net) if any(isinstance(variable.value, Config) for variable in variables) else {}

    def plan(
        self,
        infos: Sequence[ParamInfo],
        vars: Mapping[str, VariableValue] | None,
        *,
        strict: bool,
        layout: Layout | Position | str | Path | None,
        config: Mapping[str, Plain] | None,
    ) -> Plan:
        """Returns the plan for ``infos``; what a faulty recipe leaves over of them is reported with its faults.

        Raises:
            RecipeError: If the recipe has faults.
            PlanError: If it does not fit.
        """
        if self.recipe is None or (self.findings and layout is not None):
            raise RecipeError(self.findings)
        made: Plan | None
        if layout is None:
            made, found = draft_plan(self.recipe, infos, vars, strict=strict, config=config, in_part=True)
        else:
            from ms_initkit.layouts.rank import plan_rank  # which most networks, being whole, do without

            made = plan_rank(infos, self.recipe, layout, vars, strict=strict, config=config)
            found = made.findings
        found = [*found, *(() if made is None else check(made, self.recipe))]
        if self.findings:
            raise RecipeError([*self.findings, *(one for one in found if _is_told_beside_faults(one))])
        if made is None or has_errors(found):
            raise PlanError(found)
        return made


def _is_told_beside_faults(finding: Finding) -> bool:
    """Returns whether a network's finding is said although some rules could not be read, which select what they did."""
    return finding.severity == "error" or finding.code in _LEFTOVERS
