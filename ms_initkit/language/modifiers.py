"""What modifies a rule's action: ``blocks``, ``fans`` and ``then``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from ms_initkit.language.keys import BLOCKS, CONVENTIONS, EDITS, FANS, SET
from ms_initkit.language.recipe import BlocksSpec, EditSpec, FansSpec
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import read_count, read_each, read_fields, read_integer, read_word
from ms_initkit.syntax.source import Mapping

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.syntax.expressions import Expression
    from ms_initkit.syntax.reading import Fields
    from ms_initkit.syntax.source import Node


def read_blocks(node: Node, what: str, scope: Scope) -> BlocksSpec:
    """Returns how a tensor is cut; its expressions know variables, captures and the shape."""
    problems = Problems()
    fields = read_fields(node, BLOCKS, what, problems)
    if "parts" in fields and "sizes" in fields:
        problems.add("conflicting-keys", f"{what} has `parts` or `sizes`, not both", span=node.span)
    elif "parts" not in fields and "sizes" not in fields:
        problems.add("missing-key", f"{what} has neither `parts` nor `sizes`", span=node.span)
    spec = BlocksSpec(
        axis=fields.read("axis", read_count, 0),
        parts=fields.read("parts", partial(read_expression, scope=scope), None),
        sizes=fields.read("sizes", partial(_read_expressions, scope=scope), None),
        span=node.span,
    )
    problems.settle()
    return spec


def read_fans(node: Node, what: str, scope: Scope) -> FansSpec:
    """Returns where fans come from; numbers may use those of the shape."""
    if not isinstance(node, Mapping):
        convention = cast("Literal['shape', 'connections']", read_word(node, what, CONVENTIONS))
        return FansSpec(convention, None, None, None, None, (), node.span)
    problems = Problems()
    fields = read_fields(node, FANS, what, problems)
    number = partial(read_expression, scope=scope)
    axes = partial(read_each, reader=read_integer)
    spec = FansSpec(
        convention="shape",
        fan_in=fields.read("in", number, None),
        fan_out=fields.read("out", number, None),
        in_axes=fields.read("in_axes", axes, None),
        out_axes=fields.read("out_axes", axes, None),
        batch_axes=fields.read("batch_axes", axes, ()),
        span=node.span,
    )
    _check_fans(fields, what, node.span)
    problems.settle()
    return spec


def _check_fans(fields: Fields, what: str, span: Span) -> None:
    problems = fields.problems
    by_axes = {"in_axes", "out_axes", "batch_axes"} & fields.nodes.keys()
    if by_axes and {"in", "out"} & fields.nodes.keys():
        problems.add("conflicting-keys", f"{what} are given as numbers or as axes, not both", span=span)
    elif by_axes and not {"in_axes", "out_axes"} <= by_axes:
        problems.add("missing-key", f"{what} by axes need `in_axes` and `out_axes`", span=span)
    elif not fields.nodes and not problems.has_failed:
        hint = "write shape, connections or {in: ...}"
        problems.add("missing-key", f"{what} say nothing", span=span, help=hint)


def read_edits(node: Node, what: str, scope: Scope) -> tuple[EditSpec, ...]:
    """Returns the edits of drawn values, in order."""
    return read_each(node, what, partial(_read_edit, scope=scope))


def _read_edit(node: Node, what: str, scope: Scope) -> EditSpec:
    problems = Problems()
    fields = read_fields(node, EDITS, what, problems)
    if len(fields.nodes) != 1 and not problems.has_failed:
        hint = "write one item for each: [{add: 1}, {multiply: 2}]"
        problems.add("wrong-type", f"{what} is one edit, not {len(fields.nodes)}", span=node.span, help=hint)
    problems.settle()
    name = cast("Literal['add', 'multiply', 'set', 'zero_rows']", next(iter(fields.nodes)))
    at: tuple[Expression, ...] = ()
    value: Expression | None = None
    match name:
        case "set":
            place = fields.read(name, partial(_read_set, scope=scope), ((), None))
            problems.settle()
            at, value = place
        case "zero_rows":
            at = fields.read(name, partial(_read_expressions, scope=scope), ())
        case _:
            value = fields.read(name, partial(read_expression, scope=scope), None)
    problems.settle()
    return EditSpec(name, value, at, node.span)


def _read_set(node: Node, what: str, scope: Scope) -> tuple[tuple[Expression, ...], Expression | None]:
    problems = Problems()
    fields = read_fields(node, SET, what, problems)
    at = fields.read("at", partial(_read_expressions, scope=scope), ())
    to = fields.read("to", partial(read_expression, scope=scope), None)
    problems.settle()
    return at, to


def _read_expressions(node: Node, what: str, scope: Scope) -> tuple[Expression, ...]:
    return read_each(node, what, partial(read_expression, scope=scope))
