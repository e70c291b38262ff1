"""Which recipe is recommended for a class: the one place that asks ``suggest``."""

from __future__ import annotations

from functools import cache

from ms_initkit.language.library import Shipped, shipped
from ms_initkit.plans.suggest import suggest
from ms_initkit.plans.suggestion import Suggestion
from tests.truth.data import Case
from tests.truth.scoring import loaded_recipe


def recommended(case: Case) -> str | None:
    """Returns the name of the recipe that is recommended; None where none is."""
    return suggestion(case).recipe


def suggestion(case: Case) -> Suggestion:
    """Returns what is said of a class."""
    return suggest(case.infos, case.classes, _shipped(), loaded_recipe, case.configuration)


@cache
def _shipped() -> tuple[Shipped, ...]:
    return shipped()
