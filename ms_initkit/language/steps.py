"""``then``: what is done with the values, step by step; each step is one class."""

from __future__ import annotations

from functools import partial
from typing import Final

from ms_initkit.language.editing import Abs, Add, Exp, Mask, Multiply, Set, ZeroColumns, ZeroRows
from ms_initkit.language.low_rank import LowRank
from ms_initkit.language.norms import AbsMean, Norm, Normalize
from ms_initkit.language.scope import Scope
from ms_initkit.language.step import Step
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import read_each, read_fields, read_word
from ms_initkit.syntax.schemas import Key, Table

# In the order in which editors show them.
STEPS: Final[tuple[type[Step], ...]] = (
    Add,
    Multiply,
    Set,
    ZeroRows,
    ZeroColumns,
    Mask,
    Exp,
    Abs,
    Normalize,
    Norm,
    AbsMean,
    LowRank,
)
THEN: Final[Table] = tuple(Key(step.key, step.schema, step.description) for step in STEPS)
SCHEMA: Final = schemas.list_of(
    schemas.any_of(
        schemas.one_of(*(step.key for step in STEPS if step.is_bare)), schemas.mapping(THEN) | schemas.ONE_KEY
    )
)


def read_steps(node: Node, what: str, scope: Scope) -> tuple[Step, ...]:
    """Returns the steps, in order."""
    return read_each(node, what, partial(_read_step, scope=scope))


def _read_step(node: Node, what: str, scope: Scope) -> Step:
    kinds = {step.key: step for step in STEPS}
    if isinstance(node, Scalar) and not node.is_null:
        return kinds[read_word(node, what, tuple(step.key for step in STEPS if step.is_bare))]()
    problems = Problems()
    fields = read_fields(node, THEN, what, problems)
    if len(fields.nodes) != 1 and not problems.has_failed:
        hint = "write one item for each: [{add: 1}, {multiply: 2}]"
        problems.add("wrong-type", f"{what} is one edit, not {len(fields.nodes)}", span=node.span, help=hint)
    problems.settle()
    ((name, value),) = fields.nodes.items()
    return kinds[name].read(value, f"`{name}`", scope)
