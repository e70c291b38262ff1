"""Whether all ranks of a layout together hold the whole model: every element, as often as is declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

from ms_initkit.findings import Finding
from ms_initkit.layouts.placer import Placer
from ms_initkit.layouts.rules import Layout, Position
from ms_initkit.layouts.tiling import Claims, misfit
from ms_initkit.networks.params import ParamInfo


@dataclass
class _Holders:
    """Who holds one global parameter: by rule and by the ranks that decide the slice, what is held."""

    shape: tuple[int, ...]
    example: str
    claims: dict[str, dict[tuple[int, ...], Claims]] = field(default_factory=dict)

    def misfit(self, known: dict[object, str | None]) -> str | None:
        """Returns what is wrong; each rule may hold the whole by itself, or all of them together.

        Layers are alike: the placer gives all of them the same claims, so ``known`` remembers answers by identity.
        """
        alone = []
        for parts in self.claims.values():
            key = (self.shape, tuple(map(id, parts.values())))
            if key not in known:
                known[key] = misfit(self.shape, parts.values())
            alone.append(known[key])
        if len(alone) > 1 and any(alone):
            return misfit(self.shape, [claims for parts in self.claims.values() for claims in parts.values()])
        return next((problem for problem in alone if problem is not None), None)


def check_ownership(
    layout: Layout, parameters_of: Callable[[Position], Sequence[ParamInfo]], model: Sequence[ParamInfo] | None = None
) -> tuple[Finding, ...]:
    """Returns what the ranks of ``layout`` leave out, or hold more often than declared; empty if all is well.

    A slice is declared to be held by all ranks that differ only along mesh axes of which its rule does not speak, times
    its ``copies``.

    Args:
        layout: The layout.
        parameters_of: The parameters of each rank; ranks with the same ones should get the same object.
        model: The parameters of the whole model; the layout's own if left out. Without any, a parameter that no rank
            holds is not missed.
    """
    placer = Placer(layout)
    held: dict[str, _Holders] = {}
    findings: dict[str, Finding] = {}
    for coordinates in product(*(range(size) for _, size in layout.mesh)):
        position = Position(layout, coordinates)
        infos = parameters_of(position)
        placed, found = placer.place(position, infos, strict=True)
        findings |= {finding.message: finding for finding in found if finding.severity == "error"}
        if len(placed) != len(infos):
            continue
        for info, part in zip(infos, placed, strict=True):
            holders = held.get(part.names[0])
            if holders is None:
                holders = held[part.names[0]] = _Holders(part.holding.shape, info.name)
            if holders.shape != part.holding.shape:
                message = f"{part.names[0]!r} is {holders.shape} on one rank and {part.holding.shape} on {position}"
                findings.setdefault(message, Finding.error("shape-mismatch", message))
                continue
            holders.claims.setdefault(part.rule, {}).setdefault(part.holding.ranks, part.holding.claims)
    listed = list(findings.values())
    known: dict[object, str | None] = {}
    for name, holders in held.items():
        problem = holders.misfit(known)
        if problem is not None:
            listed.append(Finding.error("uncovered-elements", f"{name!r} {holders.shape}: {problem}"))
    return (*listed, *_compare(held, layout.model if model is None else model))


def _compare(held: dict[str, _Holders], model: Sequence[ParamInfo] | None) -> list[Finding]:
    if model is None:
        return []
    findings = []
    known = {name: info.shape for info in model for name in info.names}
    for info in model:
        if not any(name in held for name in info.names):
            findings.append(Finding.error("unowned-parameter", f"no rank holds a part of {info.name!r} {info.shape}"))
    for name, holders in held.items():
        if name not in known:
            message = f"{holders.example!r} is part of {name!r}, which the model has not"
            findings.append(Finding.error("unknown-parameter", message))
        elif known[name] != holders.shape:
            message = f"{name!r} would be {holders.shape}, and the model's is {known[name]}"
            findings.append(Finding.error("shape-mismatch", message))
    return findings
