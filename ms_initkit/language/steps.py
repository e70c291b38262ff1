"""The steps of ``then``, in order: each is one class that reads, prints, has its schema and knows what it does.

What it does is a draw's: an edit of single values, or a function of all of them (``ms_initkit.draws.functions``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol, final

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import functions
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.scope import Scope, read_expression, read_expressions
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Mapping, Scalar
from ms_initkit.syntax.problems import Attempt, Problems
from ms_initkit.syntax.reading import read_each, read_fields, read_integer, read_one_or_more, read_word
from ms_initkit.syntax.schemas import Key, Table

if TYPE_CHECKING:
    from typing import Self

    from ms_initkit.draws import Draw, Edit
    from ms_initkit.draws.functions import Functions
    from ms_initkit.syntax.expressions import Expression
    from ms_initkit.syntax.nodes import Node
    from ms_initkit.syntax.reading import Fields
    from ms_initkit.syntax.schemas import Schema


class Values(Protocol):
    """What a step is told of the values that it is taken of, and of the parameter that they are for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values before the step."""

    @property
    def stream(self) -> str:
        """The name of the step's own random numbers."""

    def number(self, value: Expression) -> float:
        """Returns the value of an expression."""

    def index(self, value: Expression, what: str) -> int:
        """Returns the value of an expression that is to be whole."""

    def drawn(self, init: InitSpec) -> Draw:
        """Returns what an initializer draws in the shape of the values."""


class Step(ABC):
    """What every step has: its key, its schema, its reader; its text is what a plan shows of it.

    ``is_bare`` tells whether its key alone is the step, too; then it is made without arguments. ``is_reducing`` tells
    whether it takes values of another shape than it makes.
    """

    key: ClassVar[str]
    schema: ClassVar[Schema]
    description: ClassVar[str]
    is_bare: ClassVar[bool] = False
    is_reducing: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        """Returns the step that ``node``, the value of its key, asks for."""

    @abstractmethod
    def resolve(self, values: Values) -> Edit | Functions:
        """Returns what is done with ``values``.

        Raises:
            ValueError: If it cannot be.
        """

    def __str__(self) -> str:
        return self.key


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
        return cls(read_initializer(node, what, scope) if is_draw else read_expression(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        if isinstance(self.what, InitSpec):
            return draws.AddDraw(values.drawn(self.what), values.stream)
        return draws.Step("add", values.number(self.what))

    def __str__(self) -> str:
        return f"add {self.what.name}" if isinstance(self.what, InitSpec) else "add"


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


SET: Final[Table] = (
    Key("at", schemas.EXPRESSIONS, "The element's index along each axis.", is_required=True),
    Key("to", schemas.EXPRESSION, "Its value.", is_required=True),
)


@final
@record
class Set(Step):
    """Gives one element a value."""

    key = "set"
    schema = schemas.mapping(SET)
    description = "Gives one element a value."

    at: tuple[Expression, ...]
    to: Expression

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, SET, what, problems)
        at = fields.required("at", partial(read_expressions, scope=scope))
        to = fields.required("to", partial(read_expression, scope=scope))
        problems.settle()
        return cls(at.value, to.value)

    def resolve(self, values: Values) -> Edit:
        at = tuple(values.index(index, self.key) for index in self.at)
        return draws.SetElement(_inside(at, values.shape), values.number(self.to))


@final
@record
class ZeroRows(Step):
    """Sets rows to zero."""

    key = "zero_rows"
    schema = schemas.EXPRESSIONS
    description = "Sets slices along the first axis to zero, as for padding."

    rows: tuple[Expression, ...]

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        return cls(read_expressions(node, what, scope))

    def resolve(self, values: Values) -> Edit:
        rows = (values.index(row, self.key) for row in self.rows)
        return draws.SetRows(tuple(_inside((row,), values.shape[:1])[0] for row in rows))


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


@record
class Over:
    """The axes that something is summed over: ``axes``, or all ``but`` some; without either, all."""

    axes: tuple[int, ...] | None = None
    but: tuple[int, ...] | None = None

    def of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Returns them in ascending order.

        Raises:
            ValueError: If ``shape`` has not such axes.
        """
        given = self.axes if self.axes is not None else self.but or ()
        strange = [axis for axis in given if not -len(shape) <= axis < len(shape)]
        if strange:
            raise ValueError(f"a tensor of shape {shape} has no axis {strange[0]}")
        named = {axis % len(shape) for axis in given}
        return tuple(axis for axis in range(len(shape)) if (axis in named) == (self.axes is not None))

    def __str__(self) -> str:
        given = self.axes if self.axes is not None else self.but
        if given is None:
            return ""
        listed = ", ".join(map(str, given))
        return f" over axis {listed}" if self.axes is not None else f" over all axes but {listed}"


_EUCLIDEAN: Final = "euclidean"
_AXES: Final = schemas.one_or_more(schemas.INTEGER)
_EITHER: Final[Schema] = {"not": {"required": ["axis", "except"]}}
OVER: Final[Table] = (
    Key("axis", _AXES, "The axis or axes that are summed over; all of them if left out."),
    Key("except", _AXES, "In place of `axis`: all axes but these."),
)
NORMALIZE: Final[Table] = (
    *OVER,
    Key("to", schemas.EXPRESSION, "The norm that is due; 1 if left out."),
    Key("norm", {"enum": ["euclidean", "spectral"]}, "`spectral`: the largest singular value, of the whole matrix."),
)


def _read_over(fields: Fields, problems: Problems, what: str) -> Over:
    if "axis" in fields and "except" in fields:
        message = f"{what} has `axis` or `except`, not both"
        problems.add("conflicting-keys", message, span=fields.nodes["except"].span)
    axes = fields.read("axis", partial(read_one_or_more, reader=read_integer), None)
    but = fields.read("except", partial(read_one_or_more, reader=read_integer), None)
    problems.settle()
    return Over(axes.value, but.value)


def _read_over_alone(node: Node, what: str) -> Over:
    problems = Problems()
    return _read_over(read_fields(node, OVER, what, problems), problems, what)


@final
@record
class Normalize(Step):
    """Scales to a norm."""

    key = "normalize"
    schema = schemas.mapping(NORMALIZE) | _EITHER
    description = "Scales what lies along axes, or everything, to a norm: {axis: 1, to: 1} for rows of unit length."
    is_bare = True

    over: Over = Over()
    to: Expression | None = None
    norm: Literal["euclidean", "spectral"] = "euclidean"

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, NORMALIZE, what, problems)
        to = fields.read("to", partial(read_expression, scope=scope), None)
        norm: Attempt[Literal["euclidean", "spectral"]] = fields.read("norm", _read_norm, _EUCLIDEAN)
        is_spectral = norm.or_else(_EUCLIDEAN) == "spectral"
        for key in ("axis", "except") if is_spectral else ():
            if key in fields:
                message = f"`{key}` changes nothing beside `norm: spectral`"
                problems.add("conflicting-keys", message, span=fields.nodes[key].span)
        over = _read_over(fields, problems, what)
        return cls(over, to.value, norm.value)

    def resolve(self, values: Values) -> Functions:
        to = 1.0 if self.to is None else values.number(self.to)
        if self.norm == "spectral":
            return functions.SpectralNormalize(to)
        return functions.Normalize(self.over.of(values.shape), to)

    def __str__(self) -> str:
        to = "" if self.to is None else f" to {self.to}"
        return f"normalize{to}{self.over}" if self.norm == "euclidean" else f"normalize its spectral norm{to} by LAPACK"


def _read_norm(node: Node, what: str) -> Literal["euclidean", "spectral"]:
    return read_word(node, what, ("euclidean", "spectral"))


class _Reducing(Step):
    """One number for each place along the axes that are left: of the values of another parameter, of another shape."""

    schema = schemas.mapping(OVER) | _EITHER
    is_bare = True
    is_reducing = True

    over: Over

    def __str__(self) -> str:
        return f"{self.key}{self.over}"


@final
@record
class Norm(_Reducing):
    """Takes norms."""

    key = "norm"
    description = "Takes the norm over axes: {axis: 1} makes of `like: weight` one number for each row."

    over: Over = Over()

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        del scope
        return cls(_read_over_alone(node, what))

    def resolve(self, values: Values) -> Functions:
        return functions.Norm(self.over.of(values.shape))


@final
@record
class AbsMean(_Reducing):
    """Takes means of magnitudes."""

    key = "abs_mean"
    description = "Takes the mean of the magnitudes over axes, as for a quantiser's step."

    over: Over = Over()

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        del scope
        return cls(_read_over_alone(node, what))

    def resolve(self, values: Values) -> Functions:
        return functions.AbsMean(self.over.of(values.shape))


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


# In the order in which editors show them.
STEPS: Final[tuple[type[Step], ...]] = (Add, Multiply, Set, ZeroRows, Exp, Abs, Normalize, Norm, AbsMean, LowRank)
THEN: Final[Table] = tuple(Key(step.key, step.schema, step.description) for step in STEPS)
SCHEMA: Final = schemas.list_of(
    schemas.any_of(
        {"enum": [step.key for step in STEPS if step.is_bare]},
        schemas.mapping(THEN) | schemas.ONE_KEY,
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


def _inside(at: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(at) != len(shape) or any(not -n <= i < n for i, n in zip(at, shape, strict=True)):
        raise ValueError(f"{list(at)} is not a place in a tensor of shape {shape}")
    return tuple(i % n for i, n in zip(at, shape, strict=True))
