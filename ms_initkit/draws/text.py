"""Numbers for people."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Returns ``value`` in six significant digits, ``?`` for what is not known."""
    return "?" if value is None else f"{value:.6g}"
