"""Values from other parameters: ``like`` is followed to a parameter that is drawn or loaded, in whatever order.

A value is a function of seed, name and place: whoever takes another parameter's values draws them again under that
one's name. Nothing is copied, any slice of any of them can be drawn alone, and no order of writing has to be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw
from ms_initkit.draws.dtypes import HALVES
from ms_initkit.draws.moments import moments
from ms_initkit.findings import Finding, suggestion
from ms_initkit.language.rules import Rule
from ms_initkit.language.sources import LikeSpec, filled
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.factors import refuse_strange_factor
from ms_initkit.plans.lines import Assignment


@record
class Waiting:
    """A parameter that takes another one's values: the rule that says so, and whose it is."""

    rule: Rule
    original: ParamInfo
    info: ParamInfo
    owner: Owner

    @property
    def wanted(self) -> str:
        """The name of the parameter whose values it takes."""
        assert isinstance(self.rule.action, LikeSpec)
        return filled(self.rule.action.name, self.rule.match.capture(self.owner.name))


_LONGEST: Final = 300  # letters that a line has of its source
_MOST_NAMED: Final = 20
_DEEPEST: Final = 24  # what is made of what is made of another's values is a draw within a draw
_MOST_COMPARED: Final = 2000  # names

Taken: TypeAlias = Callable[[Waiting, Draw, tuple[int, ...]], Draw]


@dataclass
class Likes:
    """The parameters that wait for others, by their numbers among the lines of a plan.

    Args:
        waiting: Those that wait.
        before: What steps begin with, of parameters that have steps.
        depths: How often what a line takes was made of what its source took, and so on.
        by_digits: The names by their digits, for guesses, where all of them are too many to compare.
        circles: What is found of those that wait for themselves.
    """

    waiting: dict[int, Waiting] = field(default_factory=dict)
    before: dict[int, Draw] = field(default_factory=dict)
    depths: dict[int, int] = field(default_factory=dict)
    by_digits: dict[str, list[str]] = field(default_factory=dict)
    circles: list[Finding] = field(default_factory=list)

    def follow(
        self, lines: list[Assignment], taken: Taken, fail: Callable[[Rule, ParamInfo, ValueError], None]
    ) -> None:
        """Gives each that waits the draw and the random numbers of the parameter that it is like.

        Args:
            lines: The plan's lines, in which those that wait are replaced.
            taken: Makes what a parameter is given of the draw, and of the shape, of the one that it is like.
            fail: Told of those that cannot be served.
        """
        if not self.waiting:
            return
        numbers = {
            name: number for number, line in enumerate(lines) for name in (*line.aliases, line.name, line.stream)
        }
        left = dict(self.waiting)
        while left:
            at: int | None = next(iter(left))
            chain: dict[int, Waiting] = {}  # in order
            while at in left and at not in chain:
                chain[at] = left[at]
                at = numbers.get(left[at].wanted)
            if at in chain:
                order = list(chain)
                self.circles.append(_circle([left[number] for number in order[order.index(at) :]]))
            else:
                for number in reversed(chain):
                    try:
                        self._refuse_nothing(left[number].wanted, numbers)
                        self._deepen(left[number], number, numbers[left[number].wanted])
                        lines[number] = _line(left[number], lines, numbers, taken, self._held)
                    except ValueError as error:
                        fail(left[number].rule, left[number].original, error)
            for number in chain:
                del left[number]

    def _refuse_nothing(self, wanted: str, numbers: Mapping[str, int]) -> None:
        if wanted in numbers:
            return
        if len(numbers) > _MOST_COMPARED and not self.by_digits:
            for name in numbers:
                self.by_digits.setdefault(_digits(name), []).append(name)
        guess = suggestion(wanted, self.by_digits.get(_digits(wanted), ()) if self.by_digits else numbers)
        raise ValueError(f"no parameter is called {wanted!r}" + (f": {guess}" if guess else ""))

    def _deepen(self, waiting: Waiting, number: int, source: int) -> None:
        is_made = bool(waiting.rule.then) or waiting.rule.fit is not None
        depth = self.depths.get(source, 0) + is_made
        if depth > _DEEPEST:
            raise ValueError(f"its values are made of others, and these of others again, more than {_DEEPEST} times")
        self.depths[number] = depth

    def _held(self, waiting: Waiting, source: Assignment, number: int) -> tuple[Draw, str]:
        """Returns the values that are taken, before or after the steps of ``source``, and what they are."""
        assert isinstance(waiting.rule.action, LikeSpec)
        held, text = source.draw, f"{source.name}: {_shortened(source.initializer)}"
        if not waiting.rule.action.has_steps:
            if number in self.waiting or number not in self.before:
                why = "takes those of another one" if number in self.waiting else "has no steps of its own"
                raise ValueError(f"`then: false` takes values from before steps, and {source.name!r} {why}")
            held, text = self.before[number], f"{source.name} before its steps"
        if source.is_kept:
            return draws.There(source.name), text
        return draws.renamed(held, {"": source.name}), text


def _line(
    waiting: Waiting,
    lines: list[Assignment],
    numbers: Mapping[str, int],
    taken: Taken,
    held_of: Callable[[Waiting, Assignment, int], tuple[Draw, str]],
) -> Assignment:
    wanted, info = waiting.wanted, waiting.info
    source, own = lines[numbers[wanted]], lines[numbers[info.name]]
    fit, is_alike = waiting.rule.fit, source.shape == info.shape
    if not _may_be_taken(waiting, source):
        raise ValueError(f"{wanted!r} is {source.shape} {source.dtype}, not {info.shape} {info.dtype}")
    held, text = held_of(waiting, source, numbers[wanted])
    draw = taken(waiting, held, source.shape)
    refuse_strange_factor(draw, source.draw, source.name)
    steps = "" if fit is None or is_alike else f", {fit.text(source.shape, info.shape)}"
    return replace(
        own,
        stream=source.stream,
        initializer=f"like {text}{steps}{waiting.rule.then_text}",
        draw=draw,
        fans=source.fans,
        moments=moments(draw, info.shape),
        like=source.name,
    )


def _may_be_taken(waiting: Waiting, source: Assignment) -> bool:
    """Returns whether a parameter can take the values of ``source``, as they are or as the rule makes them."""
    rule, info = waiting.rule, waiting.info
    is_computed = bool(rule.then) and {source.dtype, info.dtype} <= {"float32", *HALVES}
    is_made = rule.fit is not None or any(step.is_reducing for step in rule.then)
    return (source.dtype == info.dtype or is_computed) and (source.shape == info.shape or is_made)


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _shortened(text: str) -> str:
    """Returns what is said of a source, which may say so of its own source, and so on without end."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _circle(waiting: list[Waiting]) -> Finding:
    first = waiting[0]
    names = [one.info.name for one in waiting]
    others = [*map(repr, names[1:]), repr(names[0])]
    if len(others) > _MOST_NAMED:
        others = [*others[: _MOST_NAMED - 1], f"{len(others) - _MOST_NAMED:,} more", others[-1]]
    note = f"by way of {', '.join(others)}"
    hint = "give one of them values of its own"
    message = f"the values of {names[0]!r} come from themselves"
    return Finding.error("cyclic-values", message, note, span=first.rule.span, help=hint, rule=first.rule.id)
