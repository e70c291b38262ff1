"""Initialises MindSpore networks from YAML recipes: checked before, identical everywhere, proven afterwards."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ms_initkit.basis.collector import paused

with paused():
    from ms_initkit.findings import ApplyError, Finding, InitKitError, InitKitWarning, PlanError, RecipeError
    from ms_initkit.formulas.custom import register_initializer
    from ms_initkit.formulas.scaling import calculate_gain
    from ms_initkit.language.load import load_recipe
    from ms_initkit.language.recipe import Recipe

if TYPE_CHECKING:
    from ms_initkit import initializers, layouts
    from ms_initkit.layouts.load import load_layout
    from ms_initkit.layouts.ownership import check_ownership
    from ms_initkit.networks.construct import deferred
    from ms_initkit.networks.describe import describe
    from ms_initkit.plans.lines import Assignment
    from ms_initkit.plans.plan import Plan
    from ms_initkit.stages.agreement import check_ranks
    from ms_initkit.stages.apply import apply
    from ms_initkit.stages.attach import attach
    from ms_initkit.stages.callback import ApplyRecipe
    from ms_initkit.stages.draw import draw
    from ms_initkit.stages.initialised import initialised
    from ms_initkit.stages.materialize import materialize
    from ms_initkit.stages.one import init_
    from ms_initkit.stages.plan import plan
    from ms_initkit.stages.reports.report import Report
    from ms_initkit.stages.suggest import suggest
    from ms_initkit.stages.verify import verify

__version__ = "0.1.0"
__all__ = [
    "ApplyError",
    "ApplyRecipe",
    "Assignment",
    "Finding",
    "InitKitError",
    "InitKitWarning",
    "Plan",
    "PlanError",
    "Recipe",
    "RecipeError",
    "Report",
    "apply",
    "attach",
    "calculate_gain",
    "check_ownership",
    "check_ranks",
    "deferred",
    "describe",
    "draw",
    "init_",
    "initialised",
    "initializers",
    "layouts",
    "load_layout",
    "load_recipe",
    "materialize",
    "plan",
    "register_initializer",
    "suggest",
    "verify",
]

# What needs NumPy or MindSpore is imported when it is first asked for, so that checking a recipe needs neither.
_HOMES = {
    "ApplyRecipe": "ms_initkit.stages.callback",
    "Assignment": "ms_initkit.plans.lines",
    "Plan": "ms_initkit.plans.plan",
    "Report": "ms_initkit.stages.reports.report",
    "apply": "ms_initkit.stages.apply",
    "attach": "ms_initkit.stages.attach",
    "check_ownership": "ms_initkit.layouts.ownership",
    "check_ranks": "ms_initkit.stages.agreement",
    "deferred": "ms_initkit.networks.construct",
    "describe": "ms_initkit.networks.describe",
    "draw": "ms_initkit.stages.draw",
    "init_": "ms_initkit.stages.one",
    "initialised": "ms_initkit.stages.initialised",
    "load_layout": "ms_initkit.layouts.load",
    "materialize": "ms_initkit.stages.materialize",
    "plan": "ms_initkit.stages.plan",
    "suggest": "ms_initkit.stages.suggest",
    "verify": "ms_initkit.stages.verify",
}


def __getattr__(name: str) -> object:
    if name in ("initializers", "layouts"):
        return import_module(f"ms_initkit.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'ms_initkit' has no attribute {name!r}")
    with paused():
        value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
