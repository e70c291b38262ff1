"""Numbers for people."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = 6
_ALL_DIGITS: Final = 17  # with so many no two floats look alike


def number(value: float | None) -> str:
    """Returns ``value`` in six significant digits, ``?`` for what is not known."""
    return "?" if value is None else f"{value:.{_DIGITS}g}"


def apart(value: float, other: float) -> tuple[str, str]:
    """Returns two numbers in as many digits, six at least, as it takes to tell one from the other."""
    for digits in range(_DIGITS, _ALL_DIGITS + 1):
        one, another = f"{value:.{digits}g}", f"{other:.{digits}g}"
        if one != another:
            break
    return one, another
