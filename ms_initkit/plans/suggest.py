"""Which recipe initialises a network as its authors did: known by its class, by its family's names, or not known. Pure.

A recipe says which classes it was compared with, and by which names its family is told. Nothing else recommends one:
neither that its rules would claim every parameter, nor what a cell inside the network is called. Names do not answer
for a class of a package of which others were compared: what is true of it is found by comparing, not by likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding
from ms_initkit.language.audience import Classes as Listed
from ms_initkit.language.library import Shipped, shipped_name
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.params import ParamInfo
from ms_initkit.networks.plain import Plain
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.signatures import Names, Standing, standing
from ms_initkit.plans.suggestion import Answer, Candidate, Share, Suggestion, Why

if TYPE_CHECKING:
    from mindspore.nn import Cell


# What torch's layers would be: offered where no recipe is known, never recommended.
BASE: Final = "torch/base"
# What else may have the names of a family, where names are all that is known, unless it has some of these.
_NAMESAKES: Final = {
    "hf/llama": (
        "a Gemma of the first generation has the same names, and norms that begin at 0: for that, --recipe hf/gemma",
        ("q_norm", "bias"),
    )
}
# What bind finds where a rule asks for nothing that is there, or cannot give what it promises.
_UNUSED: Final = "unused-rule"


@record
class Classes:
    """What a network is called.

    Args:
        own: Names of its class and of the bases, nearest first; empty if unknown.
        modules: The module of each; empty if unknown.
    """

    own: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The network's class; empty if unknown."""
        return self.own[0] if self.own else ""

    def module(self, number: int) -> str:
        """Returns the module of class ``number``; empty if unknown."""
        return self.modules[number] if number < len(self.modules) else ""


def suggest(
    infos: Sequence[ParamInfo],
    classes: Classes,
    recipes: Sequence[Shipped],
    load: Callable[[str], Recipe],
    config: Mapping[str, Plain] | None = None,
) -> Suggestion:
    """Returns which recipe is recommended for a network, and which others something speaks for.

    Args:
        infos: The network's parameters.
        classes: What it is called.
        recipes: Those to choose from, without their rules.
        load: Reads one in full; only those that something speaks for are.
        config: The plain data of the network's configuration.
    """
    names = Names.of(infos)
    by_class = _compared(classes, recipes)
    stands = {one.name: at for one in recipes if (at := standing(one.audience.signature, names)) is not None}
    signed = [one for one in recipes if one.name in stands and stands[one.name].is_whole]
    whole = Share(len(infos), sum(info.size for info in infos))

    def hold(one: Shipped, why: Why) -> Candidate:
        return _hold(load(one.name), one, why, infos, config)

    def answered(
        answer: Answer, recipe: str | None, reason: str, found: Iterable[Candidate], advice: tuple[str, ...] = ()
    ) -> Suggestion:
        return Suggestion(classes.name, answer, recipe, reason, whole, tuple(found), advice=advice)

    others = [one for one in recipes if _listed(one.audience.alternatives, classes) is not None]
    alternatives = [hold(one, "alternative") for one in others]
    if by_class is not None:
        known, number = by_class
        rest = [hold(one, "signature") for one in signed if one not in (known, *others)]
        reason = _known_reason(known, classes, number)
        return answered("known", known.name, reason, (hold(known, "compared"), *alternatives, *rest))
    family = [hold(one, "signature") for one in _most_specific(signed) if one not in others]
    fitting = [one for one in family if one.fits]
    candidates = (*fitting, *(one for one in family if not one.fits), *alternatives)
    default = [hold(one, "default") for one in recipes if one.name == BASE]
    if package := _compared_package(classes, recipes):
        reason = _not_compared_reason(classes, package, family)
        return answered("unknown", None, reason, (*candidates, *default), _covered(default))
    if len(fitting) == 1:
        reason = f"the parameters have the names of {fitting[0].recipe}'s family; its class was not compared"
        return answered("family", fitting[0].recipe, reason, candidates, _namesakes(fitting[0].recipe, infos))
    if fitting:
        reason = "the parameters have the names of several families: " + ", ".join(one.recipe for one in fitting)
        return answered("family", None, reason, candidates)
    reason = _unknown_reason(classes, family, {name: at for name, at in stands.items() if not at.is_whole})
    return answered("unknown", None, reason, (*candidates, *default), _covered(default))


def _covered(default: Sequence[Candidate]) -> tuple[str, ...]:
    """Returns what to type where nothing is recommended and the layers' own default serves all of the network."""
    return tuple(
        f"every layer as torch makes it, nothing left over: --recipe {one.recipe}" for one in default if one.fits
    )


def _namesakes(recipe: str, infos: Sequence[ParamInfo]) -> tuple[str, ...]:
    """Returns what else a network may be of whose cells nothing is known."""
    said, telling = _NAMESAKES.get(recipe, ("", ()))
    segments = {segment for info in infos for segment in info.name.split(".")}
    is_bare = not any(owner.cell for info in infos for owner in info.owners)
    return (said,) if said and is_bare and segments.isdisjoint(telling) else ()


def classes_of(net: Cell) -> Classes:
    """Returns what ``net`` is called, its bases up to ``Cell`` included."""
    kinds = type(net).__mro__
    names = [kind.__name__ for kind in kinds]
    own = kinds[: names.index("Cell")] if "Cell" in names else kinds
    return Classes(tuple(kind.__name__ for kind in own), tuple(kind.__module__ for kind in own))


def foreign(recipe: Recipe, infos: Sequence[ParamInfo], classes: Classes) -> Finding | None:
    """Returns a note if ``recipe`` is for other networks: neither for this one's class nor of its signature."""
    audience = recipe.audience
    if not (audience.networks or audience.signature):
        return None
    if any(_listed(listed, classes) is not None for listed in (audience.networks, audience.alternatives)):
        return None
    found = standing(audience.signature, Names.of(infos))
    if found is not None and found.is_whole:
        return None
    name = shipped_name(recipe.path) or recipe.path
    message = f"{name} is not known to be for {classes.name or 'this network'}: neither its class nor its names are"
    return Finding.note("foreign-recipe", message, help="`ms-initkit suggest` says what is known of a network")


def _compared(classes: Classes, recipes: Iterable[Shipped]) -> tuple[Shipped, int] | None:
    """Returns the recipe that was compared with the network's class or the nearest base of it, and which it was."""
    fitting = [(number, one) for one in recipes if (number := _listed(one.audience.networks, classes)) is not None]
    return min(((one, number) for number, one in fitting), key=lambda pair: pair[1], default=None)


def _compared_package(classes: Classes, recipes: Iterable[Shipped]) -> str:
    """Returns the package that the network's class is of, if classes of it were compared; empty if none were."""
    package = _root(classes.module(0))
    compared = {_root(one.package) for recipe in recipes for one in recipe.audience.networks}
    return package if package in compared else ""


def _root(module: str) -> str:
    return module.partition(".")[0]


def _listed(listed: Iterable[Listed], classes: Classes) -> int | None:
    """Returns which of the network's classes is listed, the network's own before its bases; None if none is.

    A base counts for networks of other packages: a package's own classes often change what their bases do.
    """
    for number, name in enumerate(classes.own):
        module = classes.module(number)
        for one in listed:
            is_named = any(fnmatchcase(name, pattern) for pattern in one.names)
            is_there = not one.package or _is_in(module, one.package)
            if is_named and is_there and (number == 0 or not _is_in(classes.module(0), one.package)):
                return number
    return None


def _is_in(module: str, package: str) -> bool:
    return bool(package) and f"{module}.".startswith(f"{package}.")


def _most_specific(recipes: Sequence[Shipped]) -> list[Shipped]:
    """Returns the recipes whose signature is not a part of another's."""
    asked = {one.name: set(one.audience.signature) for one in recipes}
    return [one for one in recipes if not any(asked[one.name] < asked[other.name] for other in recipes)]


def _known_reason(known: Shipped, classes: Classes, number: int) -> str:
    module = classes.module(number)
    package = next((one.package for one in known.audience.networks if _is_in(module, one.package)), "")
    where = f" of {package}" if package else ""
    if number == 0:
        return f"{known.name} was compared with the reference of {classes.name}{where}"
    return f"{classes.name} is a {classes.own[number]}{where}, with whose reference {known.name} was compared"


def _not_compared_reason(classes: Classes, package: str, family: Sequence[Candidate]) -> str:
    what = f"other classes of {package} were compared with their references, {classes.name} was not"
    if family:
        near = ", ".join(one.recipe for one in family)
        return f"{what}; that it has the names of {near} does not tell how it is drawn"
    return f"{what}, and its parameters have the names of no family"


def _unknown_reason(classes: Classes, family: Sequence[Candidate], parts: Mapping[str, Standing]) -> str:
    what = f"the class {classes.name} was not compared with a reference" if classes.name else "its class is not known"
    if family:
        near = ", ".join(one.recipe for one in family)
        return f"{what}; it has the names of {near}, whose rules leave something over"
    if parts:
        near = "; ".join(
            f"{at.inside:,} of its {at.total:,} parameters{_under(at)} have the names of {name}'s family"
            for name, at in parts.items()
        )
        return f"{what}; {near}, the others not"
    return f"{what}, and its parameters have the names of no family"


def _under(at: Standing) -> str:
    roots = [root for root in at.roots if root]
    return f", under {' and '.join(roots)}," if roots else ""


def _hold(
    recipe: Recipe, one: Shipped, why: Why, infos: Sequence[ParamInfo], config: Mapping[str, Plain] | None
) -> Candidate:
    plan, findings = draft_plan(recipe, infos, strict=False, config=config)
    is_trainable = {info.name: info.is_trainable for info in infos}
    base = {rule.id for rule in recipe.rules if shipped_name(rule.span.path) == BASE}
    own, inherited, kept = Share(), Share(), Share()
    unmatched = []
    for line in () if plan is None else plan.assignments:
        part = Share(1, line.size)
        if line.rule in base:
            inherited += part
        elif line.rule:
            own += part
        elif is_trainable[line.name]:
            unmatched.append(line.name)
        else:
            kept += part
    rules = {rule.match.span: rule.id for rule in recipe.rules}
    return Candidate(
        recipe=one.name,
        description=one.description,
        why=why,
        own=own,
        inherited=inherited,
        kept=kept,
        unmatched=tuple(unmatched),
        unused=tuple(rules[finding.span] for finding in findings if finding.code == _UNUSED and finding.span),
        failures=tuple(finding.message for finding in findings if finding.severity == "error"),
    )
