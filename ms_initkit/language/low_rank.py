"""The step of ``then`` that takes a matrix apart, for adapters of low rank."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, Self, final

from ms_initkit.basis.records import record
from ms_initkit.draws import functions
from ms_initkit.draws.functions import Functions
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.language.step import Step, Values
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.problems import Attempt, Problems
from ms_initkit.syntax.reading import read_fields, read_word
from ms_initkit.syntax.schemas import Key, Table

LOW_RANK: Final[Table] = (
    Key("scheme", {"enum": ["pissa", "olora"]}, "By singular values, or by QR.", is_required=True),
    Key("part", {"enum": ["a", "b", "rest"]}, "Which factor of the adapter, or what it leaves.", is_required=True),
    Key("rank", schemas.EXPRESSION, "The adapter's rank.", is_required=True),
    Key("scale", schemas.EXPRESSION, "What the network multiplies B A by, as alpha / rank; 1 if left out."),
)


@final
@record
class LowRank(Step):
    """Takes a matrix apart, for adapters of low rank."""

    key = "low_rank"
    schema = schemas.mapping(LOW_RANK)
    description = "Factors that an adapter starts from, or what they leave of the matrix: PiSSA, OLoRA."
    is_reducing = True

    scheme: Literal["pissa", "olora"]
    part: Literal["a", "b", "rest"]
    rank: Expression
    scale: Expression | None

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, LOW_RANK, what, problems)
        scheme: Attempt[Literal["pissa", "olora"]] = fields.required("scheme", _read_scheme)
        part: Attempt[Literal["a", "b", "rest"]] = fields.required("part", _read_part)
        rank = fields.required("rank", partial(read_expression, scope=scope))
        scale = fields.read("scale", partial(read_expression, scope=scope), None)
        problems.settle()
        return cls(scheme.value, part.value, rank.value, scale.value)

    def resolve(self, values: Values) -> Functions:
        scale = 1.0 if self.scale is None else values.number(self.scale)
        return functions.LowRank(self.scheme, self.part, values.index(self.rank, "rank"), scale)

    def __str__(self) -> str:
        return f"{self.scheme}'s {self.part} by LAPACK"


def _read_scheme(node: Node, what: str) -> Literal["pissa", "olora"]:
    return read_word(node, what, ("pissa", "olora"))


def _read_part(node: Node, what: str) -> Literal["a", "b", "rest"]:
    return read_word(node, what, ("a", "b", "rest"))
