"""Which rules select a parameter.

A network has few kinds of parameters: names that differ only in their indices, in cells of one class, of one shape.
Each kind is held against the rules once: the cost is linear in parameters and nearly independent of the rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ms_initkit.language.recipe import Rule, Selector
    from ms_initkit.networks.params import Owner, ParamInfo

# Rules that select a parameter, each with the number of the first owner that it selects it by.
Candidates: TypeAlias = "tuple[tuple[Rule, int], ...]"

_INDEX: Final = re.compile(r"(?:(?<=\.)|^)\d+(?=\.|$)")


@dataclass
class Matcher:
    """Holds parameters against ``rules``, in order."""

    rules: tuple[Rule, ...]
    _by_kind: dict[object, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _blind: tuple[int, ...] = ()
    _sighted: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Sorts the rules by whether they can tell one index from another."""
        numbers = range(len(self.rules))
        self._blind = tuple(n for n in numbers if _is_digit_blind(self.rules[n].match))
        self._sighted = tuple(n for n in numbers if n not in set(self._blind))

    def candidates(self, info: ParamInfo) -> Candidates:
        """Returns every rule that selects ``info``, in order."""
        kind = (
            tuple((_INDEX.sub("0", owner.name), owner.leaf, owner.cell) for owner in info.owners),
            info.shape,
            info.dtype,
            info.is_trainable,
        )
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = self._select(self._blind, info)
        if self._sighted:
            found = tuple(sorted((*found, *self._select(self._sighted, info))))
        return tuple((self.rules[n], owner) for n, owner in found)

    def _select(self, numbers: Sequence[int], info: ParamInfo) -> tuple[tuple[int, int], ...]:
        selected = ((n, selecting_owner(self.rules[n].match, info)) for n in numbers)
        return tuple((n, owner) for n, owner in selected if owner is not None)


def selecting_owner(selector: Selector, info: ParamInfo) -> int | None:
    """Returns the number of the first owner under which ``selector`` selects ``info``; None if there is none."""
    if selector.trainable != "any" and selector.trainable != info.is_trainable:
        return None
    if selector.ndims is not None and len(info.shape) not in selector.ndims:
        return None
    if selector.dtypes is not None and info.dtype not in selector.dtypes:
        return None
    if selector.shape is not None and not _has_shape(selector.shape, info.shape):
        return None
    for number, owner in enumerate(info.owners):
        if _selects_owner(selector, owner):
            return number
    return None


def captures(selector: Selector, name: str) -> dict[str, int]:
    """Returns what the selector's globs or pattern capture in ``name``, which it selects."""
    for glob in selector.names or ():
        found = glob.match(name)
        if found is not None:
            return dict(found)
    if selector.regex is not None:
        match = re.fullmatch(selector.regex, name)
        if match is not None:
            return {key: int(text) for key, text in match.groupdict().items() if text and text.isdecimal()}
    return {}


def _has_shape(wanted: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    return len(wanted) == len(shape) and all(
        extent in (None, actual) for extent, actual in zip(wanted, shape, strict=True)
    )


def _selects_owner(selector: Selector, owner: Owner) -> bool:
    return (
        (selector.cells is None or any(_is_cell(pattern, owner.cell) for pattern in selector.cells))
        and (selector.leaves is None or any(leaf.match(owner.leaf) is not None for leaf in selector.leaves))
        and (selector.names is None or any(glob.match(owner.name) is not None for glob in selector.names))
        and (selector.regex is None or re.fullmatch(selector.regex, owner.name) is not None)
    )


@lru_cache(maxsize=4096)
def _is_cell(pattern: str, cell: tuple[str, ...]) -> bool:
    """Returns whether a class of the MRO is called ``pattern``, in which ``*`` stands for any text."""
    return any(fnmatchcase(name, pattern) for name in cell)


def _is_digit_blind(selector: Selector) -> bool:
    return selector.regex is None and all(glob.is_digit_blind for glob in selector.names or ())
