"""``blocks`` whose ``parts`` are a list: the parts of a tensor, each with an initializer of its own."""

from __future__ import annotations

from functools import partial
from typing import Final, TypeGuard

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node, Scalar, Sequence
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import read_count, read_each, read_fields
from ms_initkit.syntax.schemas import Key, Table

PART: Final[Table] = (
    Key("size", schemas.EXPRESSION, "The part's length along the axis."),
    Key("init", schemas.INITIALIZER, "The part's initializer."),
    Key("rest", schemas.INITIALIZER, "The initializer of the part that takes what the others leave."),
)
_KEEP: Final = "keep"
SCHEMA: Final = schemas.list_of(
    schemas.mapping(PART)
    | {"oneOf": [{"required": ["size", "init"]}, {"required": ["rest"], "not": {"required": ["size"]}}]}
)


@record
class Part:
    """One part: its length, None for what the others leave, and its initializer."""

    size: Expression | None
    init: InitSpec


@record
class PartsSpec:
    """The tensor is cut along ``axis`` into ``parts``, each of which is given its own initializer."""

    axis: int
    parts: tuple[Part, ...]
    span: Span

    def __str__(self) -> str:
        """Returns the axis and the initializers."""
        return f"parts of axis {self.axis}: " + ", ".join(str(part.init) for part in self.parts)


def has_parts(node: Node | None) -> TypeGuard[Mapping]:
    """Returns whether the value of ``blocks`` lists parts."""
    return isinstance(node, Mapping) and isinstance(node.get("parts"), Sequence)


def read_parts(node: Mapping, what: str, table: Table, sized: Scope, full: Scope) -> PartsSpec:
    """Returns the parts of a tensor.

    Args:
        node: The value of ``blocks``.
        what: What it is for.
        table: The keys of ``blocks``.
        sized: What sizes may use.
        full: What initializers may use.
    """
    problems = Problems()
    fields = read_fields(node, table, what, problems)
    axis = fields.required("axis", read_count)
    parts = fields.required("parts", partial(read_each, reader=partial(_read_part, sized=sized, full=full)))
    if "sizes" in fields:
        problems.add("conflicting-keys", "parts have their own `size`", span=fields.nodes["sizes"].span)
    if sum(part.size is None for part in parts.or_else(())) > 1:
        problems.add("conflicting-keys", f"{what} has one part that takes the rest", span=fields.nodes["parts"].span)
    problems.settle()
    return PartsSpec(axis.value, parts.value, node.span)


def _read_part(node: Node, what: str, sized: Scope, full: Scope) -> Part:
    problems = Problems()
    fields = read_fields(node, PART, what, problems)
    is_rest = "rest" in fields
    if is_rest == ("size" in fields) or is_rest == ("init" in fields):
        hint = "write {size: 64, init: zeros} or {rest: zeros}"
        problems.add("missing-key", f"{what} has `size` and `init`, or `rest`", span=node.span, help=hint)
    problems.settle()
    size = fields.read("size", partial(read_expression, scope=sized), None)
    init = fields.required("rest" if is_rest else "init", partial(_read_init, scope=full))
    problems.settle()
    return Part(size.value, init.value)


def _read_init(node: Node, what: str, scope: Scope) -> InitSpec:
    if isinstance(node, Scalar) and node.text == _KEEP:
        note = "a tensor is written as a whole: what a part of it was is not known to the plan"
        hint = "give the part the initializer that it had"
        raise failure("unknown-initializer", "a part cannot be kept", note, span=node.span, help=hint)
    return read_initializer(node, what, scope)
