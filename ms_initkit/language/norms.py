"""Steps of ``then`` that sum over axes: norms, means of magnitudes, values scaled to a norm."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final, Literal, Self, TypeAlias, final, get_args

from ms_initkit.basis.records import record
from ms_initkit.draws import functions
from ms_initkit.draws.functions import Functions
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.language.step import Step, Values
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.problems import Attempt, Problems
from ms_initkit.syntax.reading import Fields, read_fields, read_integer, read_one_or_more, read_word
from ms_initkit.syntax.schemas import Key, Schema, Table


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


_Kind: TypeAlias = Literal["euclidean", "spectral"]
_KINDS: Final[tuple[_Kind, ...]] = get_args(_Kind)
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
    Key("norm", schemas.one_of(*_KINDS), "`spectral`: the largest singular value, of the whole matrix."),
)


def _read_over(fields: Fields, problems: Problems, what: str) -> Over:
    if "axis" in fields and "except" in fields:
        message = f"{what} has `axis` or `except`, not both"
        problems.add("conflicting-keys", message, span=fields.nodes["except"].span)
    axes = fields.read("axis", partial(read_one_or_more, reader=read_integer), None)
    but = fields.read("except", partial(read_one_or_more, reader=read_integer), None)
    problems.settle()
    return Over(axes.value, but.value)


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
    norm: _Kind = _EUCLIDEAN

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        problems = Problems()
        fields = read_fields(node, NORMALIZE, what, problems)
        to = fields.read("to", partial(read_expression, scope=scope), None)
        norm: Attempt[_Kind] = fields.read("norm", partial(read_word, words=_KINDS), _EUCLIDEAN)
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
        return f"normalize{to}{self.over}" if self.norm == _EUCLIDEAN else f"normalize its spectral norm{to} by LAPACK"


@record
class _Reducing(Step):
    """One number for each place along the axes that are left: of the values of another parameter, of another shape."""

    schema = schemas.mapping(OVER) | _EITHER
    is_bare = True
    is_reducing = True
    function: ClassVar[type[functions.Norm | functions.AbsMean]]

    over: Over = Over()

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        del scope
        problems = Problems()
        return cls(_read_over(read_fields(node, OVER, what, problems), problems, what))

    def resolve(self, values: Values) -> Functions:
        return self.function(self.over.of(values.shape))

    def __str__(self) -> str:
        return f"{self.key}{self.over}"


@final
@record
class Norm(_Reducing):
    """Takes norms."""

    key = "norm"
    description = "Takes the norm over axes: {axis: 1} makes of `like: weight` one number for each row."
    function = functions.Norm


@final
@record
class AbsMean(_Reducing):
    """Takes means of magnitudes."""

    key = "abs_mean"
    description = "Takes the mean of the magnitudes over axes, as for a quantiser's step."
    function = functions.AbsMean
