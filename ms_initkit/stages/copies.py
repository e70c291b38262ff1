"""Frozen copies of what is drawn anew: a target network that would keep the values that its online network had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.findings import Finding, counted
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.plan import Plan

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


CODE: Final = "kept-copy"
# So many segments at most are the copy's own name, before what both are called.
_DEEPEST: Final = 2
# So many elements tell a copy: drawn values do not begin alike.
_FIRST: Final = 16


def kept_copies(plan: Plan, infos: Sequence[ParamInfo], net: Cell) -> Finding | None:
    """Returns a note if frozen matrices that ``plan`` keeps are copies of trainable ones that it draws.

    A copy has the other's shape, type and values, and its name after a prefix. Values are looked at only where names
    agree, which those of an ordinary frozen backbone do not.
    """
    pairs = list(_pairs(plan, infos))
    if not pairs:
        return None
    held = {info.name: one for info, one in zip(*describe_with_parameters(net, ()), strict=True)}
    copies = [pair for pair in pairs if _is_copy(held[pair[0]], held[pair[1]])]
    if not copies:
        return None
    copy, original, rest = copies[0]
    inner, outer = copy.removesuffix(rest), original.removesuffix(rest)
    many = counted(len(copies), "frozen parameter")
    message = (
        f"{many}, the first {copy!r}, will keep the values that {original!r} and its like have now: these are drawn"
    )
    rule = f'{{match: "{inner}{{rest:**}}", like: "{outer}{{rest}}"}}'
    return Finding.note("kept-copy", message, help=f"if they are to stay equal, the first rule: {rule}", parameter=copy)


def _pairs(plan: Plan, infos: Sequence[ParamInfo]) -> Iterator[tuple[str, str, str]]:
    """Yields names of frozen matrices that are kept, each with one that is drawn, and what both end with."""
    if all(info.is_trainable or len(info.shape) < 2 for info in infos):
        return
    kept = {line.name for line in plan.assignments if line.is_kept}
    matrices = [info for info in infos if len(info.shape) > 1]
    drawn: dict[tuple[str, tuple[int, ...], str], str] = {}
    for info in matrices:
        if info.is_trainable and info.name not in kept:
            for rest in _rests(info.name):
                drawn.setdefault((rest, info.shape, info.dtype), info.name)
    for info in matrices:
        if not info.is_trainable and info.name in kept:
            found = next((rest for rest in _rests(info.name) if (rest, info.shape, info.dtype) in drawn), None)
            if found is not None:
                yield info.name, drawn[found, info.shape, info.dtype], found


def _rests(name: str) -> list[str]:
    segments = name.split(".")
    return [".".join(segments[depth:]) for depth in range(1, min(_DEEPEST, len(segments) - 1) + 1)]


def _is_copy(one: Parameter, other: Parameter) -> bool:
    if one.has_init or other.has_init:
        return False
    first, second = (parameter.asnumpy().reshape(-1)[:_FIRST] for parameter in (one, other))
    return bool(np.array_equal(first, second)) and bool((first != first[:1]).any())
