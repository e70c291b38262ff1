"""``fans``: where fan_in and fan_out come from."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import Fields, read_each, read_fields, read_integer, read_text, read_word
from ms_initkit.syntax.schemas import Key, Table

_AXES: Final[schemas.Schema] = {"type": "array", "items": schemas.INTEGER}  # none is a choice too
FANS: Final[Table] = (
    Key("in", schemas.EXPRESSION, "The inputs of one output unit."),
    Key("out", schemas.EXPRESSION, "The outputs of one input unit."),
    Key("in_axes", _AXES, "Axes of the inputs."),
    Key("out_axes", _AXES, "Axes of the outputs."),
    Key("batch_axes", _AXES, "Axes that number the members of a stack, such as experts; they count in neither."),
    Key("of", schemas.TEXT, "The cell's parameter whose shape gives the fans, by its attribute."),
)
Convention: TypeAlias = Literal["shape", "connections"]
_CONVENTIONS: Final[tuple[Convention, ...]] = ("shape", "connections")
SCHEMA: Final = schemas.any_of(schemas.one_of(*_CONVENTIONS), schemas.mapping(FANS) | schemas.SOME_KEY)


@record
class FansSpec:
    """Where fans come from; a field left None is the convention's.

    Args:
        convention: ``shape`` as torch and MindSpore count, ``connections`` for true connections.
        span: Where it stands.
        fan_in: Inputs of one output unit.
        fan_out: Outputs of one input unit.
        in_axes: Axes of the inputs, with ``out_axes``; the others are the receptive field.
        out_axes: Axes of the outputs.
        batch_axes: Axes that number the members of a stack, such as experts; they count in neither.
        of: Attribute of the cell's parameter whose shape the fans are taken from; by default the parameter's own, a
            bias's from its weight.
    """

    convention: Convention
    span: Span
    fan_in: Expression | None = None
    fan_out: Expression | None = None
    in_axes: tuple[int, ...] | None = None
    out_axes: tuple[int, ...] | None = None
    batch_axes: tuple[int, ...] = ()
    of: str | None = None


def read_fans(node: Node, what: str, scope: Scope) -> FansSpec:
    """Returns where fans come from; numbers may use those of the shape."""
    if not isinstance(node, Mapping):
        return FansSpec(read_word(node, what, _CONVENTIONS), node.span)
    problems = Problems()
    fields = read_fields(node, FANS, what, problems)
    number = partial(read_expression, scope=scope)
    axes = partial(read_each, reader=read_integer, may_be_empty=True)
    fan_in = fields.read("in", number, None)
    fan_out = fields.read("out", number, None)
    in_axes = fields.read("in_axes", axes, None)
    out_axes = fields.read("out_axes", axes, None)
    batch_axes = fields.read("batch_axes", axes, ())
    of = fields.read("of", read_text, None)
    _check_fans(fields, what, node.span)
    problems.settle()
    return FansSpec(
        convention="shape",
        span=node.span,
        fan_in=fan_in.value,
        fan_out=fan_out.value,
        in_axes=in_axes.value,
        out_axes=out_axes.value,
        batch_axes=batch_axes.value,
        of=of.value,
    )


def _check_fans(fields: Fields, what: str, span: Span) -> None:
    problems = fields.problems
    by_axes = {"in_axes", "out_axes"} & fields.nodes.keys()
    if by_axes and {"in", "out"} & fields.nodes.keys():
        problems.add("conflicting-keys", f"{what} are given as numbers or as axes, not both", span=span)
    elif len(by_axes) == 1:
        problems.add("missing-key", f"{what} by axes need `in_axes` and `out_axes`", span=span)
    elif not fields.nodes and not problems.has_failed:
        hint = "write shape, connections or {in: ...}"
        problems.add("missing-key", f"{what} say nothing", span=span, help=hint)
