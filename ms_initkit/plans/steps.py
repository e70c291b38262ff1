"""What the steps of a rule make of a draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Edit
from ms_initkit.draws.functions import Function, Functions
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.rules import Rule
from ms_initkit.language.sources import FromSpec
from ms_initkit.language.step import Step
from ms_initkit.plans.drawn import drawn
from ms_initkit.plans.factors import rank_hint
from ms_initkit.plans.rows import refuse_strangers
from ms_initkit.plans.setting import Setting, whole
from ms_initkit.syntax.expressions import Expression


def after_steps(rule: Rule, draw: Draw, shape: tuple[int, ...], at: Setting, copy_of: str = "") -> Draw:
    """Returns what the steps of ``rule`` make of ``draw``, whose values are of ``shape``, for the tensor.

    Args:
        rule: The steps, and the rows that they are for.
        draw: What they begin with.
        shape: That of its values.
        at: The tensor.
        copy_of: Tells the random numbers of the steps of a copy from those of its source.

    Raises:
        ValueError: If the shapes do not fit, an expression has no value, or a place is none.
    """
    wanted = at.tensor.shape
    edits: list[Edit] = []
    done: list[tuple[Step, Edit | Functions]] = []
    for number, step in enumerate(rule.then):
        made = step.resolve(_StepValues(_of_shape(at, shape), f"{copy_of}then[{number}]"))
        done.append((step, made))
        if not isinstance(made, Function):
            edits.append(made)
            continue
        wrong = made.fault(shape)
        if wrong is not None:
            raise ValueError(f"{step}: {wrong}")
        draw, edits = draws.Made(_edited(draw, edits), shape, made), []
        shape = made.result(shape, wanted)
        if step.is_reducing and not made.joins_rows:
            done = []  # they were about another tensor's rows
    if shape != wanted:
        hint = rank_hint(draw, wanted)
        raise ValueError(f"`then` makes values of shape {shape}, and the parameter is {wanted}{hint}")
    draw = _edited(draw, edits)
    if rule.rows is None:
        return draw
    if not shape:
        raise ValueError("a scalar has no `rows`")
    pieces = rule.rows.of(shape[0], _StepValues(at, "").index)
    refuse_strangers(done, rule.rows, pieces, shape[0])
    return draws.InRows(pieces, draw, draws.There())


@record
class _StepValues:
    """What a step is told: ``language.step.Values``."""

    at: Setting
    stream: str

    @property
    def shape(self) -> tuple[int, ...]:
        """As ``Values`` has it, and so the methods."""
        return self.at.tensor.shape

    def number(self, value: Expression) -> float:
        """Returns the value of an expression, which knows the fans that the shape has."""
        at = replace(self.at, fans_spec=None)
        return float(value.evaluate(at.environment(at.fans())))

    def index(self, value: Expression, what: str) -> int:
        """Returns the value of an expression that is to be whole."""
        return whole(self.number(value), what)

    def loaded(self, spec: FromSpec) -> Draw:
        """Returns the values that a file has for the parameter."""
        return draws.Loaded(spec.file, spec.entry_of(self.at.tensor.owner.name, self.at.captured))

    def drawn(self, init: InitSpec) -> Draw:
        """Returns what an initializer draws in the shape of the values."""
        return drawn(init, self.at).draw


def _of_shape(at: Setting, shape: tuple[int, ...]) -> Setting:
    return replace(at, tensor=replace(at.tensor, shape=shape))


def _edited(draw: Draw, edits: Sequence[Edit]) -> Draw:
    return draws.Edited(draw, tuple(edits)) if edits else draw
