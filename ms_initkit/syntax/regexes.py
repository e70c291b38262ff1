"""Regular expressions whose time is bounded: by the name's length, however the expression is made.

Python's own matcher goes back and tries again, and some expressions make it do so for ever. These are read by Python's
parser and matched by a machine that is in all its states at once (Thompson 1968; for captures Pike's, after Cox 2009,
"Regular Expression Matching: the Virtual Machine Approach"). What such a machine cannot do is refused: back-references,
looking ahead and behind, word boundaries, flags.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from re import _constants, _parser  # type: ignore[attr-defined]  # no stubs
from string import digits
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from ms_initkit.syntax.work import spend

# Steps of work for each step of a machine, and for each letter.
_READING: Final = 16
# Steps of a machine; counted repeats are written out.
_LONGEST: Final = 4096
# Sets of states, and answers, that are remembered before all are forgotten.
_MOST_REMEMBERED: Final = 4096

Accepts: TypeAlias = Callable[[str], bool]
States: TypeAlias = frozenset[int]
Slots: TypeAlias = dict[int, int]
_Thread: TypeAlias = tuple[int, Slots]
_T = TypeVar("_T")
Tree: TypeAlias = Any  # what Python's parser returns has no types

_CATEGORIES: Final[dict[object, Accepts]] = {
    _constants.CATEGORY_DIGIT: str.isdecimal,
    _constants.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    _constants.CATEGORY_SPACE: str.isspace,
    _constants.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    _constants.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    _constants.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
_STARTS: Final = frozenset({_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING})
_ENDS: Final = frozenset({_constants.AT_END, _constants.AT_END_STRING})


_NONE: Final[States] = frozenset()


class RegexError(ValueError):
    """An expression cannot be read, or asks for more than is read here."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class _Step(NamedTuple):
    """One step of a machine: takes a character, or goes on to each of ``nexts`` in this order."""

    accepts: Accepts | None = None
    nexts: tuple[int, ...] = ()
    slot: int | None = None
    at: str = ""


@dataclass(eq=False)
class Regex:
    """An expression that was read; a name matches if all of it does.

    ``alike`` are the ten digits, those in its place that it does not tell from the first of their kind.
    """

    pattern: str
    groups: dict[str, int]
    steps: list[_Step]
    table: dict[tuple[States, str, bool], States] = field(default_factory=dict, repr=False)
    known: dict[States, States] = field(default_factory=dict, repr=False)
    spanned: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Finds which digits nothing here tells apart: names that differ in these alone have one answer."""
        accepts = {step.accepts for step in self.steps if step.accepts is not None}
        first: dict[tuple[bool, ...], str] = {}
        alike = {digit: first.setdefault(tuple(takes(digit) for takes in accepts), digit) for digit in digits}
        self.alike: str = "".join(alike[digit] for digit in digits)
        self._alike = str.maketrans(alike)

    def __eq__(self, other: object) -> bool:
        """Returns whether ``other`` is the same expression."""
        return isinstance(other, Regex) and self.pattern == other.pattern

    def __hash__(self) -> int:
        """Returns the same for the same expression."""
        return hash(self.pattern)

    def __reduce__(self) -> tuple[Callable[[str], Regex], tuple[str]]:
        """Returns how it is made again: what it remembers is left behind."""
        return read_regex, (self.pattern,)

    def spans(self, name: str) -> dict[str, tuple[int, int]] | None:
        """Returns where each named group stands, (-1, -1) where it took no part; None where ``name`` does not match."""
        if not self.matches(name):
            return None
        return _remembered(self.spanned, name.translate(self._alike), self._spans)

    def matches(self, name: str) -> bool:
        """Returns whether all of ``name`` matches."""
        spend(1 + len(name) // 4)
        states = self._after(_NONE, "", is_end=not name)
        for char in name[:-1]:
            states = self._after(states, char, is_end=False)
            if not states:
                return False
        if name:
            states = self._after(states, name[-1], is_end=True)
        return len(self.steps) - 1 in states

    def _spans(self, name: str) -> dict[str, tuple[int, int]]:
        if not self.groups:
            return {}
        slots, groups = self._slots(name), self.groups.items()
        return {group: (slots.get(2 * number, -1), slots.get(2 * number + 1, -1)) for group, number in groups}

    def _after(self, states: States, char: str, *, is_end: bool) -> States:
        """Returns the states after ``char``; those of the start, which no character has led to, are after none."""
        found = self.table.get((states, char, is_end))
        if found is None:
            if len(self.table) >= _MOST_REMEMBERED:
                self.table.clear()
                self.known.clear()
            found = self._moved(states, char, is_end=is_end)
            found = self.table[states, char, is_end] = self.known.setdefault(found, found)
        return found

    def _moved(self, states: States, char: str, *, is_end: bool) -> States:
        if not char:
            return self._closure([0], is_start=True, is_end=is_end)
        steps = self.steps
        reached = [at + 1 for at in states if (accepts := steps[at].accepts) is not None and accepts(char)]
        return self._closure(reached, is_start=False, is_end=is_end)

    def _closure(self, begun: list[int], *, is_start: bool, is_end: bool) -> States:
        seen, waiting = set(begun), list(begun)
        while waiting:
            for at in _nexts(self.steps[waiting.pop()], is_start=is_start, is_end=is_end):
                if at not in seen:
                    seen.add(at)
                    waiting.append(at)
        spend(3 * len(seen))
        return frozenset(seen)

    def _slots(self, name: str) -> Slots:
        """Returns where groups begin and end in the match that Python's matcher would find first."""
        threads = self._threads([(0, {})], 0, len(name))
        for place, char in enumerate(name):
            moved = [(at + 1, slots) for at, slots in threads if (a := self.steps[at].accepts) is not None and a(char)]
            threads = self._threads(moved, place + 1, len(name))
        return next(slots for at, slots in threads if at == len(self.steps) - 1)

    def _threads(self, begun: list[_Thread], place: int, end: int) -> list[_Thread]:
        found: list[_Thread] = []
        seen: set[int] = set()
        waiting = begun[::-1]
        while waiting:
            at, slots = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            step = self.steps[at]
            if step.slot is not None:
                slots = slots | {step.slot: place}
            found.append((at, slots))
            waiting += [(then, slots) for then in reversed(_nexts(step, is_start=place == 0, is_end=place == end))]
        return found


def _remembered(known: dict[str, _T], name: str, find: Callable[[str], _T]) -> _T:
    found = known.get(name)
    if found is None:
        if len(known) >= _MOST_REMEMBERED:
            known.clear()
        found = known[name] = find(name)
    return found


def read_regex(pattern: str) -> Regex:
    """Returns the machine of ``pattern``.

    Raises:
        RegexError: If it is no regular expression, or one that is not read here.
    """
    spend(_READING * len(pattern))
    try:
        tree = _parser.parse(pattern)
    except re.error as error:
        raise RegexError(error.msg, error.pos or 0) from error
    except (OverflowError, RecursionError) as error:
        raise RegexError(str(error)) from error
    if tree.state.flags & ~re.UNICODE:
        raise RegexError("flags are not read")
    steps: list[_Step] = []
    try:
        _write(tree, steps)
    except RecursionError as error:
        raise RegexError("it is nested too deeply") from error
    steps.append(_Step())
    spend(_READING * len(steps))
    return Regex(pattern, dict(tree.state.groupdict), steps)


def _nexts(step: _Step, *, is_start: bool, is_end: bool) -> tuple[int, ...]:
    if (step.at == "start" and not is_start) or (step.at == "end" and not is_end):
        return ()
    return step.nexts


def _write(tree: Tree, steps: list[_Step]) -> None:
    """Appends the steps of ``tree``, after which the machine goes on to whatever comes next."""
    for kind, value in tree:
        if len(steps) > _LONGEST:
            raise RegexError("with its repeats written out it is too long")
        match kind:
            case _constants.LITERAL | _constants.NOT_LITERAL | _constants.ANY | _constants.IN:
                steps.append(_Step(_accepts(kind, value)))
            case _constants.SUBPATTERN:
                _write_group(value, steps)
            case _constants.BRANCH:
                _write_branches(value[1], steps)
            case _constants.MAX_REPEAT | _constants.MIN_REPEAT:
                _write_repeat(value, steps, is_greedy=kind is _constants.MAX_REPEAT)
            case _constants.AT if value in _STARTS or value in _ENDS:
                steps.append(_Step(nexts=(len(steps) + 1,), at="start" if value in _STARTS else "end"))
            case _:
                raise RegexError("look-around, back-references, word boundaries and atomic groups are not read")


def _accepts(kind: object, value: Tree) -> Accepts:
    match kind:
        case _constants.LITERAL:
            return chr(value).__eq__
        case _constants.NOT_LITERAL:
            return chr(value).__ne__
        case _constants.ANY:
            return "\n".__ne__
        case _:
            is_negated = value[0][0] is _constants.NEGATE
            tests = [_in_set(*item) for item in value if item[0] is not _constants.NEGATE]
            return lambda char: any(test(char) for test in tests) != is_negated


def _in_set(kind: object, value: Tree) -> Accepts:
    match kind:
        case _constants.LITERAL:
            return chr(value).__eq__
        case _constants.RANGE:
            low, high = chr(value[0]), chr(value[1])
            return lambda char: low <= char <= high
        case _:
            return _CATEGORIES[value]


def _write_group(value: Tree, steps: list[_Step]) -> None:
    number, added, removed, inner = value
    if added or removed:
        raise RegexError("flags are not read")
    if number is None:
        _write(inner, steps)
        return
    steps.append(_Step(nexts=(len(steps) + 1,), slot=2 * number))
    _write(inner, steps)
    steps.append(_Step(nexts=(len(steps) + 1,), slot=2 * number + 1))


def _write_branches(branches: Tree, steps: list[_Step]) -> None:
    fork = len(steps)
    steps.append(_Step())
    starts, ends = [], []
    for branch in branches:
        starts.append(len(steps))
        _write(branch, steps)
        ends.append(len(steps))
        steps.append(_Step())
    steps[fork] = _Step(nexts=tuple(starts))
    for end in ends:
        steps[end] = _Step(nexts=(len(steps),))


def _write_repeat(value: Tree, steps: list[_Step], *, is_greedy: bool) -> None:
    least, most, inner = value
    for _ in range(least):
        _write(inner, steps)
        if len(steps) > _LONGEST:
            raise RegexError("with its repeats written out it is too long")
    if most is _constants.MAXREPEAT:
        fork = len(steps)
        steps.append(_Step())
        _write(inner, steps)
        steps.append(_Step(nexts=(fork,)))
        steps[fork] = _fork(fork + 1, len(steps), is_greedy=is_greedy)
        return
    forks = []
    for _ in range(most - least):
        forks.append(len(steps))
        steps.append(_Step())
        _write(inner, steps)
        if len(steps) > _LONGEST:
            raise RegexError("with its repeats written out it is too long")
    for fork in forks:
        steps[fork] = _fork(fork + 1, len(steps), is_greedy=is_greedy)


def _fork(go_on: int, leave: int, *, is_greedy: bool) -> _Step:
    return _Step(nexts=(go_on, leave) if is_greedy else (leave, go_on))
