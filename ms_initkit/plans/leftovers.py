"""What is left over when rules meet a network: rules that win nothing, parameters that no rule selects, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import Final

from ms_initkit.basis.records import open_record, record
from ms_initkit.findings import Finding, Severity, counted, did_you_mean
from ms_initkit.language.rules import Rule
from ms_initkit.language.selector_tests import CellClass, Has, Leaf, Name, Test, Trainable
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans import torch_words
from ms_initkit.plans.match import Matcher, Tally, kind_of_name
from ms_initkit.syntax.globs import Glob

_SHOWN: Final = 8
_LONGEST: Final = 300  # letters of a selector that are shown
_MOST_GUESSED: Final = 40  # each guess compares a glob with every kind of name
_MOST_TRIED: Final = 2000  # names that a guess is tried against
_MOST_TIED: Final = 8  # parameters of two names that each rule is held against
_ALIKE: Final = 0.4  # globs share fewer letters with names than misspelt words do


@open_record
class Leftovers:
    """What nobody won, on either side.

    Args:
        tally: Who won what.
        infos: The network's parameters, under the names that the rules see.
        severity: That of what is left over and could be mended in the recipe.
        path: The recipe's own file; rules of others are inherited.
        conditional: The rules that have a ``when``, by id.
        passing: The rules that leave what their file lacks to those after them, by id.
        held_back: The first parameter that a rule would select but for its ``where``, by id.
    """

    tally: Tally[Rule]
    infos: Sequence[ParamInfo]
    severity: Severity
    path: str
    conditional: frozenset[str]
    passing: frozenset[str]
    held_back: Mapping[str, str]

    def findings(self, rules: Sequence[Rule]) -> list[Finding]:
        """Returns what is left over of ``rules`` and of the network, rules first in file order."""
        idle = list(self.tally.idle(rules))
        frozen = _frozen([rule for rule, _ in idle], self.infos)
        words = _Words.of(self.infos if idle else ())
        is_blind = not any(owner.cell for info in self.infos for owner in info.owners)
        found = []
        for number, (rule, winner) in enumerate(idle):
            is_inherited = rule.span.path != self.path
            if winner is None:
                if not rule.is_optional:
                    guess = words.nearest(rule) if number < _MOST_GUESSED else None
                    found.append(self._unused(rule, frozen.get(rule.id), guess, is_blind=is_blind))
            elif not (rule.is_optional and is_inherited):  # a child's rules stand before its parents' for just this
                found.append(self._shadowed(rule, winner, frozen.get(rule.id), is_inherited=is_inherited))
        unmatched = [info for info in self.tally.unmatched if info.is_trainable]
        if unmatched:
            found.append(self._unmatched(unmatched, needs_cells=is_blind and any(map(_asks_for_cells, rules))))
        return found

    def _unused(self, rule: Rule, frozen: _Frozen | None, near: str | None, *, is_blind: bool) -> Finding:
        notes = [f"it asks for {_shortened(str(rule.match))}"]
        hint = "correct `match`, delete the rule, or say `optional: true`"
        if frozen:
            notes.append(_not_trainable(frozen, "parameter"))
            hint = f"{_any_trainable(rule)}, delete the rule, or say `optional: true`"
        elif is_blind and _asks_for_cells(rule):
            notes.append("no cell of these parameters is known: names, shapes and types are all there is")
            hint = "select by `name`, take a manifest that `ms-initkit manifest` wrote, or say `optional: true`"
        elif rule.where is not None and (held_back := self.held_back.get(rule.id)):
            notes.append(
                f"that is there, as {held_back!r}, but `where: {rule.where.text}` is true of no such parameter"
            )
            hint = "correct `where`, delete the rule, or say `optional: true`"
        elif near is not None:
            hint = f"{near}; {hint}"
        message = f"rule {rule.id!r} selects no parameter"
        return Finding.of(self.severity, "unused-rule", message, *notes, span=rule.match.span, help=hint, rule=rule.id)

    @cached_property
    def _winners(self) -> Mapping[str, Counter[str]]:
        return self.tally.winners()

    @cached_property
    def _selected(self) -> Counter[str]:
        return self.tally.selected()

    @cached_property
    def _tied(self) -> list[ParamInfo]:
        return [info for info in self.infos if len(info.names) > 1][:_MOST_TIED]

    def _shadowed(self, rule: Rule, winner: str, frozen: _Frozen | None, *, is_inherited: bool) -> Finding:
        severity = self.severity
        takers = self._winners[rule.id].keys()
        if rule.is_optional or is_inherited or takers & self.passing:
            severity = "note"  # a file that has everything leaves nothing to the rules after it
        elif takers & self.conditional:
            severity = "warning"  # under other values of the variables it may win
        notes = [f"rule {winner!r} stands before it and takes them"]
        tied = next((info for info in self._tied if rule.match.selecting_owner(info) is not None), None)
        if tied is not None:
            notes.append(f"{' and '.join(map(repr, tied.names[:2]))} are one parameter, which has one rule")
        hint = None if is_inherited else "move it up, narrow the rule before it, or delete it"
        if frozen and not is_inherited:
            notes.append(_not_trainable(frozen, "more parameter"))
            hint = f"{_any_trainable(rule)}, or {hint}"
        message = f"rule {rule.id!r} selects {counted(self._selected[rule.id], 'parameter')} and wins none"
        return Finding.of(severity, "shadowed-rule", message, *notes, span=rule.span, help=hint, rule=rule.id)

    def _unmatched(self, unmatched: Sequence[ParamInfo], *, needs_cells: bool) -> Finding:
        shown = [
            f"{info.name} {info.shape} {info.dtype}"
            + (f" of a {info.owners[0].cell[0]}" if info.owners[0].cell else "")
            for info in unmatched[:_SHOWN]
        ]
        if len(unmatched) > _SHOWN:
            shown.append(f"and {len(unmatched) - _SHOWN} more")
        hint = "add a rule; `init: keep` leaves a parameter as it is"
        if needs_cells:
            shown.append("no cell of these parameters is known, so rules that ask for one select nothing")
            hint = "take a manifest that `ms-initkit manifest` wrote, or add rules by `name`"
        message = f"no rule selects {counted(len(unmatched), 'parameter')} of {len(self.infos):,}"
        return Finding.of(self.severity, "unmatched-parameter", message, *shown, help=hint, parameter=unmatched[0].name)


@record
class _Words:
    """What there is in a network that a selector may have meant.

    Args:
        names: Names by their kinds, each kind by its first name.
        classes: Classes of cells.
        leaves: Attributes that parameters are.
        owners: One owner of each attribute of each class.
    """

    names: Mapping[str, Sequence[str]]
    classes: frozenset[str]
    leaves: frozenset[str]
    owners: tuple[Owner, ...]

    @classmethod
    def of(cls, infos: Iterable[ParamInfo]) -> _Words:
        kinds: dict[str, list[str]] = {}
        classes: set[str] = set()
        leaves: set[str] = set()
        owners: dict[tuple[tuple[str, ...], str], Owner] = {}
        for info in infos:
            kinds.setdefault(kind_of_name(info.name), []).append(info.name)
            for owner in info.owners:
                classes.update(owner.cell)
                leaves.add(owner.leaf)
                owners.setdefault((owner.cell, owner.leaf), owner)
        first = {names[0]: names for names in kinds.values()}
        return cls(first, frozenset(classes), frozenset(leaves), tuple(owners.values()))

    def nearest(self, rule: Rule) -> str | None:
        """Returns what ``rule``, which selects nothing, most likely means; None if nothing is like it."""
        for test in rule.match.tests:
            guess = self._nearest(test)
            if guess is not None:
                return guess
        return self._nearest_of_cell(rule)

    def _nearest_of_cell(self, rule: Rule) -> str | None:
        """Returns what cells that ``rule`` asks for call the attribute that torch's call as ``rule`` does."""
        cell, leaf = rule.match.find(CellClass), rule.match.find(Leaf)
        if cell is None or leaf is None:
            return None
        there = {owner.leaf for owner in self.owners if cell.selects(owner)}
        own = (word for glob in leaf.globs for word in torch_words.LEAVES.get(glob.text, ()) if word in there)
        found = next(own, None)
        return None if found is None else f"the nearest parameter is {found!r}"

    def _nearest(self, test: Test) -> str | None:
        match test:
            case Name(globs=(glob, *_)):
                name = self._nearest_name(glob)
                return None if name is None or glob.match(name) is not None else f"the nearest name is {name!r}"
            case CellClass(classes=(asked,)) if asked not in self.classes:
                own = torch_words.CLASSES.get(asked)
                cell = own if own in self.classes else self._nearest_class(asked)
                return None if cell is None else f"the nearest class is {cell!r}"
            case Leaf(globs=(glob,)) if not any(glob.match(leaf) is not None for leaf in self.leaves):
                leaf = did_you_mean(glob.text, sorted(self.leaves))
                return None if leaf is None else f"the nearest parameter is {leaf!r}"
            case _:
                return None

    def _nearest_class(self, asked: str) -> str | None:
        """Returns the class most like ``asked``; such as ``_Conv``, which nobody makes, only where no other is."""
        public = sorted(name for name in self.classes if not name.startswith("_"))
        return did_you_mean(asked, public) or did_you_mean(asked, sorted(self.classes))

    def _nearest_name(self, glob: Glob) -> str | None:
        before, dot, leaf = glob.text.rpartition(".")
        if dot and leaf in torch_words.LEAVES and self._first(glob) is None:
            own = (self._first(Glob(f"{before}.{word}")) for word in torch_words.LEAVES[leaf])
            found = next(filter(None, own), None)
            if found is not None:
                return found
        near = did_you_mean(glob.text, self.names, alike=_ALIKE)
        return near and (did_you_mean(glob.text, self.names[near][:_MOST_GUESSED], alike=_ALIKE) or near)

    def _first(self, glob: Glob) -> str | None:
        """Returns the first name that is ``glob``'s."""
        tried = islice(chain.from_iterable(self.names.values()), _MOST_TRIED)
        return next((name for name in tried if glob.match(name) is not None), None)


@record
class _Frozen:
    """Parameters that a rule would select but that they are not trainable: how many, and the first."""

    count: int
    first: str


def _frozen(rules: Sequence[Rule], infos: Sequence[ParamInfo]) -> Mapping[str, _Frozen]:
    """Returns, by the rules' ids, what they would select if it were trainable."""
    relaxed = tuple(
        replace(rule, match=replace(rule.match, tests=tuple(t for t in rule.match.tests if not _is_trainable(t))))
        for rule in rules
        if any(map(_is_trainable, rule.match.tests))
    )
    matcher = Matcher(relaxed)
    tally: Tally[Rule] = Tally()
    first: dict[int, tuple[Sequence[tuple[Rule, int]], str]] = {}
    for info in infos if relaxed else ():
        if not info.is_trainable:
            candidates = matcher.candidates(info)
            tally.winner(info, candidates)
            first.setdefault(id(candidates), (candidates, info.name))  # equal answers are one object
    names = {rule.id: name for candidates, name in reversed(first.values()) for rule, _ in candidates}
    return {rule: _Frozen(count, names[rule]) for rule, count in tally.selected().items()}


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _is_trainable(test: object) -> bool:
    return isinstance(test, Trainable) and test.wanted is True


def _not_trainable(frozen: _Frozen, what: str) -> str:
    verb = "is" if frozen.count == 1 else "are"
    return f"{counted(frozen.count, what)} that it would select {verb} not trainable, the first {frozen.first!r}"


def _any_trainable(rule: Rule) -> str:
    """Returns how to select parameters that are not trainable, too."""
    tests = [test for test in rule.match.tests if not isinstance(test, Trainable)]
    if len(tests) == 1 and isinstance(tests[0], Name) and len(tests[0].globs) == 1:
        return f'write `match: {{name: "{tests[0].globs[0].text}", trainable: any}}`'
    return "add `trainable: any` to `match`"


def _asks_for_cells(rule: Rule) -> bool:
    return rule.match.find(CellClass) is not None or rule.match.find(Has) is not None
