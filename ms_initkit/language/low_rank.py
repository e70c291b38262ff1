"""The step of ``then`` that takes a matrix apart, for adapters of low rank."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, Self, TypeAlias, final, get_args

from ms_initkit.basis.records import record
from ms_initkit.draws import functions
from ms_initkit.draws.functions import Functions
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.language.step import Step, Values
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import read_fields, read_word
from ms_initkit.syntax.schemas import Key, Table

_Scheme: TypeAlias = Literal["pissa", "olora"]
_Part: TypeAlias = Literal["a", "b", "rest"]
_SCHEMES: Final[tuple[_Scheme, ...]] = get_args(_Scheme)
_PARTS: Final[tuple[_Part, ...]] = get_args(_Part)
LOW_RANK: Final[Table] = (
    Key("scheme", schemas.one_of(*_SCHEMES), "By singular values, or by QR.", is_required=True),
    Key("part", schemas.one_of(*_PARTS), "Which factor of the adapter, or what it leaves.", is_required=True),
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

    scheme: _Scheme
    part: _Part
    rank: Expression
    scale: Expression | None

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, LOW_RANK, what, problems)
        scheme = fields.required("scheme", partial(read_word, words=_SCHEMES))
        part = fields.required("part", partial(read_word, words=_PARTS))
        rank = fields.required("rank", partial(read_expression, scope=scope))
        scale = fields.read("scale", partial(read_expression, scope=scope), None)
        problems.settle()
        return cls(scheme.value, part.value, rank.value, scale.value)

    def resolve(self, values: Values) -> Functions:
        scale = 1.0 if self.scale is None else values.number(self.scale)
        return functions.LowRank(self.scheme, self.part, values.index(self.rank, "rank"), scale)

    def __str__(self) -> str:
        return f"{self.scheme}'s {self.part} by LAPACK"
