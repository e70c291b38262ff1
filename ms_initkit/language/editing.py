"""Steps of ``then`` that take each value by itself, or some of them by their places."""

from __future__ import annotations

import math
from functools import partial
from typing import Final, Literal, Self, TypeAlias, final, get_args

from ms_initkit import draws, formulas
from ms_initkit.basis.records import record
from ms_initkit.draws import Edit
from ms_initkit.draws.windows import whole, with_axis
from ms_initkit.language import rows, sources
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.rows import Interval, Rows, read_interval, read_rows
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.language.sources import FromSpec, read_from
from ms_initkit.language.step import Step, Values
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Mapping, Node, Scalar
from ms_initkit.syntax.problems import Problems, failure
from ms_initkit.syntax.reading import described, read_each, read_fields, read_integer, read_word
from ms_initkit.syntax.schemas import Key, Table


@final
@record
class Add(Step):
    """Adds a number, or what an initializer draws, by random numbers of its own."""

    key = "add"
    schema = schemas.any_of(schemas.EXPRESSION, schemas.INITIALIZER)
    description = "Adds a number to every element, or to each what an initializer draws for it: {normal: 0.01}."

    what: Expression | InitSpec

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        is_draw = isinstance(node, Mapping)
        formula = formulas.find(node.text) if isinstance(node, Scalar) and node.text not in scope else None
        if formula is not None and isinstance(node, Scalar):
            needed = ", ".join(f"{one.name}: ..." for one in formulas.arguments(formula) if one.is_required)
            message = f"{what} is a number, or an initializer with its arguments, not {described(node)}"
            raise failure("wrong-type", message, span=node.span, help=f"write {{{node.text}: {{{needed}}}}}")
        return cls(read_initializer(node, what, scope) if is_draw else read_expression(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        if isinstance(self.what, InitSpec):
            return draws.AddDraw(values.drawn(self.what), values.stream)
        return draws.Step("add", values.number(self.what))

    def __str__(self) -> str:
        return f"add {self.what}"


@final
@record
class Multiply(Step):
    """Multiplies by a number."""

    key = "multiply"
    schema = schemas.EXPRESSION
    description = "Multiplies every element by a number."

    by: Expression

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        return cls(read_expression(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        return draws.Step("multiply", values.number(self.by))

    def __str__(self) -> str:
        return f"multiply {self.by}"


SET: Final[Table] = (
    Key(
        "at",
        schemas.EXPRESSIONS,
        'The place along each axis: a number, or a stretch such as ":" or "3:5".',
        is_required=True,
    ),
    Key("to", schemas.EXPRESSION, "The value, which may be inf or -inf.", is_required=True),
)
_INFINITE: Final = {"inf": math.inf, "+inf": math.inf, ".inf": math.inf, "-inf": -math.inf, "-.inf": -math.inf}


@final
@record
class Set(Step):
    """Gives elements a value: one, or those of stretches along the axes; axes that are left out are whole."""

    key = "set"
    schema = schemas.mapping(SET)
    description = 'Gives an element a value, or a row: {at: [3, ":"], to: 0}.'

    at: tuple[Interval, ...]
    to: Expression | float

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, SET, what, problems)
        at = fields.required("at", partial(read_each, reader=partial(read_interval, scope=scope)))
        to = fields.required("to", partial(_read_value, scope=scope))
        problems.settle()
        return cls(at.value, to.value)

    def resolve(self, values: Values) -> Edit:
        to = self.to if isinstance(self.to, float) else values.number(self.to)
        if all(interval.is_one for interval in self.at) and len(self.at) >= len(values.shape):
            at = tuple(values.index(one.start, self.key) for one in self.at if one.start is not None)
            return draws.SetElement(_inside(at, values.shape), to)
        if len(self.at) > len(values.shape):
            raise ValueError(f"[{', '.join(map(str, self.at))}] is not a place in a tensor of shape {values.shape}")
        named = [(one.of(extent, values.index),) for one, extent in zip(self.at, values.shape, strict=False)]
        return draws.SetBox((*named, *whole(values.shape[len(named) :])), to)

    def __str__(self) -> str:
        return f"set [{', '.join(map(str, self.at))}] to {self.to}"


def _read_value(node: Node, what: str, scope: Scope) -> Expression | float:
    if isinstance(node, Scalar) and node.text.lower() in _INFINITE:
        return _INFINITE[node.text.lower()]
    return read_expression(node, what, scope)


@final
@record
class ZeroRows(Step):
    """Sets rows to zero."""

    key = "zero_rows"
    schema = rows.SCHEMA
    description = 'Sets slices along the first axis to zero, as for padding: [0, "10:"].'

    rows: Rows

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        return cls(read_rows(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        if self.rows.are_single:
            # In the order in which they are written, as plans have had them.
            numbers = (values.index(one.start, self.key) for one in self.rows.intervals if one.start is not None)
            return draws.SetRows(tuple(_inside((row,), values.shape[:1])[0] for row in numbers))
        return _zeroed(self.rows, 0, values)


@final
@record
class ZeroColumns(Step):
    """Sets slices along the second axis to zero."""

    key = "zero_columns"
    schema = rows.SCHEMA
    description = 'Sets slices along the second axis, the inputs of a weight, to zero: [0, "10:"].'

    columns: Rows

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        return cls(read_rows(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        if len(values.shape) < 2:
            raise ValueError(f"a tensor of shape {values.shape} has no columns")
        return _zeroed(self.columns, 1, values)

    def __str__(self) -> str:
        return f"zero_columns {self.columns}"


def _zeroed(rows: Rows, axis: int, values: Values) -> Edit:
    everything = whole(values.shape)
    pieces = rows.of(values.shape[axis], values.index)
    return draws.SetBox(with_axis(everything, axis, pieces), 0.0)


Side: TypeAlias = Literal["lower", "upper"]
_SIDES: Final[tuple[Side, ...]] = get_args(Side)
# What torch, NumPy and others call them.
_OTHER_SIDES: Final[dict[str, Side]] = {
    **dict.fromkeys(("tril", "lower_triangular"), "lower"),
    **dict.fromkeys(("triu", "upper_triangular"), "upper"),
}
TRIANGLE: Final[Table] = tuple(
    Key(side, schemas.INTEGER, f"The diagonal that the {side} triangle ends at; 0 is the main one.") for side in _SIDES
)


@final
@record
class Mask(Step):
    """Multiplies by a mask: a triangle of ones in the last two axes, or what a file has."""

    key = "mask"
    schema = schemas.any_of(schemas.one_of(*_SIDES), schemas.mapping(TRIANGLE) | schemas.ONE_KEY, sources.SCHEMA)
    description = "Multiplies by a mask: `lower` or `upper`, {lower: -1}, or a file; 0 makes an element 0."

    mask: FromSpec | tuple[Side, int]

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        if isinstance(node, Scalar):
            side = next((side for side in _SIDES if side == node.text), None)
            if node.text in _OTHER_SIDES:
                hint = f"write {_OTHER_SIDES[node.text]}"
                raise failure("unknown-word", f"{what} cannot be {described(node)}", span=node.span, help=hint)
            return cls(read_from(node, what, scope) if side is None else (side, 0))
        if not isinstance(node, Mapping) or not any(node.get(side) for side in _SIDES):
            return cls(_read_file(node, what, scope))
        problems = Problems()
        fields = read_fields(node, TRIANGLE, what, problems)
        if len(fields.nodes) > 1:
            problems.add("conflicting-keys", f"{what} is one triangle, not two", span=node.span)
        diagonals = [(side, fields.read(side, read_integer, 0)) for side in _SIDES if side in fields]
        problems.settle()
        ((side, diagonal),) = diagonals
        return cls((side, diagonal.value))

    def resolve(self, values: Values) -> Edit:
        if isinstance(self.mask, FromSpec):
            return draws.Masked(values.loaded(self.mask))
        if len(values.shape) < 2:
            raise ValueError(f"a tensor of shape {values.shape} has no triangle")
        side, diagonal = self.mask
        return draws.Masked(draws.Table("triangle", (("side", side), ("diagonal", diagonal))))

    def __str__(self) -> str:
        if isinstance(self.mask, FromSpec):
            return f"mask {self.mask.path}"
        side, diagonal = self.mask
        return f"mask {side}" + (f" {diagonal}" if diagonal else "")


def _read_file(node: Node, what: str, scope: Scope) -> FromSpec:
    spec = read_from(node, what, scope)
    if spec.missing == "next":
        raise failure("conflicting-keys", f"`missing` changes nothing in {what}", span=node.span)
    return spec


class _Elementwise(Step):
    """A function of single values, without arguments."""

    schema = schemas.FLAG
    is_bare = True

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        del scope
        read_word(node, what, ("true",))
        return cls()


@final
@record
class Exp(_Elementwise):
    """The exponential function."""

    key = "exp"
    description = "Takes e to the power of every element."

    def resolve(self, values: Values) -> Edit:
        del values
        return draws.Step("exp")


@final
@record
class Abs(_Elementwise):
    """The magnitude."""

    key = "abs"
    description = "Takes the magnitude of every element."

    def resolve(self, values: Values) -> Edit:
        del values
        return draws.Step("abs")


def _inside(at: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(at) != len(shape) or any(not -n <= i < n for i, n in zip(at, shape, strict=True)):
        raise ValueError(f"{list(at)} is not a place in a tensor of shape {shape}")
    return tuple(i % n for i, n in zip(at, shape, strict=True))
