"""How numbers are written in a recipe: in decimal, and in no way that two readers take differently."""

from __future__ import annotations

import math
import re
from typing import Final

LARGEST_INTEGER: Final = 2**64

_DECIMAL: Final = re.compile(
    r"[+-]?(?:(?P<whole>[0-9]+)|(?:[0-9]+\.[0-9]*|\.[0-9]+)|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?"
)
_LEADING_ZERO: Final = re.compile(r"[+-]?0[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_OTHER_BASE: Final = re.compile(r"[+-]?0[xXoObB][0-9a-fA-F_]+")
_GROUPED: Final = re.compile(r"[+-]?(?:[0-9][0-9_.]*)?[0-9]_[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?")
_SEXAGESIMAL: Final = re.compile(r"[+-]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_FIGURE: Final = re.compile(r"[+-]?[0-9]")  # begins whatever is refused although it looks like a number
_PLAIN: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")  # what most numbers are
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_ZEROS: Final = re.compile(r"^([+-]?)0+(?=[0-9])")
_LONGEST: Final = 400  # the shortest way to write the largest float with an integer's digits is 309 long


def read_number(text: str) -> int | float | None:
    """Returns the number written as ``text``, an integer if it has neither point nor exponent, or None.

    Every way of writing a value gives the same value: ``1e-3``, ``0.001``, ``1.0E-3`` and ``.001``.
    """
    if len(text) > _LONGEST or explain_ambiguity(text) is not None:
        return None
    if _DECIMAL.fullmatch(text) is None:
        return None
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def explain_ambiguity(text: str) -> tuple[str, str] | None:
    """Returns why ``text`` is refused although it looks like a number, and what to write, or None."""
    if len(text) > _LONGEST or _FIGURE.match(text) is None or _PLAIN.fullmatch(text):
        return None
    if _LEADING_ZERO.fullmatch(text):
        plain = _ZEROS.sub(r"\1", text)
        return "a leading zero means octal to some readers of YAML and nothing to others", plain
    if _OTHER_BASE.fullmatch(text):
        return "numbers are decimal here", str(int(text.replace("_", ""), 0)) if _is_integer(text) else "it in decimal"
    if _GROUPED.fullmatch(text):
        return (
            "underscores in numbers are dropped by some readers of YAML and make text for others",
            text.replace("_", ""),
        )
    if _SEXAGESIMAL.fullmatch(text):
        return "some readers of YAML take colons for base 60", "the number in decimal"
    if re.fullmatch(_DATE, text):
        return "some readers of YAML take it for a date", f"a difference with spaces, {text.replace('-', ' - ')}"
    return None


def is_as_written(text: str, number: float) -> bool:
    """Returns whether ``number`` is finite, of 64 bits if it is whole, and not 0 only since ``text`` is too small."""
    if isinstance(number, int):
        return abs(number) < LARGEST_INTEGER
    return math.isfinite(number) and not is_lost(text, number)


def is_lost(text: str, value: float) -> bool:
    """Returns whether ``value`` is 0 although the number that is written as ``text`` is another."""
    return value == 0.0 and any(digit in "123456789" for digit in text.lower().partition("e")[0])


def _is_integer(text: str) -> bool:
    try:
        int(text, 0)
    except ValueError:
        return False
    return True
