"""Initialises MindSpore networks from YAML recipes: checked before, identical everywhere, proven afterwards."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ms_initkit.findings import ApplyError, Finding, InitKitError, PlanError, RecipeError
from ms_initkit.formulas.registry import register_initializer
from ms_initkit.load import load_recipe
from ms_initkit.recipe import Recipe

if TYPE_CHECKING:
    from ms_initkit import initializers, layouts
    from ms_initkit.agreement import check_ranks
    from ms_initkit.applying import apply
    from ms_initkit.attaching import attach
    from ms_initkit.deferral import deferred
    from ms_initkit.drawing import draw
    from ms_initkit.layout_loading import load_layout
    from ms_initkit.materializing import materialize
    from ms_initkit.planning import plan
    from ms_initkit.plans import Assignment, Plan
    from ms_initkit.report import Report
    from ms_initkit.verifying import verify

__version__ = "0.1.0"
__all__ = [
    "ApplyError",
    "Assignment",
    "Finding",
    "InitKitError",
    "Plan",
    "PlanError",
    "Recipe",
    "RecipeError",
    "Report",
    "apply",
    "attach",
    "check_ranks",
    "deferred",
    "draw",
    "initializers",
    "layouts",
    "load_layout",
    "load_recipe",
    "materialize",
    "plan",
    "register_initializer",
    "verify",
]

# What needs NumPy or MindSpore is imported when it is first asked for, so that checking a recipe needs neither.
_HOMES = {
    "Assignment": "ms_initkit.plans",
    "Plan": "ms_initkit.plans",
    "Report": "ms_initkit.report",
    "apply": "ms_initkit.applying",
    "check_ranks": "ms_initkit.agreement",
    "attach": "ms_initkit.attaching",
    "deferred": "ms_initkit.deferral",
    "draw": "ms_initkit.drawing",
    "load_layout": "ms_initkit.layout_loading",
    "materialize": "ms_initkit.materializing",
    "plan": "ms_initkit.planning",
    "verify": "ms_initkit.verifying",
}


def __getattr__(name: str) -> object:
    if name in ("initializers", "layouts"):
        return import_module(f"ms_initkit.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'ms_initkit' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "initializers", "layouts"])
