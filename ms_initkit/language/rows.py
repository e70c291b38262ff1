"""``rows``: some slices of a tensor along an axis, by number or from one to another: ``3``, ``-1``, ``"50257:"``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.draws.windows import Pieces
from ms_initkit.language.scope import Scope, read_expression
from ms_initkit.syntax import schemas
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node, Scalar, Sequence
from ms_initkit.syntax.problems import failure
from ms_initkit.syntax.reading import described, read_each

_HYPHENATED: Final = re.compile(r"\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s*")
SCHEMA: Final = schemas.one_or_more(schemas.EXPRESSION)


@record
class Interval:
    """A row, or those from ``start`` to before ``stop``; left out, the first and the last."""

    start: Expression | None
    stop: Expression | None = None
    is_one: bool = True

    def of(self, length: int, index: Callable[[Expression, str], int]) -> tuple[int, int]:
        """Returns the first and the one behind the last of an axis of ``length``; ``Rows.of`` has the arguments.

        Raises:
            ValueError: If the axis has no such rows, or none is meant.
        """
        start = 0 if self.start is None else index(self.start, "a row")
        if self.is_one:
            if not -length <= start < length:
                raise ValueError(f"there is no row {start} among {length}")
            return start % length, start % length + 1
        stop = length if self.stop is None else index(self.stop, "a row")
        first, last = (end + length if end < 0 else end for end in (start, stop))
        if not 0 <= first < last <= length:
            raise ValueError(f"there are no rows {self} ({start}:{stop}) among {length}")
        return first, last

    def __str__(self) -> str:
        start, stop = ("" if end is None else str(end) for end in (self.start, self.stop))
        return start if self.is_one else f"{start}:{stop}"


@record
class Rows:
    """Slices along an axis, which one it is decides who asks."""

    intervals: tuple[Interval, ...]

    @property
    def are_single(self) -> bool:
        """Whether each is one row."""
        return all(interval.is_one for interval in self.intervals)

    def of(self, length: int, index: Callable[[Expression, str], int]) -> Pieces:
        """Returns the stretches of an axis of ``length``, in ascending order, neighbours joined.

        Args:
            length: How long the axis is.
            index: Returns the value of an expression.

        Raises:
            ValueError: If the axis has no such rows, or none is meant.
        """
        joined: list[tuple[int, int]] = []
        for start, stop in sorted(interval.of(length, index) for interval in self.intervals):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
            else:
                joined.append((start, stop))
        return tuple(joined)

    def __str__(self) -> str:
        return ", ".join(map(str, self.intervals))


def read_rows(node: Node, what: str, scope: Scope) -> Rows:
    """Returns one stretch of rows, or a list of them."""
    if isinstance(node, Sequence):
        return Rows(read_each(node, what, partial(read_interval, scope=scope)))
    return Rows((read_interval(node, what, scope),))


def read_interval(node: Node, what: str, scope: Scope) -> Interval:
    """Returns a row's number, or a stretch of rows."""
    if not isinstance(node, Scalar) or node.is_null:
        hint = 'a stretch is written in quotes: "50257:"'
        raise failure("wrong-type", f"{what} is a number of a row, not {described(node)}", span=node.span, help=hint)
    start, colon, stop = node.text.partition(":")
    if not colon:
        _refuse_hyphen(node)
        return Interval(read_expression(node, what, scope))
    ends = (_read_end(node, 0, start, what, scope), _read_end(node, len(start) + 1, stop, what, scope))
    return Interval(*ends, is_one=False)


def _refuse_hyphen(node: Scalar) -> None:
    """Raises if ``node`` is two numbers with a hyphen: as arithmetic that is a row, and nobody means it."""
    found = _HYPHENATED.fullmatch(node.text)
    if found is None:
        return
    first, last = map(int, found.groups())
    message = f"{described(node)} is arithmetic: row {first - last}"
    hint = f"write {first - last} for that row"
    if first < last:
        hint = f'write "{first}:{last + 1}" for rows {first} to {last}, "{first}:{last}" for rows up to {last - 1}'
    raise failure("bad-argument", message, "a stretch of rows is written with a colon", span=node.span, help=hint)


def _read_end(node: Scalar, begin: int, text: str, what: str, scope: Scope) -> Expression | None:
    if not text.strip():
        return None
    begin += len(text) - len(text.lstrip())
    part = Scalar(text.strip(), node.is_quoted, node.part(begin, len(text.strip())))
    return read_expression(part, what, scope)
