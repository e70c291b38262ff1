"""Which recipe fits a network: what each would claim of it, by whose rules, and what it would leave over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ms_initkit.language.library import shipped_name
from ms_initkit.plans.bind import draft_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from mindspore.nn import Cell

    from ms_initkit.language.recipe import Recipe
    from ms_initkit.networks.params import ParamInfo

# Rules of this recipe say nothing of a family, whoever inherits them.
BASE: Final = "torch/base"
# What bind finds where a rule asks for nothing that is there, or cannot give what it promises.
_UNUSED: Final = "unused-rule"


class Share(NamedTuple):
    """A part of a network's parameters."""

    tensors: int = 0
    elements: int = 0

    def __add__(self, other: Share) -> Share:  # type: ignore[override]  # parts add up, tuples would be joined
        """Returns both parts together."""
        return Share(self.tensors + other.tensors, self.elements + other.elements)


@dataclass(frozen=True, slots=True)
class Classes:
    """Class names of a network's cells.

    Args:
        own: The network's own, nearest first, its bases after it; empty if unknown.
        inner: Those of the cells inside it.
    """

    own: tuple[str, ...] = ()
    inner: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one recipe would do to a network.

    Args:
        recipe: The recipe's name.
        description: The recipe's own.
        made_for: The network's class or inner class that the recipe says it is made for; empty if there is none.
        is_own: Whether ``made_for`` is the network's own class or a base of it.
        whole: The network.
        own: What the recipe's rules claim, its family's included.
        inherited: What rules of ``base`` claim.
        kept: What no rule selects and no one trains: left as it is.
        required: How many rules of its own, not optional, found what they ask for.
        unmatched: Names of trainable parameters that no rule selects.
        unused: Ids of rules that select nothing and are not optional.
        failures: Why further rules, or the recipe as a whole, cannot serve.
    """

    recipe: str
    description: str
    made_for: str
    is_own: bool
    whole: Share
    own: Share
    inherited: Share
    kept: Share
    required: int
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]
    failures: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether nothing is left over on either side."""
        return not (self.unmatched or self.unused or self.failures)

    def to_json(self) -> dict[str, object]:
        """Returns the suggestion as JSON values."""
        return {
            "recipe": self.recipe,
            "description": self.description,
            "fits": self.fits,
            "made_for": self.made_for or None,
            "own": self.own._asdict(),
            "inherited": self.inherited._asdict(),
            "kept": self.kept._asdict(),
            "unmatched": list(self.unmatched),
            "unused": list(self.unused),
            "failures": list(self.failures),
        }


def suggest(
    infos: Sequence[ParamInfo],
    classes: Classes,
    recipes: Iterable[Recipe],
    progress: Callable[[int], None] | None = None,
) -> tuple[Suggestion, ...]:
    """Returns what each recipe would do to a network, the likeliest first.

    First come recipes that say they are made for the network's class, then those made for a class inside it. Among
    equals: those that leave nothing over; a family's own recipe before its variants, as ``resnet`` before
    ``resnet-tf``; those whose own rules claim more of the elements, in tenths; those of which more rules had to find
    something and did.

    Args:
        infos: The network's parameters.
        classes: Its cells' classes.
        recipes: Those to choose from.
        progress: Called with 1 after each recipe.
    """
    found = []
    for recipe in recipes:
        found.append(_hold(recipe, infos, classes))
        if progress is not None:
            progress(1)
    names = {one.recipe for one in found}
    return tuple(sorted(found, key=lambda one: _place(one, names)))


def classes_of(net: Cell) -> Classes:
    """Returns the class names of ``net``, its bases' up to ``Cell``, and of the cells inside it."""
    names = tuple(kind.__name__ for kind in type(net).__mro__)
    own = names[: names.index("Cell")] if "Cell" in names else names
    return Classes(own, frozenset(type(cell).__name__ for name, cell in net.cells_and_names() if name))


def classes_of_owners(infos: Iterable[ParamInfo], own: Sequence[str] = ()) -> Classes:
    """Returns the class names that parameters tell of where there is no network: those of their owners."""
    return Classes(tuple(own), frozenset(name for info in infos for owner in info.owners for name in owner.cell[:1]))


def made_for(recipe: Recipe, classes: Classes) -> tuple[str, bool]:
    """Returns the class that ``recipe`` is made for, empty if there is none, and whether it is the network's own."""
    for name in classes.own:
        if _is_named(recipe, name):
            return name, True
    return next((name for name in sorted(classes.inner) if _is_named(recipe, name)), ""), False


def _is_named(recipe: Recipe, name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in recipe.networks)


def _hold(recipe: Recipe, infos: Sequence[ParamInfo], classes: Classes) -> Suggestion:
    plan, findings = draft_plan(recipe, infos, strict=False)
    name, is_own = made_for(recipe, classes)
    is_trainable = {info.name: info.is_trainable for info in infos}
    base = {rule.id for rule in recipe.rules if shipped_name(rule.span.path) == BASE}
    needed = {rule.id for rule in recipe.rules if not rule.is_optional} - base
    own, inherited, kept = Share(), Share(), Share()
    required = set()
    unmatched = []
    for line in () if plan is None else plan.assignments:
        part = Share(1, line.size)
        if line.rule in base:
            inherited += part
        elif line.rule:
            own += part
            required |= needed & {line.rule}
        elif is_trainable[line.name]:
            unmatched.append(line.name)
        else:
            kept += part
    rules = {rule.match.span: rule.id for rule in recipe.rules}
    return Suggestion(
        recipe=shipped_name(recipe.path) or Path(recipe.path).stem,
        description=recipe.description,
        made_for=name,
        is_own=is_own,
        whole=Share(len(infos), sum(info.size for info in infos)),
        own=own,
        inherited=inherited,
        kept=kept,
        required=len(required),
        unmatched=tuple(unmatched),
        unused=tuple(rules[finding.span] for finding in findings if finding.code == _UNUSED and finding.span),
        failures=tuple(finding.message for finding in findings if finding.severity == "error"),
    )


def _place(one: Suggestion, names: Collection[str]) -> tuple[object, ...]:
    """Returns where ``one`` stands among the suggestions for recipes called ``names``; the least is first."""
    return (
        2 if not one.made_for else 0 if one.is_own else 1,
        not one.fits,
        any(one.recipe.startswith(f"{name}-") for name in names),
        -round(10 * one.own.elements / max(1, one.whole.elements)),
        -one.required,
        -one.own.tensors,
        one.recipe,
    )
