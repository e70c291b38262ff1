"""Holds a recipe's plan for a class to what its reference draws, parameter by parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.lines import Assignment
from tests.reference.comparison import differences
from tests.truth import laws
from tests.truth.data import Case
from tests.truth.laws import Law


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One parameter that is not as the reference draws it.

    Args:
        name: Its name.
        reason: In words.
        plan: What the plan says.
        reference: What the reference draws.
        rule: The rule that decided, empty where it is kept.
        padding: Whether only rows are wrong that one side fixes.
    """

    name: str
    reason: str
    plan: str
    reference: str
    rule: str
    padding: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How one recipe does for one class.

    Args:
        recipe: Its name, or what there is in place of one.
        compared: How many parameters have a counterpart.
        mismatches: Those that differ.
        findings: What the plan says against itself.
    """

    recipe: str
    compared: int
    mismatches: tuple[Mismatch, ...]
    findings: tuple[str, ...] = ()

    @property
    def equal(self) -> int:
        """How many are as the reference draws them."""
        return self.compared - len(self.mismatches)

    @property
    def is_whole(self) -> bool:
        """Whether all are."""
        return not self.mismatches


def score(recipe: Recipe | str, case: Case) -> Score:
    """Returns how ``recipe`` does for ``case``. What no rule claims is as the constructor left it."""
    loaded = loaded_recipe(recipe) if isinstance(recipe, str) else recipe
    plan, found = draft_plan(loaded, case.infos, strict=False, config=case.configuration)
    findings = tuple(finding.message for finding in found if finding.severity == "error")
    lines = {} if plan is None else {line.name: line for line in plan.assignments}
    wrong = [
        mismatch
        for name, law in case.drawn.items()
        if (mismatch := _mismatch(name, lines.get(name), case.constructed.get(name), law)) is not None
    ]
    return Score(recipe if isinstance(recipe, str) else recipe.path, len(case.drawn), tuple(wrong), findings)


def as_constructed(case: Case) -> Score | None:
    """Returns how the package's own constructor does; None where it is not known."""
    if not case.constructed:
        return None
    wrong = []
    for name, law in case.drawn.items():
        own = case.constructed[name]
        reason = laws.differs(own, law)
        if reason:
            wrong.append(Mismatch(name, reason, laws.words(own), laws.words(law), "", "rows" in reason))
    return Score("as constructed", len(case.drawn), tuple(wrong))


@lru_cache(maxsize=256)
def loaded_recipe(name: str) -> Recipe:
    """Returns a recipe by its name or path."""
    return load_recipe(name)


def _mismatch(name: str, line: Assignment | None, own: Law | None, law: Law) -> Mismatch | None:
    if line is None:
        return Mismatch(name, "it has no plan", "none", laws.words(law), "", padding=False)
    if line.is_kept and own is None:
        return Mismatch(name, "it is kept", "kept", laws.words(law), "", padding=False)
    if line.is_kept and own is not None:
        reason, planned = laws.differs(own, law), f"kept: {laws.words(own)}"
    else:
        reason, planned = _cached_reason(_Held(line, law)), line.initializer
    if not reason:
        return None
    return Mismatch(name, reason, planned, laws.words(law), line.rule, padding=reason.startswith("rows "))


class _Held:
    """A line and a law, alike where the draw, the shape and the law are."""

    __slots__ = ("key", "law", "line")

    def __init__(self, line: Assignment, law: Law) -> None:
        self.line, self.law = line, law
        self.key = (line.draw, line.shape, id(law))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=1 << 16)
def _cached_reason(held: _Held) -> str:
    return "; ".join(_reasons(held.line, held.law))


def _reasons(line: Assignment, law: Law) -> Iterator[str]:
    if "uninitialised" in law:
        return
    yield from differences(line, law)
