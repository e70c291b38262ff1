"""How much is done for one recipe: counted in steps, the same on every machine, and bounded.

A step is a fifth of a microsecond, on one core of a machine of 2025. Whatever grows by a product (patterns by names,
alternatives by length, sets of states) says how many it takes before it takes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ms_initkit.findings import Finding, Span

# What reading a recipe may take, and holding it against a network.
READING: Final = 2_000_000
PLANNING: Final = 8_000_000

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


class TooMuchWorkError(Exception):
    """The steps that there were for a recipe are used up; whether it ``is_first`` to say so.

    It is no ``ValueError``: whoever takes those for faults of one rule or one parameter would go on.
    """

    def __init__(self, *, is_first: bool) -> None:
        super().__init__("it takes too long")
        self.is_first: Final = is_first


@contextmanager
def bounded(steps: int) -> Iterator[None]:
    """Bounds what is done inside; what is outside of any such bound is not counted."""
    token = _left.set([steps])
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    """Takes ``steps``.

    Raises:
        TooMuchWorkError: If there are not as many left.
    """
    left = _left.get()
    if left is not None:
        before = left[0]
        left[0] -= steps
        if left[0] < 0:
            raise TooMuchWorkError(is_first=before >= 0)


def pattern_too_large(span: Span) -> Finding:
    """Returns what is said of the pattern with which reading a recipe took too long."""
    message = "the patterns of this recipe take too long to read, up to this one"
    note = "every choice multiplies what is in it, and so does every counted repeat"
    return Finding.error("too-large", message, note, span=span, help="write fewer alternatives and smaller counts")


def expression_too_large(span: Span) -> Finding:
    """Returns what is said of the expression with which reading a recipe took too long."""
    message = "the expressions of this recipe take too long to read, up to this one"
    hint = "name what several have in common under `vars`, and write fewer and shorter ones"
    return Finding.error("too-large", message, span=span, help=hint)
