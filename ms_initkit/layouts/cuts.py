"""The kinds of cuts: each reads itself, and knows how long an axis was and what of it is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.draws.text import number
from ms_initkit.findings import Span, numbers_text
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.layouts.mesh import ranks_along
from ms_initkit.layouts.tiling import Claim, Claims
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import Value
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.nodes import Sequence as ListNode
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import (
    Fields,
    read_each,
    read_fields,
    read_integer,
    read_one_or_more,
    read_text,
    read_word,
)
from ms_initkit.syntax.schemas import Key, Table

Environment: TypeAlias = Mapping[str, Value]
Ratio: TypeAlias = Expression | tuple[Expression, ...]

_MOST_BLOCKS: Final = 4096  # of which there are as many as heads, or experts


@record
class Split:
    """Even parts along ``axis``, of which the local tensor is number ``index``.

    Args:
        axis: The axis that is cut; of several cuts along one axis each cuts what the one before it left.
        parts: How many parts there are.
        index: Which one this is, from 0.
        blocks: The ratio of the consecutive blocks that are cut each on its own, such as q, k and v, or how many equal
            ones there are; None is one block.
        copies: How many neighbouring ranks hold the same part: one number, or one for each block.
        over: The mesh axes that ``parts`` and ``index`` count, where that is all they do.
        span: Where it stands.
    """

    axis: int
    parts: Expression
    index: Expression
    blocks: Ratio | None
    copies: tuple[Expression, ...]
    over: tuple[str, ...]
    span: Span

    KEYS: ClassVar[Table] = (
        Key("over", schemas.one_or_more(schemas.WORD), "The mesh axes over which it is cut."),
        Key("parts", schemas.EXPRESSION, "How many parts there are."),
        Key("index", schemas.EXPRESSION, "Which part this rank holds, from 0."),
        Key("blocks", schemas.EXPRESSIONS, "The ratio of blocks that are cut each on its own, or how many equal ones."),
    )

    @classmethod
    def read(cls, fields: Fields, axis: int, copies: tuple[Expression, ...], context: Context) -> Split:
        """Returns the cut that ``fields`` describe."""
        expression = partial(read_expression, scope=context.scope)
        over = fields.read("over", partial(read_one_or_more, reader=partial(_read_axis, axes=context.axes)), ())
        parts = fields.read("parts", expression, Expression("1"))
        index = fields.read("index", expression, Expression("0"))
        blocks = fields.read("blocks", partial(_read_blocks, scope=context.scope), None)
        fields.problems.settle()
        numbers = ranks_along(over.value) if over.value else (parts.value, index.value)
        return cls(axis, *numbers, blocks.value, copies, over.value, context.span)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it counts on."""
        blocks = () if self.blocks is None else self.blocks if isinstance(self.blocks, tuple) else (self.blocks,)
        return (self.parts, self.index, *blocks, *self.copies)

    def extent_before(self, length: int, environment: Environment) -> int:
        """Returns how long the axis was of which this cut left ``length``.

        Raises:
            ValueError: If no axis leaves that.
        """
        parts, _, ratio, copies = self._numbers(environment)
        share = sum(weight * times for weight, times in zip(ratio, copies, strict=True))
        extent, rest = divmod(length * sum(ratio) * parts, share)
        if rest:
            raise ValueError(
                f"axis {self.axis} of length {length} cannot be one of {parts} parts of blocks in the ratio {ratio}"
            )
        return extent

    def claims(self, extent: int, environment: Environment) -> Iterator[Claim]:
        """Yields what is left of an axis that is ``extent`` long.

        Raises:
            ValueError: If the cut does not come out even.
        """
        parts, index, ratio, copies_each = self._numbers(environment)
        total, offset = sum(ratio), 0
        for weight, copies in zip(ratio, copies_each, strict=True):
            size, rest = divmod(extent * weight, total)
            part, odd = divmod(size, parts // copies)
            if rest or odd:
                raise ValueError(
                    f"axis {self.axis} of length {extent} in blocks of the ratio {numbers_text(ratio)} "
                    f"cannot be cut into {parts} parts"
                )
            at = index // copies
            yield offset + at * part, offset + (at + 1) * part, copies
            offset += size

    def _numbers(self, environment: Environment) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
        parts = whole_number(self.parts.evaluate(environment), "parts")
        index = whole_number(self.index.evaluate(environment), "index")
        match self.blocks:
            case None:
                ratio: tuple[int, ...] = (1,)
            case tuple() as weights:
                ratio = tuple(whole_number(weight.evaluate(environment), "blocks") for weight in weights)
            case count:
                blocks = whole_number(count.evaluate(environment), "blocks")
                if blocks > _MOST_BLOCKS:
                    raise ValueError(f"there are {blocks:,} blocks, and at most {_MOST_BLOCKS:,} are read")
                ratio = (1,) * blocks
        copies = tuple(whole_number(times.evaluate(environment), "copies") for times in self.copies)
        if len(copies) == 1:
            copies *= len(ratio)
        if not ratio or min(ratio) < 1 or len(copies) != len(ratio):
            raise ValueError(
                f"blocks in the ratio {numbers_text(ratio)}, each held by {numbers_text(copies)} ranks, are no cut"
            )
        if parts < 1 or not 0 <= index < parts:
            raise ValueError(f"there is no part {index} of {parts}")
        if any(times < 1 or parts % times for times in copies):
            raise ValueError(f"{parts} parts cannot be held by {numbers_text(copies)} ranks each")
        return parts, index, ratio, copies


@record
class Stretch:
    """The elements ``start`` to ``stop`` of an axis of length ``extent``; ``copies`` ranks hold each of them."""

    axis: int
    start: Expression
    stop: Expression
    extent: Expression
    copies: Expression
    span: Span

    KEYS: ClassVar[Table] = (
        Key("start", schemas.EXPRESSION, "The first element."),
        Key("stop", schemas.EXPRESSION, "One past the last element."),
        Key("extent", schemas.EXPRESSION, "The global length of the axis."),
    )

    @classmethod
    def read(cls, fields: Fields, axis: int, copies: tuple[Expression, ...], context: Context) -> Stretch:
        """Returns the cut that ``fields`` describe."""
        expression = partial(read_expression, scope=context.scope)
        start, stop, extent = (fields.required(key.name, expression) for key in cls.KEYS)
        if "blocks" in fields:
            message = "`blocks` means nothing beside `start`"
            fields.problems.add("conflicting-keys", message, span=fields.nodes["blocks"].span)
        fields.problems.settle()
        return cls(axis, start.value, stop.value, extent.value, copies[0], context.span)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it counts on."""
        return (self.start, self.stop, self.extent, self.copies)

    @property
    def over(self) -> tuple[str, ...]:
        """The mesh axes that it counts; what stretches cover has to be looked at."""
        return ()

    def extent_before(self, length: int, environment: Environment) -> int:
        """Returns how long the axis was, of whichever ``length`` is left.

        Raises:
            ValueError: If the extent is no whole number.
        """
        del length
        return whole_number(self.extent.evaluate(environment), "extent")

    def claims(self, extent: int, environment: Environment) -> Iterator[Claim]:
        """Yields what is left of an axis that is ``extent`` long.

        Raises:
            ValueError: If it lies outside.
        """
        start, stop, whole, copies = (
            whole_number(getattr(self, name).evaluate(environment), name)
            for name in ("start", "stop", "extent", "copies")
        )
        if whole != extent or not 0 <= start < stop <= extent:
            raise ValueError(f"{start} to {stop} does not lie inside an axis of length {extent}")
        yield start, stop, copies


Cut: TypeAlias = Split | Stretch

CUT: Final[Table] = (
    Key("axis", schemas.INTEGER, "The axis that is cut.", is_required=True),
    *Split.KEYS,
    *Stretch.KEYS,
    Key("copies", schemas.EXPRESSIONS, "How many neighbouring ranks hold the same part, for all blocks or each."),
)
_WAYS: Final = (("over",), ("parts", "index"), ("start", "stop", "extent"))


@record
class Context:
    """What a cut may speak of where it stands: names of expressions, and the mesh axes (none if they are unknown)."""

    scope: Scope
    axes: tuple[str, ...]
    span: Span


def read_cut(node: Node, what: str, scope: Scope, axes: tuple[str, ...]) -> Cut:
    """Returns the cut of ``node``: over mesh axes, by number of parts, or by its elements."""
    problems = Problems()
    fields = read_fields(node, CUT, what, problems)
    axis = fields.required("axis", read_integer)
    expression = partial(read_expression, scope=scope)
    copies = fields.read("copies", partial(read_one_or_more, reader=expression), (Expression("1"),))
    given = [way for way in _WAYS if any(key in fields for key in way)]
    if len(given) != 1 or any(key not in fields for key in given[0]):
        shown = "`over`, or `parts` and `index`, or `start`, `stop` and `extent`"
        problems.add("conflicting-keys" if len(given) > 1 else "missing-key", f"{what} has {shown}", span=node.span)
    problems.settle()
    kind: type[Cut] = Stretch if "start" in fields else Split
    return kind.read(fields, axis.value, copies.value, Context(scope, axes, node.span))


def global_shape(cuts: Sequence[Cut], local: tuple[int, ...], environment: Environment) -> tuple[int, ...]:
    """Returns the shape that a tensor had before ``cuts`` left ``local`` of it.

    Raises:
        ValueError: If no tensor leaves it.
    """
    shape = list(local)
    for cut in reversed(cuts):
        axis = _axis(cut, len(local))
        shape[axis] = cut.extent_before(shape[axis], environment)
    return tuple(shape)


def claims(cuts: Sequence[Cut], shape: tuple[int, ...], environment: Environment) -> Claims:
    """Returns what ``cuts`` leave of every axis.

    Raises:
        ValueError: If a cut does not come out even, or lies outside.
    """
    axes = [[(0, extent, 1)] for extent in shape]
    for cut in cuts:
        axis = _axis(cut, len(shape))
        extent = sum(stop - start for start, stop, _ in axes[axis])
        axes[axis] = [
            claim
            for start, stop, copies in cut.claims(extent, environment)
            for claim in _take(axes[axis], start, stop, copies)
        ]
    return tuple(map(tuple, axes))


def tile_by_construction(cuts: Sequence[Cut]) -> bool:
    """Returns whether the cuts are even parts over different mesh axes: then nothing is left out or held twice."""
    counted = [axis for cut in cuts for axis in cut.over]
    return all(cut.over for cut in cuts) and len(set(counted)) == len(counted)


def whole_number(value: float, what: str) -> int:
    """Returns ``value`` as an integer.

    Raises:
        ValueError: If it is none.
    """
    if value != int(value):
        raise ValueError(f"{what} must be whole, not {number(value)}")
    return int(value)


def _take(claims: Sequence[Claim], start: int, stop: int, copies: int) -> Iterator[Claim]:
    offset = 0
    for first, last, times in claims:
        low, high = max(start - offset, 0), min(stop - offset, last - first)
        if low < high:
            yield first + low, first + high, times * copies
        offset += last - first


def _axis(cut: Cut, ndim: int) -> int:
    if not -ndim <= cut.axis < ndim:
        raise ValueError(f"a tensor of {ndim} axes has no axis {cut.axis}")
    return cut.axis % ndim


def _read_axis(node: Node, what: str, axes: tuple[str, ...]) -> str:
    return read_word(node, what, axes) if axes else read_text(node, what)


def _read_blocks(node: Node, what: str, scope: Scope) -> Ratio:
    expression = partial(read_expression, scope=scope)
    return read_each(node, what, expression) if isinstance(node, ListNode) else expression(node, what)
