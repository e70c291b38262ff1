"""``blocks``: the parts of a fused tensor, each drawn on its own."""

from __future__ import annotations

from functools import partial
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Span
from ms_initkit.language import parts
from ms_initkit.language.scope import Scope, read_expression, read_expressions
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import read_count, read_fields
from ms_initkit.syntax.schemas import Key, Table

BLOCKS: Final[Table] = (
    Key("axis", schemas.INTEGER, "The axis that is cut.", is_required=True),
    Key(
        "parts",
        schemas.any_of(schemas.EXPRESSION, parts.SCHEMA),
        "How many equal blocks, or a list of parts that each have an initializer.",
    ),
    Key("sizes", schemas.EXPRESSIONS, "The length of each block."),
)
SCHEMA: Final = schemas.mapping(BLOCKS) | schemas.exactly_one("parts", "sizes")


@record
class BlocksSpec:
    """The tensor is cut along ``axis`` into ``parts`` equal blocks or blocks of ``sizes``, each drawn on its own."""

    axis: int
    parts: Expression | None
    sizes: tuple[Expression, ...] | None
    span: Span

    def __str__(self) -> str:
        """Returns along which axis."""
        return f"in blocks of axis {self.axis}"


def read_blocks(node: Node, what: str, scope: Scope) -> BlocksSpec:
    """Returns how a tensor is cut; its expressions know variables, captures and the shape."""
    problems = Problems()
    fields = read_fields(node, BLOCKS, what, problems)
    if "parts" in fields and "sizes" in fields:
        problems.add("conflicting-keys", f"{what} has `parts` or `sizes`, not both", span=node.span)
    elif "parts" not in fields and "sizes" not in fields:
        problems.add("missing-key", f"{what} has neither `parts` nor `sizes`", span=node.span)
    axis = fields.required("axis", read_count)
    count = fields.read("parts", partial(read_expression, scope=scope), None)
    sizes = fields.read("sizes", partial(read_expressions, scope=scope), None)
    problems.settle()
    return BlocksSpec(axis.value, count.value, sizes.value, node.span)
