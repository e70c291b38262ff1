"""Stage bind: gives each parameter to the first rule that selects it and resolves everything. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from ms_initkit.basis.collector import paused
from ms_initkit.findings import Finding, PlanError, counted, few_guesses, has_errors
from ms_initkit.formulas.fans import NoFansError
from ms_initkit.language import library
from ms_initkit.language.fits import ShapeError
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rules import Rule, names_in
from ms_initkit.language.sources import LikeSpec
from ms_initkit.language.text import location
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.leftovers import Leftovers
from ms_initkit.plans.likes import Likes, Waiting
from ms_initkit.plans.lines import Assignment, RuleLine
from ms_initkit.plans.match import Matcher, Tally
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.resolve import Resolution, Resolver
from ms_initkit.plans.sources import is_passing
from ms_initkit.plans.sums import summed_biases
from ms_initkit.plans.variables import Source, VariableValue, evaluate_variables, used
from ms_initkit.syntax.grammar import Value
from ms_initkit.syntax.work import PLANNING, TooMuchWorkError, bounded, spend


def bind(
    recipe: Recipe,
    infos: Sequence[ParamInfo],
    variables: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool,
    config: Mapping[str, Value] | None = None,
) -> Plan:
    """Returns what each parameter will be.

    Args:
        recipe: What to do.
        infos: The network's parameters.
        variables: Values that override the recipe's own variables.
        strict: Whether leftovers (unmatched parameters, unused rules) are errors; if not, they are warnings.
        config: The plain data of the network's configuration, for variables that are read off it.

    Raises:
        PlanError: If anything is wrong; it carries every finding.
    """
    plan, findings = draft_plan(recipe, infos, variables, strict=strict, config=config)
    if plan is None or has_errors(findings):
        raise PlanError(findings)
    return plan


def draft_plan(
    recipe: Recipe,
    infos: Sequence[ParamInfo],
    variables: Mapping[str, VariableValue] | None = None,
    *,
    strict: bool,
    config: Mapping[str, Value] | None = None,
    in_part: bool = False,
) -> tuple[Plan | None, Sequence[Finding]]:
    """Returns as much of the plan as can be made, and all that is wrong.

    Where variables have no values it is None, or, ``in_part``, of the rules that do without them.
    """
    try:
        with paused(), bounded(PLANNING), few_guesses():
            return _draft_plan(recipe, infos, variables, strict=strict, config=config, in_part=in_part)
    except TooMuchWorkError:
        return None, [_too_large(recipe, len(infos))]


def _draft_plan(
    recipe: Recipe,
    infos: Sequence[ParamInfo],
    variables: Mapping[str, VariableValue] | None,
    *,
    strict: bool,
    config: Mapping[str, Value] | None,
    in_part: bool,
) -> tuple[Plan | None, Sequence[Finding]]:
    stripped, prefix_findings = _strip_prefixes(recipe, infos)
    known = evaluate_variables(recipe, Source(stripped, config or {}), variables or {})
    findings = [*prefix_findings, *known.findings]
    if known.findings and not in_part:
        return None, findings
    missing = frozenset(variable.name for variable in recipe.variables) - known.values.keys()
    rules = tuple(_without(rule, missing) for rule in recipe.rules)
    active, condition_findings = _active_rules(rules, known.values)
    findings += condition_findings
    # Of rules whose condition has no value nobody knows what they leave to others.
    is_certain = not condition_findings and not any(_is_open(rule, missing) for rule in recipe.rules)
    draft = _Draft(Resolver(known.values), stripped)
    matcher = Matcher(tuple(rule for rule, is_active in zip(rules, active, strict=True) if is_active))
    for original, info in zip(infos, stripped, strict=True):
        draft.add(original, info, matcher.candidates(info))
    draft.likes.follow(draft.assignments, draft.resolver.taken, draft.tally.fail)
    findings += draft.findings()
    if is_certain:
        findings += draft.leftovers(matcher.rules, recipe.path, strict=strict)
    findings += summed_biases(draft.assignments)
    shown = used(recipe.variables, (rule for rule in matcher.rules if draft.tally.won[rule.id]))
    plan = Plan(
        recipe.family,
        library.portable_path(recipe.path),
        recipe.digest,
        tuple((name, value) for name, value in known.values.items() if name in shown),
        tuple(
            RuleLine(rule.id, location(rule.span), str(rule.match), is_active)
            for rule, is_active in zip(recipe.rules, active, strict=True)
        ),
        tuple(draft.assignments),
        tuple(findings),
        tuple((name, source) for name, source in known.sources.items() if name in shown),
    )
    return plan, findings


def _too_large(recipe: Recipe, size: int) -> Finding:
    """Returns what is said of a recipe that cannot be held against a network in good time; it names a culprit."""
    rules = [rule for rule in recipe.rules if rule.where is not None or rule.match.is_laborious]
    message = f"{counted(len(recipe.rules), 'rule')} against {counted(size, 'parameter')} take too long"
    note = f"{counted(len(rules), 'rule')} of them have to be held against every kind of name, this one among them"
    hint = "name a whole segment in each glob, as in layers.{i}.attn.*, or make one rule of those that are alike"
    if not rules:
        return Finding.error("too-large", message, help=hint)
    return Finding.error("too-large", message, note, span=rules[0].match.span, help=hint, rule=rules[0].id)


def _strip_prefixes(recipe: Recipe, infos: Sequence[ParamInfo]) -> tuple[tuple[ParamInfo, ...], list[Finding]]:
    """Takes the recipe's wrapper prefixes off every name, over and over: wrappers nest."""
    if not recipe.strip_prefixes:
        return tuple(infos), []
    prefix = re.compile("(?:" + "|".join(re.escape(text) for text in recipe.strip_prefixes) + ")+")
    found: Counter[str] = Counter()

    def strip(owner: Owner) -> Owner:
        match = prefix.match(owner.name)
        if match is None or match.end() == len(owner.name):
            return owner
        found[match.group()] += 1
        return owner._replace(name=owner.name[match.end() :])

    stripped = tuple(info._replace(owners=tuple(strip(owner) for owner in info.owners)) for info in infos)
    findings = [
        Finding.note("stripped-prefix", f"{text!r} was taken off {counted(count, 'name')} before matching")
        for text, count in found.items()
    ]
    names = Counter(info.name for info in stripped)
    findings += [
        Finding.error("ambiguous-name", f"{count} parameters are called {name!r} once prefixes are stripped")
        for name, count in names.items()
        if count > 1
    ]
    return stripped, findings


def _without(rule: Rule, missing: frozenset[str]) -> Rule:
    """Returns the rule, or, where it needs a variable that has no value, one that keeps what it selects."""
    if not missing or not (rule.names | _conditions(rule)) & missing:
        return rule
    return replace(rule.bare, where=None, when=None)


def _is_open(rule: Rule, missing: frozenset[str]) -> bool:
    """Returns whether it takes variables without a value to know which of what it selects a rule takes."""
    return bool(missing & (rule.names | _conditions(rule) if is_passing(rule) else _conditions(rule)))


def _conditions(rule: Rule) -> frozenset[str]:
    return names_in((rule.where, rule.when))


def _active_rules(rules: Sequence[Rule], values: Mapping[str, VariableValue]) -> tuple[tuple[bool, ...], list[Finding]]:
    active, findings = [], []
    for rule in rules:
        try:
            active.append(rule.when is None or bool(rule.when.evaluate(values)))
        except ValueError as error:
            active.append(True)
            findings.append(Finding.error("bad-expression", f"`when` has no value: {error}", span=rule.span))
    return tuple(active), findings


_CHEAP: Final = 32  # parts of a rule that are looked at in one step of work
_STEPS: Final = 10  # of work that it takes to ask whether a rule's `where` holds for a parameter


class _FailedConditionError(Exception):
    """A rule's ``where`` has no value for a parameter."""

    def __init__(self, rule: Rule, reason: ValueError) -> None:
        super().__init__(str(reason))
        self.rule: Final = rule


class _Candidates(NamedTuple):
    """Rules that select a parameter, in order, and what is asked of them."""

    rules: tuple[tuple[Rule, int], ...]
    ids: tuple[str, ...]
    is_selective: bool


@dataclass
class _Draft:
    """The lines so far, and what is needed to say what was left over."""

    resolver: Resolver
    infos: Sequence[ParamInfo]
    assignments: list[Assignment] = field(default_factory=list)
    tally: Tally[Rule] = field(default_factory=Tally)
    likes: Likes = field(default_factory=Likes)
    lengths: dict[str, int] = field(default_factory=dict)
    known: dict[int, _Candidates] = field(default_factory=dict)  # by the identities of candidates
    tied: dict[str, tuple[Rule, str, str, dict[str, int | str]]] = field(default_factory=dict)
    held_back: dict[str, str] = field(default_factory=dict)  # by rules: the first that their `where` is not true of

    def add(self, original: ParamInfo, info: ParamInfo, candidates: tuple[tuple[Rule, int], ...]) -> None:
        """Adds the line of one parameter, or what is wrong with it."""
        if self._told_of(candidates).is_selective:
            spend(_STEPS * len(candidates))
            try:
                candidates = self._holding(candidates, info)
            except _FailedConditionError as error:
                self.tally.fail(error.rule, original, ValueError(f"`where` has no value: {error}"))
                return
            candidates = self._from_first_with_values(candidates, info)
        names = self._told_of(candidates).ids
        won = self.tally.winner(original, candidates)
        if won is None:
            self._append(original, info, "", names, self.resolver.kept)
            return
        rule, owner = won
        if isinstance(rule.action, LikeSpec):
            self.likes.waiting[len(self.assignments)] = Waiting(rule, original, info, info.owners[owner])
            self._append(original, info, rule.id, names, self.resolver.kept)
            return
        length = self.lengths.get(rule.id)
        if length is None:
            length = self.lengths[rule.id] = rule.length
        try:
            spend(length // _CHEAP)
            resolution = self.resolver.resolve(rule, info, info.owners[owner])
        except ValueError as error:
            self.tally.fail(rule, original, error)
            return
        if rule.then:
            self.likes.before[len(self.assignments)] = resolution.before
        self._append(original, info, rule.id, names, resolution)
        if len(info.owners) > 1 and rule.names:
            self._note_tied(rule, info, owner)

    def _told_of(self, candidates: tuple[tuple[Rule, int], ...]) -> _Candidates:
        """Returns what is asked of rules; it is asked once where they select many parameters."""
        known = self.known.get(id(candidates))
        if known is None:
            ids = tuple(rule.id for rule, _ in candidates)
            is_selective = any(rule.is_selective for rule, _ in candidates)
            known = self.known[id(candidates)] = _Candidates(candidates, ids, is_selective)
        return known

    def _note_tied(self, rule: Rule, info: ParamInfo, owner: int) -> None:
        """Notes that a tied parameter's other names would give an expression another index or text."""
        first = info.owners[owner]
        taken = {name: value for name, value in rule.match.capture(first.name).items() if name in rule.names}
        for other in info.owners:
            if taken and rule.match.selecting_owner(info._replace(owners=(other,))) is not None:
                found = rule.match.capture(other.name)
                if any(found.get(name) != value for name, value in taken.items()):
                    self.tied.setdefault(rule.id, (rule, first.name, other.name, taken))

    def _holding(self, candidates: tuple[tuple[Rule, int], ...], info: ParamInfo) -> tuple[tuple[Rule, int], ...]:
        held = []
        for one in candidates:
            if self._holds(one, info):
                held.append(one)
            else:
                self.held_back.setdefault(one[0].id, info.name)
        return tuple(held)

    def _holds(self, candidate: tuple[Rule, int], info: ParamInfo) -> bool:
        rule, owner = candidate
        try:
            return rule.where is None or self.resolver.holds(rule.where, rule.match, info, info.owners[owner])
        except ValueError as error:
            raise _FailedConditionError(rule, error) from error

    def _from_first_with_values(
        self, candidates: tuple[tuple[Rule, int], ...], info: ParamInfo
    ) -> tuple[tuple[Rule, int], ...]:
        """Returns the rules without those in front that say `missing: next` of a file that lacks the parameter."""
        for number, (rule, owner) in enumerate(candidates):
            if not is_passing(rule) or self.resolver.has_values(rule, info, info.owners[owner]):
                return candidates[number:]
        return ()

    def _append(
        self, original: ParamInfo, info: ParamInfo, rule: str, names: tuple[str, ...], resolution: Resolution
    ) -> None:
        self.assignments.append(
            Assignment(
                original.name,
                original.names[1:],
                info.name,
                info.shape,
                info.dtype,
                rule,
                resolution.initializer,
                resolution.draw,
                resolution.fans,
                resolution.moments,
                names,
            )
        )

    def findings(self) -> list[Finding]:
        """Returns what went wrong, rules first in file order."""
        found = [
            Finding.error(
                _failure_code(reason),
                f"rule {rule.id!r} cannot serve {_listed(failed)}: {reason}",
                span=rule.span,
                rule=rule.id,
                parameter=failed[0].name,
            )
            for rule, reason, failed in self.tally.failures.values()
        ]
        found += self.likes.circles
        found += [_tied(*one) for one in self.tied.values()]
        return [*found, *self.resolver.sources.findings()]

    def leftovers(self, rules: Sequence[Rule], path: str, *, strict: bool) -> list[Finding]:
        """Returns what was left over, rules first in file order; ``path`` is the recipe's own file."""
        # A rule whose file fits nothing has been told of.
        tried = [rule for rule in rules if self.tally.won[rule.id] or not self.resolver.sources.has_asked(rule)]
        left = Leftovers(
            tally=self.tally,
            infos=self.infos,
            severity="error" if strict else "warning",
            path=path,
            conditional=frozenset(rule.id for rule in rules if rule.when is not None),
            passing=frozenset(rule.id for rule in rules if is_passing(rule)),
            held_back=self.held_back,
        )
        return left.findings(tried)


def _tied(rule: Rule, first: str, other: str, taken: dict[str, int | str]) -> Finding:
    values = ", ".join(f"{name} = {value}" for name, value in taken.items())
    message = f"{first!r} is {other!r} too, and rule {rule.id!r} takes {values} of the first name"
    return Finding.note("tied-index", message, span=rule.span, rule=rule.id, parameter=first)


def _failure_code(reason: ValueError) -> str:
    if isinstance(reason, ShapeError):
        return "shape-mismatch"
    return "undefined-fan" if isinstance(reason, NoFansError) else "unusable-initializer"


def _listed(infos: Sequence[ParamInfo]) -> str:
    return repr(infos[0].name) + f" {infos[0].shape}" + (f" and {len(infos) - 1} more" if len(infos) > 1 else "")
