"""``then``: edits of the drawn values, in order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from ms_initkit.basis.records import record
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.scope import Scope, read_expression, read_expressions
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Mapping
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import read_each, read_fields
from ms_initkit.syntax.schemas import Key, Table

if TYPE_CHECKING:
    from ms_initkit.findings import Span
    from ms_initkit.syntax.expressions import Expression
    from ms_initkit.syntax.nodes import Node

SET: Final[Table] = (
    Key("at", schemas.EXPRESSIONS, "The element's index along each axis.", is_required=True),
    Key("to", schemas.EXPRESSION, "Its value.", is_required=True),
)
EDITS: Final[Table] = (
    Key(
        "add",
        schemas.any_of(schemas.EXPRESSION, schemas.INITIALIZER),
        "Adds a number to every element, or to each what an initializer draws for it: {normal: 0.01}.",
    ),
    Key("multiply", schemas.EXPRESSION, "Multiplies every element by a number."),
    Key("set", schemas.mapping(SET), "Gives one element a value."),
    Key("zero_rows", schemas.EXPRESSIONS, "Sets slices along the first axis to zero, as for padding."),
)
SCHEMA: Final = schemas.list_of(schemas.mapping(EDITS) | schemas.ONE_KEY)


@record
class EditSpec:
    """One entry of ``then``.

    ``add`` and ``multiply`` have a ``value``, ``zero_rows`` has ``at``, ``set`` has both; where ``add`` adds a draw, it
    has an ``init``.
    """

    name: Literal["add", "multiply", "set", "zero_rows"]
    value: Expression | None
    at: tuple[Expression, ...]
    span: Span
    init: InitSpec | None = None

    @property
    def text(self) -> str:
        """What it does, for a plan's line."""
        return self.name if self.init is None else f"{self.name} {self.init.name}"


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
    ((name, value),) = fields.nodes.items()
    what = f"`{name}`"
    match name:
        case "set":
            at, to = _read_set(value, what, scope)
            return EditSpec("set", to, at, node.span)
        case "zero_rows":
            return EditSpec("zero_rows", None, read_expressions(value, what, scope), node.span)
        case "add" if isinstance(value, Mapping):
            return EditSpec("add", None, (), node.span, read_initializer(value, what, scope))
        case "add":
            return EditSpec("add", read_expression(value, what, scope), (), node.span)
        case _:
            return EditSpec("multiply", read_expression(value, what, scope), (), node.span)


def _read_set(node: Node, what: str, scope: Scope) -> tuple[tuple[Expression, ...], Expression]:
    problems = Problems()
    fields = read_fields(node, SET, what, problems)
    at = fields.required("at", partial(read_expressions, scope=scope))
    to = fields.required("to", partial(read_expression, scope=scope))
    problems.settle()
    return at.value, to.value
