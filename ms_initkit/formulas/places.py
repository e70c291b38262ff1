"""Arguments given by their places, in the order that another library has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from ms_initkit.formulas.kinds import Argument

_T = TypeVar("_T")
_SPREADS: Final = {"sigma", "std", "stddev"}
_ENDS: Final = ("low", "high")


def meant(known: Sequence[Argument], values: Sequence[_T], first: object) -> tuple[str, dict[str, _T]] | None:
    """Returns why ``values`` are most likely meant for other arguments than those at their places, and for which.

    torch and NumPy have the mean of a normal before its spread, and take the two ends of a uniform.

    Args:
        known: The initializer's arguments, in its own order.
        values: What is given by place.
        first: The first of these as a number, or anything else where it is not known.
    """
    names = [argument.name for argument in known]
    if not 2 <= len(values) <= len(names):
        return None
    spread, second, *rest = names
    if first == 0 and not _SPREADS.isdisjoint((spread, *known[0].aliases)):
        why = f"{spread} comes first here, and without spread every element would be the {second}"
        return why, dict(zip((second, spread, *rest), values, strict=False))
    if len(values) == 2 and tuple(names[1:3]) == _ENDS:
        return f"{spread} comes first here, not {_ENDS[0]}", dict(zip(_ENDS, values, strict=True))
    return None
