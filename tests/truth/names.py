"""Which parameter of a MindSpore network is which of the reference's: by name, by the end of the name, by shape."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from math import prod
from typing import Final, TypeAlias

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

_WEIGHT_NORM: Final = re.compile(r"weight_([gv])$")
_LEAVES: Final = {
    "gamma": "weight",
    "beta": "bias",
    "embedding_table": "weight",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
    "weight_g": "parametrizations.weight.original0",
    "weight_v": "parametrizations.weight.original1",
}
# Parts that wrap a network, and come and go between versions.
_WRAPPERS: Final = re.compile(
    r"\b(model|language_model|vision_tower|vision_model|text_model|transformer|module|base_model|backbone)\."
)
# Layers that one side has as several and the other as one.
_FUSED: Final = (
    (r"\.experts\.\d+\.(?:gate_proj|up_proj|w1|w3|input_linear)\.weight$", ".experts.gate_up_proj"),
    (r"\.experts\.\d+\.(?:down_proj|w2|output_linear)\.weight$", ".experts.down_proj"),
    (r"\.experts\.\d+\.(?:gate_proj|up_proj|w1|w3)\.bias$", ".experts.gate_up_proj_bias"),
    (r"\.experts\.\d+\.(?:down_proj|w2)\.bias$", ".experts.down_proj_bias"),
    (r"\.input_linear\.weight$", ".experts.gate_up_proj"),
    (r"\.output_linear\.weight$", ".experts.down_proj"),
    (r"\.(?:q|k)\.weight$", ".qk.weight"),
    (r"\.(?:q|k|v|kv|q_proj|k_proj|v_proj|query|key|value)\.(weight|bias)$", r".qkv.\1"),
)
_PLACES: Final = ((r"\.block_sparse_moe\.", ".mlp."), (r"\.experts\.", ".mlp.experts."), (r"\.feed_forward\.", ".mlp."))


def normal(name: str) -> str:
    """Returns a name with its last part as torch calls it."""
    head, _, leaf = name.rpartition(".")
    return f"{head}.{_LEAVES.get(leaf, leaf)}".lstrip(".")


def _parametrized(found: re.Match[str]) -> str:
    return _LEAVES[found.group()]


def generic(name: str) -> str:
    """Returns a name with ``{}`` for each index."""
    return re.sub(r"(?<![^.])\d+(?![^.])", "{}", name)


def pair(
    ours: Shapes, theirs: Shapes, changes: Mapping[str, str], is_alike: Callable[[list[str]], bool]
) -> dict[str, str]:
    """Returns the reference's name for each of our names that has one; several may have the same.

    Args:
        ours: Shapes by name, in the network's order.
        theirs: Likewise of the reference.
        changes: Regular expressions with replacements, tried on our names first.
        is_alike: Whether the reference draws these parameters from one law.
    """
    pairing = _Pairing(ours, theirs, {name: _changed(normal(name), changes) for name in ours})
    pairing.as_they_are()
    # A gamma may be a norm's weight or a gamma there, too.
    pairing.spelled({name: _changed(name, changes) for name in ours}).by_key(unwrapped, is_shaped=False)
    pairing.by_key(lambda name: name, is_shaped=False)
    pairing.by_key(unwrapped, is_shaped=False)
    for depth in (4, 3, 2, 1):
        pairing.by_key(partial(_end, depth), is_shaped=True)
    pairing.by_key(_leaf, is_shaped=True)
    pairing.fused()
    pairing.by_law(is_alike)
    return pairing.found


def unwrapped(name: str) -> str:
    """Returns a name without the parts that wrap a network."""
    return _WRAPPERS.sub("", name)


def _end(depth: int, name: str) -> str:
    return ".".join(name.split(".")[-depth:])


def _leaf(name: str) -> str:
    leaf = name.rpartition(".")[2]
    return leaf if leaf in ("weight", "bias", "running_mean", "running_var") else ""


def _changed(name: str, changes: Mapping[str, str]) -> str:
    for pattern, replacement in changes.items():
        name = re.sub(pattern, replacement, name)
    return name


class _Pairing:
    """What is found and what is left."""

    def __init__(self, ours: Shapes, theirs: Shapes, asked: Mapping[str, str]) -> None:
        self.ours = ours
        self.theirs = theirs
        self.asked = asked
        # Weight normalisation has two spellings in torch.
        self.known = {name: _WEIGHT_NORM.sub(_parametrized, name) for name in theirs}
        self.found: dict[str, str] = {}
        self.left = dict.fromkeys(theirs)

    def spelled(self, asked: Mapping[str, str]) -> _Pairing:
        """Returns the same pairing under another spelling of our names."""
        other = _Pairing(self.ours, self.theirs, asked)
        other.found, other.left = self.found, self.left
        return other

    def as_they_are(self) -> None:
        """Pairs names that are the same."""
        for name, shape in self.ours.items():
            if prod(shape) == prod(self.theirs.get(name, (0,))):
                self.found[name] = name
                self.left.pop(name)

    def by_key(self, key: Callable[[str], str], *, is_shaped: bool) -> None:
        """Pairs names of one key, in order, where both sides have as many (of one shape)."""
        mine = self._grouped(
            (name for name in self.ours if name not in self.found), key, is_shaped=is_shaped, is_ours=True
        )
        others = self._grouped(self.left, key, is_shaped=is_shaped, is_ours=False)
        for group, names in mine.items():
            wanted = others.get(group, [])
            if len(names) != len(wanted):
                continue
            for name, other in zip(names, wanted, strict=True):
                if prod(self.ours[name]) == prod(self.theirs[other]):
                    self.found[name] = other
                    self.left.pop(other)

    def _missing(self) -> list[str]:
        return [name for name in self.ours if name not in self.found]

    def _grouped(
        self, names: Iterable[str], key: Callable[[str], str], *, is_shaped: bool, is_ours: bool
    ) -> dict[tuple[str, tuple[int, ...] | None], list[str]]:
        groups: dict[tuple[str, tuple[int, ...] | None], list[str]] = defaultdict(list)
        for name in names:
            shape = (self.ours if is_ours else self.theirs)[name]
            group = key(self.asked[name] if is_ours else self.known[name])
            groups[group, squeezed(shape) if is_shaped else None].append(name)
        return groups

    def by_law(self, is_alike: Callable[[list[str]], bool]) -> None:
        """Pairs what is left with parameters of the same leaf and shape, where these are all of one law."""
        others = self._grouped(self.theirs, _leaf, is_shaped=True, is_ours=False)
        mine = self._grouped(
            (name for name in self.ours if name not in self.found), _leaf, is_shaped=True, is_ours=True
        )
        for group, names in mine.items():
            wanted = others.get(group)
            if group[0] and wanted and is_alike(wanted):
                for place, name in enumerate(names):
                    self.found[name] = wanted[min(place, len(wanted) - 1)]

    def fused(self) -> None:
        """Pairs what the reference keeps stacked or side by side in one parameter."""
        for name, wanted in self.asked.items():
            if name in self.found:
                continue
            if wanted in self.theirs:
                self.found[name] = wanted
                self.left.pop(wanted, None)
                continue
            for pattern, replacement in _FUSED:
                changed = re.sub(pattern, replacement, wanted)
                if changed != wanted:
                    other = next((one for one in _elsewhere(changed) if one in self.theirs), None)
                    if other is not None:
                        self.found[name] = other
                        self.left.pop(other, None)


def _elsewhere(name: str) -> Iterable[str]:
    yield name
    for pattern, replacement in _PLACES:
        if ".mlp." not in name:
            yield re.sub(pattern, replacement, name)


def squeezed(shape: Iterable[int]) -> tuple[int, ...]:
    """Returns a shape's extents in ascending order, without ones: the same for a matrix and its transpose."""
    return tuple(sorted(extent for extent in shape if extent != 1))
