"""The order in which values that are there are taken, so that none has been written over by then.

What is drawn or read from files needs no order: whoever takes it draws it again. What a network holds is read before it
is written over: parameters that take another one's values come first, then those that are changed where they lie, each
of which takes its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ms_initkit.findings import first_of
from ms_initkit.plans.lines import Assignment

_SHOWN: Final = 3


def is_changed(line: Assignment) -> bool:
    """Returns whether a parameter is changed where it lies: its values are made of those that it holds."""
    return "" in line.draw.takes


def in_order(lines: Sequence[Assignment]) -> list[int]:
    """Returns the numbers of the lines that take values which are there, in the order in which they are written."""
    return sorted((number for number, line in enumerate(lines) if line.draw.takes), key=lambda n: is_changed(lines[n]))


def past(lines: Sequence[Assignment]) -> list[Assignment]:
    """Returns the lines whose values depend on what an apply writes over, and that cannot be drawn again."""
    changed = {"", *(line.name for line in lines if "" in line.draw.loses)}
    return [line for line in lines if not changed.isdisjoint(line.draw.loses)]


def of_the_apply(lines: Sequence[Assignment]) -> list[Assignment]:
    """Returns the lines of which no plan knows all values: those that are ``past``, and those that keep some rows."""
    lost = {line.name for line in past(lines)}
    return [line for line in lines if line.name in lost or is_changed(line)]


def order_text(lines: Sequence[Assignment]) -> list[str]:
    """Returns what takes values that are there, in the order in which they are written; nothing if none does."""
    taking = [lines[number] for number in in_order(lines)]
    others = [f"{line.name} of {', '.join(sorted(line.draw.takes))}" for line in taking if not is_changed(line)]
    changed = [line.name for line in taking if is_changed(line)]
    steps = [("what takes values that are there", others), ("what is changed where it lies", changed)]
    said = [f"{what} ({first_of(names, _SHOWN)})" for what, names in steps if names]
    return [f"order: {', then '.join(['what is drawn', *said])}"] if said else []
