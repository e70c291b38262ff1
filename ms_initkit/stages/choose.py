"""Which recipe a network gets where none is named: ``auto`` takes what is known, or stops with what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ms_initkit.findings import Finding, RecipeError, counted
from ms_initkit.language.documents import RecipeSource
from ms_initkit.language.library import shipped
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.describe import describe
from ms_initkit.networks.params import ParamInfo
from ms_initkit.networks.plain import Plain, config_of
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.suggest import Classes, classes_of, foreign, suggest
from ms_initkit.plans.suggestion import Suggestion
from ms_initkit.stages.copies import kept_copies

if TYPE_CHECKING:
    from mindspore.nn import Cell

    from ms_initkit.stages.choices import Choice


AUTO: Final = "auto"
# Of what a recipe would overwrite, so many names are shown.
_SHOWN: Final = 4


def suggest_for(net: Cell) -> Suggestion:
    """Returns which shipped recipe is recommended for ``net``: none of a family that its constants contradict."""
    found = suggest(describe(net), classes_of(net), shipped(), load_recipe, config_of(net))
    if found.answer != "family" or found.recipe is None:
        return found
    from ms_initkit.stages.choices import contradictions  # which networks of known classes do without

    against = contradictions(net, found.recipe)
    return _contradicted(found, found.recipe, against) if against else found


def _contradicted(found: Suggestion, recipe: str, against: Sequence[Choice]) -> Suggestion:
    """Returns what is said where the names of a family are there, and constants that its recipe would overwrite."""
    first = ", ".join(f"{one.name} ({one.value:.4g})" for one in against[:_SHOWN])
    more = f" and {len(against) - _SHOWN} more" if len(against) > _SHOWN else ""
    them = f"constants that the constructor chose: {first}{more}"
    globs = ", ".join(f'"{glob}"' for glob in dict.fromkeys(one.glob for one in against))
    rule = f"{{family: mine, extends: {recipe}, rules: [{{match: [{globs}], init: keep}}]}}"
    advice = (
        f"if its values are meant for these too, name it: --recipe {recipe}",
        f"to keep them, a recipe of your own: {rule}",
    )
    reason = f"the parameters have the names of {recipe}'s family, but it would overwrite {them}"
    return replace(found, recipe=None, reason=reason, advice=advice)


def chosen(recipe: Recipe | RecipeSource, net: Cell) -> Recipe | RecipeSource:
    """Returns ``recipe``, or the name of the one that is recommended for ``net`` where it is ``auto``.

    Raises:
        RecipeError: If none is recommended.
    """
    return recommended(suggest_for(net)) if recipe == AUTO else recipe


def chosen_for(recipe: str, infos: Sequence[ParamInfo], classes: Classes, config: Mapping[str, Plain] | None) -> str:
    """Returns as ``chosen`` for parameters that are known without their network."""
    return recommended(suggest(infos, classes, shipped(), load_recipe, config)) if recipe == AUTO else recipe


def recommended(found: Suggestion) -> str:
    """Returns the recipe that is recommended.

    Raises:
        RecipeError: If none is; it names what there is.
    """
    if found.recipe is not None:
        return found.recipe
    names = ", ".join(one.recipe for one in found.candidates)
    note = f"what speaks for something: {names}" if names else "nothing speaks for any of the shipped recipes"
    message = f"no recipe is known for {found.network or 'this network'}: {found.reason}"
    help = "; ".join((*found.advice, "name one, or write one"))
    raise RecipeError([Finding.error("no-known-recipe", message, note, help=help)])


def noted(plan: Plan, recipe: Recipe | None, infos: Sequence[ParamInfo], net: Cell) -> Plan:
    """Returns ``plan`` with notes: if ``recipe`` is for other networks than ``net``, of what has no line, of copies."""
    is_foreign = None if recipe is None else foreign(recipe, infos, classes_of(net))
    notes = (is_foreign, _hash_tables(net), kept_copies(plan, infos, net))
    told = tuple(note for note in notes if note is not None)
    return replace(plan, findings=(*plan.findings, *told)) if told else plan


def _hash_tables(net: Cell) -> Finding | None:
    from ms_initkit.networks.describe import tables_of

    names = tables_of(net)
    if not names:
        return None
    message = f"{counted(len(names), 'hash table')} of the network, the first {names[0]!r}, has no line in the plan"
    note = "a MapParameter has no values before its keys are seen: its own `default_value` initialises them"
    return Finding.note("hash-table", message, note, parameter=names[0])
