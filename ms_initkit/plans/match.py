"""Which rules select a parameter, which one wins, and what is left over on either side.

A network has few kinds of parameters: names that differ only in their indices, in cells of one class, of one shape.
Each kind is held against the rules once; a rule that tells some digits apart is held against names in which the others
are one. Of the rules those are tried whose landmark stands in the name, a segment that they cannot do without. So the
cost is linear in the parameters and nearly independent of the rules; where it is not, it is counted, and bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from ms_initkit.language.selector_tests import told_apart
from ms_initkit.language.selectors import Selector
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.work import spend


class Selecting(Protocol):
    """A rule, as far as it selects."""

    @property
    def id(self) -> str:
        """Its name, unique among the rules beside it."""

    @property
    def match(self) -> Selector:
        """What it selects."""


_R = TypeVar("_R", bound=Selecting)
# Numbers of rules, each with that of the first owner it selects a parameter by.
_Selected: TypeAlias = tuple[tuple[int, int], ...]

_INDEX: Final = re.compile(r"(?:(?<=\.)|^)\d+(?=\.|$)")
_MOST_WAYS: Final = 16  # of telling digits apart that are kept by themselves: each reads every name once
_STEPS: Final = 10  # of work that it takes to hold one rule against one parameter


def kind_of_name(name: str) -> str:
    """Returns ``name`` with its indices as 0, alike for all layers."""
    return _INDEX.sub("0", name)


class _Landmarks:
    """Rules by their landmarks."""

    def __init__(self, rules: Sequence[Selecting], numbers: Sequence[int]) -> None:
        self._rules: Final = rules
        self._by_landmark: Final[dict[str, list[int]]] = {}
        self._others: Final[list[int]] = []
        for number in numbers:
            landmarks = rules[number].match.landmarks
            for landmark in landmarks or ():
                self._by_landmark.setdefault(landmark, []).append(number)
            if landmarks is None:
                self._others.append(number)

    def selecting(self, info: ParamInfo) -> _Selected:
        """Returns the rules that select ``info``, in order."""
        segments = {segment for owner in info.owners for segment in owner.name.split(".")}
        numbers = {number for segment in segments for number in self._by_landmark.get(segment, ())}
        tried = sorted(numbers.union(self._others)) if numbers else self._others
        spend(_STEPS * len(tried))
        selected = ((number, self._rules[number].match.selecting_owner(info)) for number in tried)
        return tuple((number, owner) for number, owner in selected if owner is not None)


class _Alike:
    """Rules that tell no digits apart but in one way: names that differ in others have one answer."""

    def __init__(self, alike: str, index: _Landmarks) -> None:
        self._index: Final = index
        self._digits: Final = str.maketrans("0123456789", alike)
        self._known: Final[dict[object, _Selected]] = {}

    def selecting(self, kind: object, info: ParamInfo) -> _Selected:
        """Returns the rules that select ``info``, in order."""
        key = (kind, *(owner.name.translate(self._digits) for owner in info.owners))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._index.selecting(info)
        return found


class Matcher(Generic[_R]):
    """Holds parameters against ``rules``, in order."""

    def __init__(self, rules: tuple[_R, ...]) -> None:
        """Sorts the rules by whether they can tell one index from another, and whether they ask for whole names."""
        self.rules: Final = rules
        self._by_kind: Final[dict[object, _Selected]] = {}
        self._candidates: Final[dict[tuple[int, ...], tuple[tuple[_R, int], ...]]] = {}
        self._kept: Final[list[_Selected]] = []
        self._named: Final[dict[str, list[int]]] = {}
        blind: list[int] = []
        ways: dict[str, list[int]] = {}
        for number, rule in enumerate(rules):
            names = rule.match.names
            if names is not None:
                for name in names:
                    self._named.setdefault(name, []).append(number)
            elif rule.match.is_digit_blind:
                blind.append(number)
            else:
                ways.setdefault(rule.match.alike, []).append(number)
        if len(ways) > _MOST_WAYS:
            ways = {told_apart(ways): sorted(number for numbers in ways.values() for number in numbers)}
        self._blind: Final = _Landmarks(rules, blind)
        self._sighted: Final = [_Alike(alike, _Landmarks(rules, numbers)) for alike, numbers in ways.items()]

    def candidates(self, info: ParamInfo) -> tuple[tuple[_R, int], ...]:
        """Returns every rule that selects ``info``, in order, each with the number of the first owner it does so by.

        Equal answers are one object.

        Raises:
            TooMuchWorkError: If rules have to be held against names one by one, and both are many.
        """
        kind = (
            tuple((kind_of_name(owner.name), owner.leaf, owner.cell, owner.options) for owner in info.owners),
            info.shape,
            info.dtype,
            info.is_trainable,
            info.is_deferred,
        )
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = self._blind.selecting(info)
        sources = [found, *(alike.selecting(kind, info) for alike in self._sighted)]
        if self._named and (named := self._by_name(info)):
            sources.append(named)
            self._kept.append(named)
        # They are remembered, and with that their identities, which are told in no time however long they are.
        key = tuple(map(id, sources))
        known = self._candidates.get(key)
        if known is None:
            spend(_STEPS * sum(map(len, sources)))
            selected = sorted(one for source in sources for one in source)
            known = self._candidates[key] = tuple((self.rules[number], owner) for number, owner in selected)
        return known

    def _by_name(self, info: ParamInfo) -> _Selected:
        numbers = {number for owner in info.owners for number in self._named.get(owner.name, ())}
        spend(_STEPS * len(numbers))
        selected = ((number, self.rules[number].match.selecting_owner(info)) for number in numbers)
        return tuple((number, owner) for number, owner in selected if owner is not None)


@dataclass
class Tally(Generic[_R]):
    """Who won what: the first rule that selects a parameter wins it.

    Args:
        won: How many parameters each rule won, by id.
        failures: Which parameters a rule cannot serve and why, by its id and the reason's text.
        unmatched: The parameters that no rule selects.
    """

    won: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str], tuple[_R, ValueError, list[ParamInfo]]] = field(default_factory=dict)
    unmatched: list[ParamInfo] = field(default_factory=list)
    _counts: Counter[int] = field(default_factory=Counter)
    _counted: dict[int, Sequence[tuple[_R, int]]] = field(default_factory=dict)  # by their identities

    def winner(self, info: ParamInfo, candidates: Sequence[tuple[_R, int]]) -> tuple[_R, int] | None:
        """Returns the rule that wins ``info`` and the number of the owner it is selected by; None if there is none."""
        if not candidates:
            self.unmatched.append(info)
            return None
        rule, owner = candidates[0]
        self.won[rule.id] += 1
        self._counts[id(candidates)] += 1
        self._counted[id(candidates)] = candidates
        return rule, owner

    def fail(self, rule: _R, info: ParamInfo, reason: ValueError) -> None:
        """Remembers that ``rule`` cannot serve ``info``."""
        self.failures.setdefault((rule.id, str(reason)), (rule, reason, []))[2].append(info)

    def selected(self) -> Counter[str]:
        """Returns how many parameters each rule selected, by id."""
        found: Counter[str] = Counter()
        for key, candidates in self._counted.items():
            for rule, _ in candidates:
                found[rule.id] += self._counts[key]
        return found

    def winners(self) -> dict[str, Counter[str]]:
        """Returns, of each rule that lost, which rules took how many parameters from it."""
        found: dict[str, Counter[str]] = {}
        for key, candidates in self._counted.items():
            first, *losers = (rule.id for rule, _ in candidates)
            for loser in losers:
                found.setdefault(loser, Counter())[first] += self._counts[key]
        return found

    def idle(self, rules: Iterable[_R]) -> Iterator[tuple[_R, str | None]]:
        """Yields the rules that won nothing, each with the rule that took most from it; None if it selects nothing."""
        winners = self.winners()
        for rule in rules:
            if not self.won[rule.id]:
                losses = winners.get(rule.id)
                yield rule, None if losses is None else losses.most_common(1)[0][0]
