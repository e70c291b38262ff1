"""What a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ALIKE: Final = 0.6
_LONGEST: Final = 80  # difflib is quadratic, and nothing longer is a misspelling
_MOST: Final = 40_000  # comparisons: half a second, of words that are alike

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def few_guesses() -> Iterator[None]:
    """Bounds what is spent on guesses inside: of thousands of misspelt words, the last are not guessed."""
    token = _left.set([_MOST])
    try:
        yield
    finally:
        _left.reset(token)


def did_you_mean(word: str, choices: Iterable[str], *, alike: float = _ALIKE) -> str | None:
    """Returns the choice most like ``word``, or None where none is like it.

    Args:
        word: As it was written.
        choices: What it may be.
        alike: The least share of common letters, from 0 to 1.
    """
    if len(word) > _LONGEST:
        return None
    left = _left.get()
    if left is not None and left[0] < 0:
        return None
    words = list(choices)
    if left is not None:
        left[0] -= len(words)
        if left[0] < 0:
            return None
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=alike)), None)


def suggestion(word: str, choices: Iterable[str]) -> str | None:
    """Returns the question ``did you mean '...'?``, or None where no choice is like ``word``."""
    guess = did_you_mean(word, choices)
    return None if guess is None else f"did you mean {guess!r}?"
