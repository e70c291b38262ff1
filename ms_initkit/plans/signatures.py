"""Families told by names and shapes: where in a network a family's signature stands, and how much of it that is. Pure.

A signature's globs begin with ``**``, which stands for the root, the name of the family's network in the whole: all of
them must match below the same one. The family's body is what stands with them there: all layers, if one is asked for. A
network holds more, such as heads, but what is mostly something else, as a pair of towers of which one is a BERT, is
not of the family.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.language.audience import Sign
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.globs import Glob

# The part of a network's parameters that the family's body is at least.
_MOST: Final = 0.75
# A segment of a name that is a number: layers differ in their numbers alone.
_DIGITS: Final = re.compile(r"(?<![^.])[0-9]+(?![^.])")
_ANYWHERE: Final = "**."
_ROOT: Final = "root"


@record
class Names:
    """The kinds of names in a network, numbers made equal.

    Args:
        kinds: The parameters of each kind, under whichever of their names.
        counts: How many parameters there are of each kind, under their first names.
    """

    kinds: Mapping[str, Sequence[ParamInfo]]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, infos: Iterable[ParamInfo]) -> Names:
        """Returns the names of ``infos``."""
        kinds: dict[str, list[ParamInfo]] = {}
        counts: Counter[str] = Counter()
        for info in infos:
            counts[_kind(info.name)] += 1
            for name in info.names:
                kinds.setdefault(_kind(name), []).append(info)
        return cls(kinds, counts)


@record
class Standing:
    """Where a signature stands in a network.

    Args:
        roots: The names below which all of it is; an empty one is the network itself.
        inside: How many of the network's parameters are of the body there.
        total: How many it has.
    """

    roots: tuple[str, ...]
    inside: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether the network is of the family, rather than one that holds a network of it."""
        return self.inside >= _MOST * self.total


def standing(signature: Sequence[Sign], names: Names) -> Standing | None:
    """Returns where ``signature`` stands among ``names``; None if it is empty, or not all of it is there."""
    branches = [_branches(sign, names) for sign in signature]
    if not branches:
        return None
    roots = sorted(frozenset.intersection(*(frozenset(one) for one in branches)))
    if not roots:
        return None
    body = tuple(branch for one in branches for root in roots for branch in one[root])
    inside = sum(count for name, count in names.counts.items() if f"{name}.".startswith(body))
    return Standing(tuple(roots), inside, sum(names.counts.values()))


def _branches(sign: Sign, names: Names) -> Mapping[str, frozenset[str]]:
    """Returns the roots below which ``sign`` is, each with the beginnings of names, up to a dot, that lead to it."""
    glob = _rooted(sign.glob.text)
    found: dict[str, frozenset[str]] = {}
    for name, infos in names.kinds.items():
        captured = glob.match(name)
        if captured is not None and (sign.shape is None or any(map(sign.shape.selects, infos))):
            root = str(dict(captured).get(_ROOT, ""))
            start = f"{root}." if root else ""
            branch = start + name.removeprefix(start).partition(".")[0] + "."
            found[root] = found.get(root, frozenset()) | {branch}
    return found


@lru_cache(maxsize=1024)
def _rooted(text: str) -> Glob:
    """Returns a glob that also tells what its first ``**`` stands for."""
    is_anywhere = text.startswith(_ANYWHERE)
    return Glob(f"{{{_ROOT}:**}}.{text.removeprefix(_ANYWHERE)}" if is_anywhere else text)


def _kind(name: str) -> str:
    return _DIGITS.sub("0", name)
