"""What is drawn, as data: the closed set of descriptions that a plan carries and the stream can sample.

A formula (``ms_initkit.formulas``) turns shape and fans into one of these; from here on every number is
resolved. A ``Draw`` prints, compares, goes to JSON and comes back; it holds no tensor and knows no framework.
"""

# ruff: noqa: D102 (what a draw tells of itself is documented by Base)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.draws import typed_json
from ms_initkit.draws.fits import Fits
from ms_initkit.draws.functions import Functions
from ms_initkit.draws.windows import Pieces, Window, with_axis

Scalar: TypeAlias = float | int | str | bool
Arguments: TypeAlias = tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...]


class Base:
    """What every draw tells of itself; of one that is made of others, what these tell."""

    __slots__ = ()

    @property
    def parts(self) -> tuple[Draw, ...]:
        """The draws that it is made of."""
        return ()

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Returns the shape of each of ``parts`` where this is drawn in a tensor of ``shape``."""
        return (shape,) * len(self.parts)

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        """The parts of it that are values of a file."""
        return tuple(found for part in self.parts for found in part.loaded)

    @property
    def is_random(self) -> bool:
        """Whether any value depends on the seed, as a user's own draw is taken to do."""
        return any(part.is_random for part in self.parts)

    @property
    def is_drawn_whole(self) -> bool:
        """Whether any part of it needs its whole tensor at once."""
        return any(part.is_drawn_whole for part in self.parts)

    @property
    def is_by_lapack(self) -> bool:
        """Whether any part of it is made of other values by linear algebra, whose last bits differ between machines."""
        return any(part.is_by_lapack for part in self.parts)

    @property
    def is_users_own(self) -> bool:
        """Whether any part of it is drawn by code of a user's, which may fail in ways of its own."""
        return any(part.is_users_own for part in self.parts)

    @property
    def is_elementwise(self) -> bool:
        """Whether it is a law of single elements: cutting a tensor into blocks of one law changes nothing."""
        return False

    @property
    def takes(self) -> frozenset[str]:
        """The parameters of whose values it takes those that are there, "" being the one that is written."""
        return frozenset().union(*(part.takes for part in self.parts))

    @property
    def loses(self) -> frozenset[str]:
        """Of these, those whose values are made into others: of a row that is kept, what was there is still there."""
        return frozenset().union(*(part.loses for part in self.parts))


class _Law(Base):
    """A law of single elements."""

    __slots__ = ()

    @property
    def is_random(self) -> bool:
        return True

    @property
    def is_elementwise(self) -> bool:
        return True


@record
class Constant(Base):
    """Every element is ``value``; a whole number that no float can hold is an int."""

    value: float

    @property
    def is_elementwise(self) -> bool:
        return True


@record
class Uniform(_Law):
    """Uniform on ``[low, high)``."""

    low: float
    high: float


@record
class Normal(_Law):
    """Normal with mean ``mean`` and standard deviation ``std``."""

    mean: float
    std: float


@record
class TruncatedNormal(_Law):
    """``Normal(mean, std)`` given that it falls in ``[low, high]``; the bounds are absolute, in units of the value."""

    mean: float
    std: float
    low: float
    high: float


@record
class Mixture(_Law):
    """Each element from ``draws[k]`` with probability ``weights[k]``; the weights sum to 1."""

    weights: tuple[float, ...]
    draws: tuple[Draw, ...]

    @property
    def parts(self) -> tuple[Draw, ...]:
        return self.draws


@record
class Table(Base):
    """A deterministic function of an element's coordinates, called ``name`` in ``ms_initkit.draws.tables``."""

    name: str
    arguments: Arguments = ()


class _Whole(Base):
    """Drawn as one."""

    __slots__ = ()

    @property
    def is_random(self) -> bool:
        return True

    @property
    def is_drawn_whole(self) -> bool:
        return True


@record
class Whole(_Whole):
    """Needs the whole tensor at once (linear algebra, ranks): called ``name`` in ``ms_initkit.stream.wholes``."""

    name: str
    arguments: Arguments = ()


@record
class Custom(_Whole):
    """A user's own initializer, registered as ``name``; drawn whole."""

    name: str
    arguments: Arguments = ()

    @property
    def is_users_own(self) -> bool:
        return True


@record
class Blocks(Base):
    """Consecutive parts along ``axis``, ``sizes[k]`` long, each with its own draw.

    An element keeps the word of its place in the whole tensor, so cutting a tensor into blocks of one law changes
    nothing; with ``shares_words`` every block, all being of one size, takes the words of the first one's place, so that
    one block can be a function of another.
    """

    axis: int
    sizes: tuple[int, ...]
    draws: tuple[Draw, ...]
    shares_words: bool = False

    @property
    def parts(self) -> tuple[Draw, ...]:
        return self.draws

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(with_axis(shape, self.axis, size) for size in self.sizes)


@record
class Repeated(Base):
    """The draw of a tensor ``times`` shorter along ``axis``, each of its slices repeated ``times`` times in a row."""

    axis: int
    times: int
    draw: Draw

    @property
    def parts(self) -> tuple[Draw, ...]:
        return (self.draw,)

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        return (with_axis(shape, self.axis, shape[self.axis] // self.times),)


@record
class Step:
    """One operation on every element; ``value`` is its operand where it has one.

    ``add``, ``multiply``, ``at_least`` (maximum with ``value``) and ``abs`` are single float32 operations; ``log``,
    ``exp`` and ``inverse_softplus`` (``x + log(-expm1(-x))``) are computed in float64 by ``ms_initkit.draws.portable``
    and rounded once. ``at_least`` and ``below`` keep values within a bound, beyond which no later rounding carries
    them: the least number of the parameter's type from ``value`` on, the greatest one below it.
    """

    name: Literal["add", "multiply", "at_least", "below", "abs", "log", "exp", "inverse_softplus"]
    value: float = 0.0


@record
class SetElement:
    """The element at ``at`` (global coordinates) becomes ``to``."""

    at: tuple[int, ...]
    to: float


@record
class SetRows:
    """The slices ``rows`` along the first axis become ``to``, as for padding rows."""

    rows: tuple[int, ...]
    to: float = 0.0


@record
class AddDraw:
    """The values of ``draw`` are added, element by element, drawn by random numbers of their own.

    Their key is that of the name ``stream`` with the key of what they are added to in the place of the seed.
    """

    draw: Draw
    stream: str


@record
class SetBox:
    """The elements at ``at``, stretches along each axis, become ``to``."""

    at: Window
    to: float


@record
class Masked:
    """Every element is multiplied by that of ``draw`` at its place; where that is 0, it is 0 whatever it was."""

    draw: Draw


Edit: TypeAlias = Step | SetElement | SetRows | SetBox | AddDraw | Masked


@record
class Edited(Base):
    """``draw``, then each edit in order."""

    draw: Draw
    edits: tuple[Edit, ...]

    @property
    def parts(self) -> tuple[Draw, ...]:
        return (self.draw, *(edit.draw for edit in self.edits if isinstance(edit, AddDraw | Masked)))


@record
class Made(Base):
    """What ``function`` makes of all values of ``draw``, which are of ``shape``."""

    draw: Draw
    shape: tuple[int, ...]
    function: Functions | Fits

    @property
    def parts(self) -> tuple[Draw, ...]:
        return (self.draw,)

    def shapes(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        del shape
        return (self.shape,)

    @property
    def is_drawn_whole(self) -> bool:
        return self.function.needs_whole or self.draw.is_drawn_whole

    @property
    def is_by_lapack(self) -> bool:
        return self.function.needs_whole or self.draw.is_by_lapack


@record
class InRows(Base):
    """``draw`` in the ``rows`` of the first axis, stretches in ascending order, and ``rest`` in the others."""

    rows: Pieces
    draw: Draw
    rest: Draw

    @property
    def parts(self) -> tuple[Draw, ...]:
        return (self.draw, self.rest)

    @property
    def loses(self) -> frozenset[str]:
        return self.draw.loses if isinstance(self.rest, There) else self.draw.loses | self.rest.loses


@record
class There(Base):
    """The values that a parameter has before anything is written: ``name``, or the one that is written itself."""

    name: str = ""

    @property
    def takes(self) -> frozenset[str]:
        return frozenset((self.name,))

    @property
    def loses(self) -> frozenset[str]:
        return self.takes


@record
class Loaded(Base):
    """The values of ``key`` in the file ``path``."""

    path: str
    key: str

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        return (self,)


@record
class Keep(Base):
    """The parameter keeps the value it has."""


Draw: TypeAlias = (
    Constant
    | Uniform
    | Normal
    | TruncatedNormal
    | Mixture
    | Table
    | Whole
    | Custom
    | Blocks
    | Repeated
    | Edited
    | Made
    | InRows
    | There
    | Loaded
    | Keep
)
Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


def to_json(draw: Draw | Edit) -> dict[str, Json]:
    """Returns ``draw`` as JSON values; ``from_json`` is its inverse."""
    return typed_json.write(draw, is_told=True)  # type: ignore[no-any-return]  # of a draw, an object


def from_json(value: Json) -> Draw:
    """Returns the draw that ``to_json`` wrote.

    Raises:
        ValueError: If ``value`` does not describe a draw.
    """
    return typed_json.read(Draw, value, "a draw")  # type: ignore[arg-type]  # a union is no type to mypy


def renamed(draw: Draw, names: Mapping[str, str]) -> Draw:
    """Returns ``draw`` with what it takes that is there under other names."""
    match draw:
        case There(name):
            return There(names.get(name, name))
        case Edited(inner, edits):
            return Edited(renamed(inner, names), edits)
        case Made(inner, shape, function):
            return Made(renamed(inner, names), shape, function)
        case Blocks():
            return replace(draw, draws=tuple(renamed(part, names) for part in draw.draws))
        case InRows(rows, inner, rest):
            return InRows(rows, renamed(inner, names), renamed(rest, names))
        case _:
            return draw
