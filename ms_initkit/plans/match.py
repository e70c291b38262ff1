"""Which rules select a parameter, which one wins, and what is left over on either side.

A network has few kinds of parameters: names that differ only in their indices, in cells of one class, of one shape.
Each kind is held against the rules once (against an expression that tells no digit from another once for each length
of indices), and a rule of whole names is looked up by them: the cost is linear in the
parameters and nearly independent of the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ms_initkit.language.selectors import Selector
    from ms_initkit.networks.params import ParamInfo


class Selecting(Protocol):
    """A rule, as far as it selects."""

    @property
    def id(self) -> str:
        """Its name, unique among the rules beside it."""

    @property
    def match(self) -> Selector:
        """What it selects."""


_R = TypeVar("_R", bound=Selecting)

_INDEX: Final = re.compile(r"(?:(?<=\.)|^)\d+(?=\.|$)")
_FIGURES: Final = re.compile(r"(?:(?<=\.)|^)[0-9]+(?=\.|$)")


def kind_of_name(name: str) -> str:
    """Returns ``name`` with its indices as 0, alike for all layers."""
    return _INDEX.sub("0", name)


def _lengths_of_indices(name: str) -> str:
    return _FIGURES.sub(lambda found: "0" * len(found[0]), name)


@dataclass
class Matcher(Generic[_R]):
    """Holds parameters against ``rules``, in order."""

    rules: tuple[_R, ...]
    _by_kind: dict[object, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _by_lengths: dict[object, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _blind: tuple[int, ...] = ()
    _alike: tuple[int, ...] = ()
    _sighted: tuple[int, ...] = ()
    _named: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sorts the rules by whether they can tell one index from another, and whether they ask for whole names."""
        blind, alike, sighted = [], [], []
        for number, rule in enumerate(self.rules):
            names = rule.match.names
            if rule.match.is_digit_blind:
                blind.append(number)
            elif rule.match.is_digit_alike:
                alike.append(number)
            elif names is None:
                sighted.append(number)
            else:
                for name in names:
                    self._named.setdefault(name, []).append(number)
        self._blind, self._alike, self._sighted = tuple(blind), tuple(alike), tuple(sighted)

    def candidates(self, info: ParamInfo) -> tuple[tuple[_R, int], ...]:
        """Returns every rule that selects ``info``, in order, each with the number of the first owner it does so by."""
        kind = (
            tuple((kind_of_name(owner.name), owner.leaf, owner.cell, owner.options) for owner in info.owners),
            info.shape,
            info.dtype,
            info.is_trainable,
            info.is_deferred,
        )
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = self._select(self._blind, info)
        if self._alike:
            lengths = (kind, *(_lengths_of_indices(owner.name) for owner in info.owners))
            other = self._by_lengths.get(lengths)
            if other is None:
                other = self._by_lengths[lengths] = self._select(self._alike, info)
            found = tuple(sorted((*found, *other)))
        named = {number for owner in info.owners for number in self._named.get(owner.name, ())}
        if self._sighted or named:
            found = tuple(sorted((*found, *self._select((*self._sighted, *named), info))))
        return tuple((self.rules[n], owner) for n, owner in found)

    def _select(self, numbers: Sequence[int], info: ParamInfo) -> tuple[tuple[int, int], ...]:
        selected = ((n, self.rules[n].match.selecting_owner(info)) for n in numbers)
        return tuple((n, owner) for n, owner in selected if owner is not None)


@dataclass
class Tally(Generic[_R]):
    """Who won what: the first rule that selects a parameter wins it.

    Args:
        won: How many parameters each rule won, by id.
        selected: How many each rule selected.
        winners: Of a rule that lost, which rules took how many parameters from it.
        failures: Which parameters a rule cannot serve and why, by its id and the reason's text.
        unmatched: The parameters that no rule selects.
    """

    won: Counter[str] = field(default_factory=Counter)
    selected: Counter[str] = field(default_factory=Counter)
    winners: dict[str, Counter[str]] = field(default_factory=dict)
    failures: dict[tuple[str, str], tuple[_R, ValueError, list[ParamInfo]]] = field(default_factory=dict)
    unmatched: list[ParamInfo] = field(default_factory=list)

    def winner(self, info: ParamInfo, candidates: Sequence[tuple[_R, int]]) -> tuple[_R, int] | None:
        """Returns the rule that wins ``info`` and the number of the owner it is selected by; None if there is none."""
        if not candidates:
            self.unmatched.append(info)
            return None
        rule, owner = candidates[0]
        self.won[rule.id] += 1
        self.selected[rule.id] += 1
        for loser, _ in candidates[1:]:
            self.selected[loser.id] += 1
            takers = self.winners.get(loser.id)
            if takers is None:
                takers = self.winners[loser.id] = Counter()
            takers[rule.id] += 1
        return rule, owner

    def fail(self, rule: _R, info: ParamInfo, reason: ValueError) -> None:
        """Remembers that ``rule`` cannot serve ``info``."""
        self.failures.setdefault((rule.id, str(reason)), (rule, reason, []))[2].append(info)

    def idle(self, rules: Iterable[_R]) -> Iterator[tuple[_R, str | None]]:
        """Yields the rules that won nothing, each with the rule that took most from it; None if it selects nothing."""
        for rule in rules:
            if not self.won[rule.id]:
                losses = self.winners.get(rule.id)
                yield rule, None if losses is None else losses.most_common(1)[0][0]
