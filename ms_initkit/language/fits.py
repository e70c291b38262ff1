"""``fit``: how values of another shape, beside ``from`` or ``like``, are made to be a parameter's."""

# ruff: noqa: D102 (what each does is documented by Fit)

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final, Literal, Self, TypeAlias, get_args

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, fits
from ms_initkit.draws.windows import Shape
from ms_initkit.language.calls import InitSpec, read_initializer
from ms_initkit.language.scope import Scope
from ms_initkit.syntax import schemas
from ms_initkit.syntax.nodes import Node, Scalar
from ms_initkit.syntax.problems import Attempt, Problems
from ms_initkit.syntax.reading import listed, read_count, read_each, read_fields, read_flag, read_word
from ms_initkit.syntax.schemas import Key, Schema, Table

# Returns what an initializer draws for a part of the parameter, of this shape.
Own: TypeAlias = Callable[[InitSpec, Shape], Draw]


class ShapeError(ValueError):
    """Values of one shape cannot be made to fit another."""


class Fit(ABC):
    """One way of making values fit.

    Attributes:
        key: Its name under ``fit``.
        schema: What stands there, for editors.
        description: One sentence for an editor's tooltip.
    """

    key: ClassVar[str]
    schema: ClassVar[Schema]
    description: ClassVar[str]

    @classmethod
    @abstractmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Fit:
        """Returns what ``node`` says of it."""

    @abstractmethod
    def draw(self, source: Draw, old: Shape, new: Shape, own: Own) -> Draw:
        """Returns what a parameter of shape ``new`` is given of ``source``, which is of shape ``old``.

        Raises:
            ShapeError: If they cannot be made to fit.
        """

    @abstractmethod
    def __str__(self) -> str:
        """How it fits."""

    def text(self, old: Shape, new: Shape) -> str:
        """Returns how it fits which shape to which, for a plan's line."""
        return f"{self}: {'x'.join(map(str, old))} to {'x'.join(map(str, new))}"


@record
class Rows(Fit):
    """Rows are taken off the end, or new ones follow the old ones: their mean, or what an initializer draws."""

    key = "rows"
    schema = schemas.any_of({"const": "mean"}, schemas.INITIALIZER)
    description = "Fewer rows, or more: the new ones are the mean of the old ones, or an initializer's."

    init: InitSpec | None

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Rows:
        is_mean = isinstance(node, Scalar) and node.text == "mean"
        return cls(None if is_mean else read_initializer(node, what, scope))

    def draw(self, source: Draw, old: Shape, new: Shape, own: Own) -> Draw:
        if not old or len(old) != len(new) or old[1:] != new[1:]:
            raise ShapeError(f"`rows` fits the first axis alone, and {old} has other rows than {new}")
        if new[0] <= old[0]:
            return _made(source, fits.FirstRows(new[0]), old, new)
        more = (new[0] - old[0], *new[1:])
        mean = _made(source, fits.MeanRow(more[0]), old, more)
        return draws.Blocks(0, (old[0], more[0]), (source, mean if self.init is None else own(self.init, more)))

    def __str__(self) -> str:
        return f"rows by {'mean' if self.init is None else self.init.name}"


@record
class _ByWord(Fit):
    """A way that one word tells.

    Attributes:
        words: Those that there are.
    """

    words: ClassVar[tuple[str, ...]]

    how: str

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        del scope
        return cls(read_word(node, what, cls.words))

    def draw(self, source: Draw, old: Shape, new: Shape, own: Own) -> Draw:
        del own
        return _made(source, self.function(new), old, new)

    @abstractmethod
    def function(self, new: Shape) -> fits.Fits:
        """Returns what makes values of shape ``new``."""


_Average: TypeAlias = Literal["average", "repeat"]
_Inflation: TypeAlias = Literal["repeat", "center"]
_Side: TypeAlias = Literal["outputs", "inputs"]


@record
class Channels(_ByWord):
    """Another number of input channels, axis 1 of a convolution's weight."""

    key = "channels"
    words = get_args(_Average)
    schema = schemas.one_of(*words)
    description = "Another number of input channels: the mean of the old ones, or these in turn, rescaled."

    how: _Average

    def function(self, new: Shape) -> fits.Fits:
        return fits.Channels(self.how, _extent(new, 1))

    def __str__(self) -> str:
        return f"channels by {self.how}"


@record
class Inflate(_ByWord):
    """A 2-D kernel for a 3-D one, whose new axis is the third."""

    key = "inflate"
    words = get_args(_Inflation)
    schema = schemas.one_of(*words)
    description = "A 3-D kernel from a 2-D one: repeated and divided by their number, or in the middle, zeros around."

    how: _Inflation

    def function(self, new: Shape) -> fits.Fits:
        return fits.Inflated(self.how, _extent(new, 2))

    def __str__(self) -> str:
        return f"inflated by {self.how}"


@record
class Widen(_ByWord):
    """More units of a layer: copies of the old ones in turn, or what goes on from such copies (Net2Net)."""

    key = "widen"
    words = get_args(_Side)
    schema = schemas.one_of(*words)
    description = "More units, copies of the old ones: `outputs` (axis 0) copies, `inputs` (axis 1) shares alike."

    how: _Side

    def function(self, new: Shape) -> fits.Fits:
        return fits.Widened(self.how, _extent(new, 0 if self.how == "outputs" else 1))

    def __str__(self) -> str:
        return f"widened {self.how}"


GRID: Final[Table] = (
    Key("tokens", schemas.COUNT, "How many positions stand before the grid's, as a class token does: 0 if left out."),
    Key("antialias", schemas.FLAG, "Whether a coarser grid is made of all positions, as torch's antialias does."),
    Key("old", schemas.list_of(schemas.COUNT), "Height and width of the grid that there is; a square if left out."),
    Key("new", schemas.list_of(schemas.COUNT), "Height and width of the grid that is to be; a square if left out."),
)
_BICUBIC: Final = "bicubic"


@record
class Grid(Fit):
    """Positions on a grid of another size, by cubic convolution; what stands before the grid stays."""

    key = "grid"
    schema = schemas.any_of({"const": _BICUBIC}, schemas.mapping(GRID))
    description = "Embeddings of positions on a finer or coarser grid, interpolated (bicubic)."

    tokens: int = 0
    antialias: bool = False
    old: tuple[int, ...] | None = None
    new: tuple[int, ...] | None = None

    @classmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Grid:
        del scope
        if isinstance(node, Scalar):
            read_word(node, what, (_BICUBIC,))
            return cls()
        problems = Problems()
        fields = read_fields(node, GRID, what, problems)
        tokens = fields.read("tokens", read_count, 0)
        antialias = fields.read("antialias", read_flag, False)
        old: Attempt[tuple[int, ...] | None] = fields.read("old", _read_sides, None)
        new: Attempt[tuple[int, ...] | None] = fields.read("new", _read_sides, None)
        for name, sides in (("old", old.or_else(None)), ("new", new.or_else(None))):
            if sides is not None and len(sides) != 2:
                message, hint = f"`{name}` is height and width", "write [14, 14]"
                problems.add("wrong-type", message, span=fields.nodes[name].span, help=hint)
        problems.settle()
        return cls(tokens.value, antialias.value, old.value, new.value)

    def draw(self, source: Draw, old: Shape, new: Shape, own: Own) -> Draw:
        del own
        if min(len(old), len(new)) < 2:
            raise ShapeError(f"`grid`: positions are the last axis but one, and {old} or {new} has none")
        before, after = self._sides(self.old, "old", old), self._sides(self.new, "new", new)
        return _made(source, fits.Grid(self.tokens, before, after, self.antialias), old, new)

    def _sides(self, given: tuple[int, ...] | None, name: str, shape: Shape) -> tuple[int, int]:
        if given is not None:
            return given[0], given[1]
        side = _side(shape[-2] - self.tokens)
        if side is None:
            tokens = next((count for count in (0, 1, 2) if _side(shape[-2] - count)), None)
            hint = f"`{name}: [height, width]`" if tokens is None else f"`tokens: {tokens}`"
            raise ShapeError(f"`grid`: {shape[-2]} positions less {self.tokens} tokens are no square: say {hint}")
        return side, side

    def __str__(self) -> str:
        kept = f", {self.tokens} kept" if self.tokens else ""
        return f"grid by {_BICUBIC}{', antialiased' if self.antialias else ''}{kept}"


FITS: Final[tuple[type[Fit], ...]] = (Rows, Channels, Inflate, Grid, Widen)
_TABLE: Final[Table] = tuple(Key(fit.key, fit.schema, fit.description) for fit in FITS)
SCHEMA: Final = schemas.mapping(_TABLE) | schemas.ONE_KEY


def read_fit(node: Node, what: str, scope: Scope) -> Fit:
    """Returns how values are made to fit."""
    problems = Problems()
    fields = read_fields(node, _TABLE, what, problems)
    if len(fields.nodes) != 1 and not problems.has_failed:
        known = listed(tuple(fit.key for fit in FITS), "or")
        message = f"{what} is one of {known}, not {len(fields.nodes)} of them"
        problems.add("wrong-type", message, span=node.span)
    problems.settle()
    ((key, value),) = fields.nodes.items()
    return next(fit for fit in FITS if fit.key == key).read(value, f"`{key}`", scope)


def _side(count: int) -> int | None:
    """Returns the side of a square of so many, None if there is no such."""
    side = math.isqrt(max(count, 0))
    return side if side and side * side == count else None


def _read_sides(node: Node, what: str) -> tuple[int, ...]:
    return read_each(node, what, read_count)


def _extent(shape: Shape, axis: int) -> int:
    return shape[axis] if axis < len(shape) else 0


def _made(source: Draw, fit: fits.Fits, old: Shape, new: Shape) -> Draw:
    """Returns what ``fit`` makes of ``source``.

    Raises:
        ShapeError: If that cannot be, or is of another shape than ``new``.
    """
    problem = fit.fault(old)
    if problem is None and fit.result(old, new) != new:
        problem = f"of {old} it makes {fit.result(old, new)}, not {new}"
    if problem is not None:
        raise ShapeError(problem)
    return draws.Made(source, old, fit)
