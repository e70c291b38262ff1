"""Stage place: local parameters to slices of global ones, as a layout says. Pure; no tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ms_initkit.findings import Finding, Severity
from ms_initkit.layouts.mesh import Coordinates, Mesh
from ms_initkit.layouts.namer import Called, Namer
from ms_initkit.layouts.rules import Layout, NameRule, PlaceRule, Position
from ms_initkit.layouts.slicer import Holding, Sliced, Slicer, uncut
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.match import Matcher, Tally
from ms_initkit.syntax.grammar import Value


class Placed(NamedTuple):
    """What one local parameter is.

    Args:
        names: Its global names, the walked one first.
        holding: Which part of the global tensor it is.
        rule: Id of the layout's rule; empty where none selects it.
    """

    names: tuple[str, ...]
    holding: Holding
    rule: str


class Placer:
    """Places parameters of any rank of one layout; equal questions are answered once for all ranks."""

    def __init__(self, layout: Layout) -> None:
        self.layout: Final = layout
        self.mesh: Final = Mesh(layout.mesh, layout.variables)
        self._namer: Final = Namer(self.mesh)
        self._slicer: Final = Slicer(self.mesh)
        self._matchers: Final[dict[tuple[bool, ...], Matcher[PlaceRule]]] = {}

    def place(
        self, position: Position, infos: Sequence[ParamInfo], *, strict: bool
    ) -> tuple[tuple[Placed, ...], list[Finding]]:
        """Returns what each parameter of one rank is, and what is wrong.

        Args:
            position: The rank.
            infos: Its parameters, local names and shapes.
            strict: Whether leftovers (rules that select nothing) are errors; if not, they are warnings.
        """
        try:
            return self._place(position, infos, strict=strict)
        except ValueError as error:
            return (), [_finding("bad-expression", f"layout {self.layout.name!r}: {error}")]

    def _place(
        self, position: Position, infos: Sequence[ParamInfo], *, strict: bool
    ) -> tuple[tuple[Placed, ...], list[Finding]]:
        coordinates = position.coordinates
        environment = self.mesh.values_at(coordinates)
        names = tuple(rule for rule in self.layout.names if _is_active(rule, environment))
        matcher = self._matcher(environment)
        placed: list[Placed] = []
        tally: Tally[PlaceRule | NameRule] = Tally()
        shared: dict[tuple[str, tuple[int, ...]], list[Sliced]] = {}
        for info in infos:
            candidates = matcher.candidates(info)
            tally.winner(info, candidates)
            chosen = candidates[0] if candidates else None
            rule = None if chosen is None else chosen[0]
            called = Called((), ())
            try:
                called = self._namer.names(info, rule, names, coordinates)
                tally.won.update(used.id for used in called.rules)
                placed.append(self._place_one(info, chosen, called, coordinates, shared))
            except ValueError as error:  # without a rule there is nothing to fail
                tally.fail(rule if rule is not None else next(iter(called.rules), names[0]), info, error)
        overlaps = [] if tally.failures else _overlaps(infos, placed)
        if not (tally.failures or overlaps):
            self._refuse_misfits(shared, tally)
        findings = [_failure(*failure) for failure in tally.failures.values()] + overlaps
        findings += [
            _leftover(rule, position, is_shadowed=winner is not None, strict=strict)
            for rule, winner in tally.idle((*names, *matcher.rules))
            if not rule.is_optional
        ]
        if tally.unmatched and self.layout.default == "error":
            findings.append(_unplaced(tally.unmatched, len(infos)))
        return tuple(placed), findings

    def _refuse_misfits(
        self, shared: Mapping[tuple[str, tuple[int, ...]], list[Sliced]], tally: Tally[PlaceRule | NameRule]
    ) -> None:
        """Adds each global tensor that the ranks' parts do not make up."""
        for (_, shape), sliced in shared.items():
            problem = self._slicer.misfit(shape, sliced)
            if problem is not None:
                tally.fail(sliced[0].rule, sliced[0].info, ValueError(problem))

    def _matcher(self, environment: Mapping[str, Value]) -> Matcher[PlaceRule]:
        active = tuple(_is_active(rule, environment) for rule in self.layout.rules)
        known = self._matchers.get(active)
        if known is None:
            rules = tuple(rule for rule, is_active in zip(self.layout.rules, active, strict=True) if is_active)
            known = self._matchers[active] = Matcher(rules)
        return known

    def _place_one(
        self,
        info: ParamInfo,
        chosen: tuple[PlaceRule, int] | None,
        called: Called,
        coordinates: Coordinates,
        shared: dict[tuple[str, tuple[int, ...]], list[Sliced]],
    ) -> Placed:
        """Returns what ``info`` is, whose global names ``called`` tells; what is cut is noted in ``shared``."""
        if chosen is None:
            return Placed(called.names, Holding(info.shape, None, uncut(info.shape), ()), "")
        rule, owner = chosen
        sliced = self._slicer.sliced(rule, info, owner)
        namings = [used.naming for used in called.rules] + ([] if rule.naming is None else [rule.naming])
        found = self._slicer.cut(sliced, namings, coordinates)
        if rule.cuts:
            shared.setdefault((called.names[0], found.shape), []).append(sliced)
        return Placed(called.names, found, rule.id)


def _is_active(rule: PlaceRule | NameRule, environment: Mapping[str, Value]) -> bool:
    return rule.when is None or bool(rule.when.evaluate(environment))


def _finding(code: str, message: str, rule: PlaceRule | NameRule | None = None) -> Finding:
    return Finding.error(code, message) if rule is None else Finding.error(code, message, span=rule.span, rule=rule.id)


def _failure(rule: PlaceRule | NameRule, reason: ValueError, failed: Sequence[ParamInfo]) -> Finding:
    return _finding("unusable-cut", f"rule {rule.id!r} cannot serve {_listed(failed)}: {reason}", rule)


def _leftover(rule: PlaceRule | NameRule, position: Position, *, is_shadowed: bool, strict: bool) -> Finding:
    asks = f"it asks for {rule.match}"
    if is_shadowed:
        message = f"rule {rule.id!r} of the layout wins no parameter of {position}: rules before it take them"
        hint = "move it up, or delete it"
        return Finding.warning("shadowed-rule", message, asks, span=rule.match.span, help=hint, rule=rule.id)
    message = f"rule {rule.id!r} of the layout selects no parameter of {position}"
    hint = "correct `match`, say `when` for ranks that have none, or `optional: true`"
    severity: Severity = "error" if strict else "warning"
    return Finding.of(severity, "unused-rule", message, asks, span=rule.match.span, help=hint, rule=rule.id)


def _overlaps(infos: Sequence[ParamInfo], placed: Sequence[Placed]) -> list[Finding]:
    """Returns each pair of parameters that are the same elements of one global tensor."""
    findings = []
    holders: dict[str, list[tuple[ParamInfo, Placed]]] = {}
    for info, part in zip(infos, placed, strict=True):
        for other, held in holders.get(part.names[0], ()):
            if _meet(part, held):
                message = f"{other.name!r} and {info.name!r} are the same part of {part.names[0]!r}"
                note = "two parameters with the same values are hardly meant"
                hint = "give them their own global names or slices"
                findings.append(Finding.error("ambiguous-name", message, note, help=hint, parameter=info.name))
        holders.setdefault(part.names[0], []).append((info, part))
    return findings


def _meet(one: Placed, other: Placed) -> bool:
    return len(one.holding.claims) == len(other.holding.claims) and all(
        any(start < last and first < stop for start, stop, _ in claims for first, last, _ in others)
        for claims, others in zip(one.holding.claims, other.holding.claims, strict=True)
    )


def _listed(infos: Sequence[ParamInfo]) -> str:
    more = f" and {len(infos) - 1} more" if len(infos) > 1 else ""
    return f"{infos[0].name!r} {infos[0].shape}{more}"


def _unplaced(infos: Sequence[ParamInfo], total: int) -> Finding:
    shown = tuple(f"{info.name} {info.shape} {info.dtype}" for info in infos[:5])
    more = (f"and {len(infos) - len(shown)} more",) if len(infos) > len(shown) else ()
    message = f"no rule of the layout selects {len(infos)} of {total} parameters"
    hint = "add a rule; `default: whole` declares what is left whole on every rank"
    return Finding.error("unplaced-parameter", message, *shown, *more, help=hint, parameter=infos[0].name)
