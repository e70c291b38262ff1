"""Stage place: local parameters to slices of global ones, as a layout says. Pure; no tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from ms_initkit.draws import slices as windows
from ms_initkit.findings import Finding
from ms_initkit.language.recipe import selector_text
from ms_initkit.layouts.cuts import claims, global_shape, whole_number
from ms_initkit.layouts.names import renamed
from ms_initkit.layouts.rules import RANK, SIZE, Indices, Split, Stretch
from ms_initkit.layouts.tiling import Claims, misfit
from ms_initkit.plans.match import Matcher, captures, selecting_owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ms_initkit.draws.slices import Window
    from ms_initkit.language.recipe import Rule, Selector
    from ms_initkit.layouts.rules import Cut, Layout, NameRule, Naming, PlaceRule, Position
    from ms_initkit.networks.params import Owner, ParamInfo
    from ms_initkit.syntax.expressions import Expression
    from ms_initkit.syntax.grammar import Value

Coordinates: TypeAlias = tuple[int, ...]
Axes: TypeAlias = tuple[int, ...]  # numbers of mesh axes


class Placed(NamedTuple):
    """What one local parameter is.

    Args:
        names: Its global names, the walked one first.
        shape: The global shape.
        window: The part of it that is local; None where it is the whole.
        claims: The pieces along each axis with the number of ranks that hold them; of the whole, all once.
        part: The rank along the mesh axes that decide the window: equal parts are declared to be equal.
        rule: Id of the layout's rule; empty where none selects it.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    window: Window | None
    claims: Claims
    part: Coordinates
    rule: str


class _Uses(NamedTuple):
    """What expressions depend on: mesh axes, and captures."""

    axes: Axes
    captures: frozenset[str]


class _Part(NamedTuple):
    """A local parameter that is a slice: by which rule, with which captures in its expressions."""

    rule: PlaceRule
    captured: Mapping[str, int]
    info: ParamInfo


@dataclass
class Placer:
    """Places parameters of any rank of one layout; equal questions are answered once for all ranks."""

    layout: Layout
    _axes: dict[str, frozenset[int]] = field(default_factory=dict)
    _uses: dict[int, _Uses] = field(default_factory=dict)
    _environments: dict[Coordinates, dict[str, Value]] = field(default_factory=dict)
    _matchers: dict[tuple[bool, ...], Matcher] = field(default_factory=dict)
    _names: dict[object, tuple[tuple[str, ...], tuple[NameRule, ...]]] = field(default_factory=dict)
    _cuts: dict[object, tuple[tuple[int, ...], Window | None, Claims]] = field(default_factory=dict)
    _checked: dict[object, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Finds for every variable the mesh axes on which it depends."""
        everything = frozenset(range(len(self.layout.mesh)))
        self._axes = {"rank": everything, "world_size": frozenset()}
        for number, (axis, _) in enumerate(self.layout.mesh):
            self._axes |= {axis + RANK: frozenset({number}), axis + SIZE: frozenset()}
        for variable in self.layout.variables:
            used: frozenset[str] = getattr(variable.value, "names", frozenset())
            found = {axis for name in used for axis in self._axes.get(name, ())}
            self._axes[variable.name] = frozenset(found)
        for rule in self.layout.rules:
            self._uses[id(rule)] = self._uses_of(rule.cuts, rule.shape)
        namings = (*(rule.naming for rule in self.layout.names), *(rule.naming for rule in self.layout.rules))
        for naming in namings:
            if naming is not None:
                self._uses[id(naming)] = self._uses_of(naming)

    def _uses_of(self, *things: object) -> _Uses:
        names = {name for expression in _expressions_of(*things) for name in expression.names}
        axes = {axis for name in names for axis in self._axes.get(name, ())}
        return _Uses(tuple(sorted(axes)), frozenset(names - self._axes.keys()))

    def variables(self, coordinates: Coordinates) -> dict[str, Value]:
        """Returns every variable of the layout at one place of the mesh.

        Raises:
            ValueError: If an expression has no value.
        """
        known = self._environments.get(coordinates)
        if known is not None:
            return known
        values: dict[str, Value] = {"world_size": self.layout.world_size, "rank": 0}
        for (axis, size), at in zip(self.layout.mesh, coordinates, strict=True):
            values |= {axis + SIZE: size, axis + RANK: at, "rank": cast("int", values["rank"]) * size + at}
        for variable in self.layout.variables:
            value = variable.value
            try:
                values[variable.name] = (
                    value.evaluate(values) if not isinstance(value, str | bool) else value  # type: ignore[union-attr]
                )
            except ValueError as error:
                raise ValueError(f"variable {variable.name!r} has no value: {error}") from error
        self._environments[coordinates] = values
        return values

    def shared_variables(self, coordinates: Coordinates) -> dict[str, Value]:
        """Returns the layout's own variables that are the same on every rank."""
        values = self.variables(coordinates)
        return {v.name: values[v.name] for v in self.layout.variables if not self._axes[v.name]}

    def place(
        self, position: Position, infos: Sequence[ParamInfo], *, strict: bool = True
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
        environment = self.variables(coordinates)
        names = tuple(rule for rule in self.layout.names if _is_active(rule, environment))
        matcher = self._matcher(environment)
        placed: list[Placed] = []
        won: set[str] = set()
        selected: set[str] = set()
        failures: dict[tuple[str, str], tuple[PlaceRule | NameRule, list[ParamInfo]]] = {}
        unplaced: list[ParamInfo] = []
        shared: dict[tuple[str, tuple[int, ...]], list[_Part]] = {}
        for info in infos:
            candidates = cast("tuple[tuple[PlaceRule, int], ...]", matcher.candidates(info))
            rule, owner = candidates[0] if candidates else (None, 0)
            selected.update(candidate.id for candidate, _ in candidates)
            if rule is not None:
                won.add(rule.id)
            if rule is None and self.layout.default == "error":
                unplaced.append(info)
            at: PlaceRule | NameRule | None = rule
            try:
                called, naming_rules = self._call(info, rule, names, coordinates)
                won.update(used.id for used in naming_rules)
                at = rule if rule is not None else next(iter(naming_rules), None)
                placed.append(self._cut(info, rule, owner, called, naming_rules, coordinates, shared))
            except ValueError as error:
                blamed = at if at is not None else names[0]  # without a rule there is nothing to fail
                failures.setdefault((blamed.id, str(error)), (blamed, []))[1].append(info)
        overlaps = [] if failures else _overlaps(infos, placed)
        for (_, shape), parts in shared.items():
            problem = None if failures or overlaps else self._check_tiling(shape, parts)
            if problem is not None:
                failures.setdefault((parts[0].rule.id, problem), (parts[0].rule, []))[1].append(parts[0].info)
        findings = [
            _finding("unusable-cut", f"rule {rule.id!r} cannot serve {_listed(failed)}: {message}", rule)
            for (_, message), (rule, failed) in failures.items()
        ]
        findings += overlaps
        active: list[PlaceRule | NameRule] = [*names]
        active += [rule for rule in self.layout.rules if _is_active(rule, environment)]
        findings += [
            _leftover(rule, position, is_shadowed=rule.id in selected, strict=strict)
            for rule in active
            if rule.id not in won and not rule.is_optional
        ]
        if unplaced:
            findings.append(_unplaced(unplaced, len(infos)))
        return tuple(placed), findings

    def _matcher(self, environment: Mapping[str, Value]) -> Matcher:
        active = tuple(_is_active(rule, environment) for rule in self.layout.rules)
        known = self._matchers.get(active)
        if known is None:
            rules = tuple(rule for rule, is_active in zip(self.layout.rules, active, strict=True) if is_active)
            # A matcher looks at nothing of a rule but its selector.
            known = self._matchers[active] = Matcher(cast("tuple[Rule, ...]", rules))
        return known

    # Names.

    def _call(
        self, info: ParamInfo, rule: PlaceRule | None, names: tuple[NameRule, ...], coordinates: Coordinates
    ) -> tuple[tuple[str, ...], tuple[NameRule, ...]]:
        """Returns the global names of ``info``, and the rules that gave them."""
        own = None if rule is None or rule.naming is None else rule
        namings = [*(used.naming for used in names), *([] if own is None else [own.naming])]
        axes = {axis for naming in namings for axis in self._uses[id(naming)].axes}
        key = (info, id(own), tuple(map(id, names)), self._at(tuple(sorted(axes)), coordinates))
        known = self._names.get(key)
        if known is not None:
            return known
        called, used_rules = [], []
        for owner in info.owners:
            alone = info._replace(owners=(owner,))
            if own is not None and selecting_owner(own.match, alone) is not None:
                called.append(self._rename(owner, own.match, cast("Naming", own.naming), coordinates))
                continue
            for name_rule in names:
                if selecting_owner(name_rule.match, alone) is not None:
                    used_rules.append(name_rule)
                    called.append(self._rename(owner, name_rule.match, name_rule.naming, coordinates))
                    break
            else:
                called.append(owner.name)
        self._names[key] = tuple(called), tuple(used_rules)
        return self._names[key]

    def _rename(self, owner: Owner, match: Selector, naming: Naming, coordinates: Coordinates) -> str:
        environment = {**self.variables(coordinates), **captures(match, owner.name)}
        return renamed(owner.name, match, naming, environment)

    # Slices.

    def _cut(
        self,
        info: ParamInfo,
        rule: PlaceRule | None,
        owner: int,
        names: tuple[str, ...],
        naming_rules: Sequence[NameRule],
        coordinates: Coordinates,
        shared: dict[tuple[str, tuple[int, ...]], list[_Part]],
    ) -> Placed:
        if rule is None:
            return Placed(names, info.shape, None, _uncut(info.shape), (), "")
        uses = self._uses[id(rule)]
        captured = {}
        if uses.captures:
            found = captures(rule.match, info.owners[owner].name)
            captured = {name: value for name, value in found.items() if name in uses.captures}
        part = self._at(uses.axes, coordinates)
        key = (id(rule), info.shape, tuple(captured.items()), part, tuple(map(id, naming_rules)))
        known = self._cuts.get(key)
        if known is None:
            environment = {**self.variables(coordinates), **captured}
            shape = global_shape(rule.cuts, info.shape, environment)
            _check_shape(rule, shape, environment)
            held = claims(rule.cuts, shape, environment) if rule.cuts else _uncut(shape)
            window = tuple(map(_joined, held))
            if windows.local_shape(window) != info.shape:
                raise ValueError(f"the slice {windows.text(window, shape)} of {shape} is not of shape {info.shape}")
            self._check_names(rule, naming_rules)
            known = self._cuts[key] = shape, None if window == windows.whole(shape) else window, held
        shape, part_of, held = known
        if rule.cuts:
            shared.setdefault((names[0], shape), []).append(_Part(rule, captured, info))
        return Placed(names, shape, part_of, held, part, rule.id)

    def _check_names(self, rule: PlaceRule, naming_rules: Sequence[NameRule]) -> None:
        for naming in (*(used.naming for used in naming_rules), *([] if rule.naming is None else [rule.naming])):
            for axis in self._uses[id(naming)].axes:
                if axis in self._uses[id(rule)].axes:
                    name = self.layout.mesh[axis][0]
                    raise ValueError(
                        f"the mesh axis {name!r} decides both the name and the slice: the other slices are nobody's"
                    )

    def _check_tiling(self, shape: tuple[int, ...], parts: Sequence[_Part]) -> str | None:
        """Returns what is wrong with the slices that all ranks hold of one tensor; None if they tile it.

        Other ranks are taken to have the same parameters, as far as the mesh axes go that cut this one.
        """
        if len(parts) == 1 and _tiles_by_construction(parts[0].rule.cuts):
            return None
        key = (shape, tuple((id(part.rule), tuple(part.captured.items())) for part in parts))
        if key not in self._checked:
            held = (claim for part in parts for claim in self._all_claims(part.rule, shape, part.captured))
            self._checked[key] = misfit(shape, held)
        return self._checked[key]

    def _all_claims(self, rule: PlaceRule, shape: tuple[int, ...], captured: Mapping[str, int]) -> Iterator[Claims]:
        axes = self._uses[id(rule)].axes
        sizes = [size for _, size in self.layout.mesh]
        for ranks in product(*(range(sizes[axis]) for axis in axes)):
            coordinates = [0] * len(sizes)
            for axis, at in zip(axes, ranks, strict=True):
                coordinates[axis] = at
            yield claims(rule.cuts, shape, {**self.variables(tuple(coordinates)), **captured})

    def _at(self, axes: Axes, coordinates: Coordinates) -> Coordinates:
        return tuple(coordinates[axis] for axis in axes)


def _tiles_by_construction(cuts: Sequence[Cut]) -> bool:
    """Returns whether the cuts are even parts over different mesh axes."""
    counted = [axis for cut in cuts for axis in getattr(cut, "over", ())]
    return all(isinstance(cut, Split) and cut.over for cut in cuts) and len(set(counted)) == len(counted)


def _uncut(shape: tuple[int, ...]) -> Claims:
    return tuple(((0, extent, 1),) for extent in shape)


def _check_shape(rule: PlaceRule, shape: tuple[int, ...], environment: Mapping[str, Value]) -> None:
    if rule.shape is None:
        return
    declared = tuple(None if n is None else whole_number(n.evaluate(environment), "shape") for n in rule.shape)
    if len(declared) != len(shape) or any(n not in (None, extent) for n, extent in zip(declared, shape, strict=True)):
        shown = "x".join("any" if n is None else str(n) for n in declared)
        raise ValueError(f"the cuts make a global tensor of {'x'.join(map(str, shape))}, not of {shown}")


def _is_active(rule: PlaceRule | NameRule, environment: Mapping[str, Value]) -> bool:
    return rule.when is None or bool(rule.when.evaluate(environment))


def _expressions_of(*things: object) -> Iterator[Expression]:
    """Yields every expression in cuts, namings and shapes."""
    from ms_initkit.syntax.expressions import Expression

    for thing in things:
        match thing:
            case Expression():
                yield thing
            case tuple():
                yield from _expressions_of(*thing)
            case Split():
                yield from _expressions_of(thing.parts, thing.index, thing.blocks, thing.copies)
            case Stretch():
                yield from _expressions_of(thing.start, thing.stop, thing.extent, thing.copies)
            case Indices():
                yield from _expressions_of(*(value for _, value in thing.values))
            case None | str() | int():
                pass
            case _:
                yield from _expressions_of(getattr(thing, "parts", None))


def _joined(pieces: Sequence[tuple[int, int, int]]) -> windows.Pieces:
    plain = tuple((start, stop) for start, stop, _ in pieces)
    return windows.take(plain, 0, windows.length(plain))


def _finding(code: str, message: str, rule: PlaceRule | NameRule | None = None) -> Finding:
    return Finding(code, message, "error", None if rule is None else rule.span)


def _leftover(rule: PlaceRule | NameRule, position: Position, *, is_shadowed: bool, strict: bool) -> Finding:
    asks = f"it asks for {selector_text(rule.match)}"
    if is_shadowed:
        message = f"rule {rule.id!r} of the layout wins no parameter of {position}: rules before it take them"
        return Finding("shadowed-rule", message, "warning", rule.match.span, (asks,), "move it up, or delete it")
    message = f"rule {rule.id!r} of the layout selects no parameter of {position}"
    hint = "correct `match`, say `when` for ranks that have none, or `optional: true`"
    return Finding("unused-rule", message, "error" if strict else "warning", rule.match.span, (asks,), hint)


def _overlaps(infos: Sequence[ParamInfo], placed: Sequence[Placed]) -> list[Finding]:
    """Returns each pair of parameters that are the same elements of one global tensor."""
    findings = []
    holders: dict[str, list[tuple[ParamInfo, Placed]]] = {}
    for info, part in zip(infos, placed, strict=True):
        for other, held in holders.get(part.names[0], ()):
            if _meet(part, held):
                findings.append(
                    Finding(
                        "ambiguous-name",
                        f"{other.name!r} and {info.name!r} are the same part of {part.names[0]!r}",
                        "error",
                        None,
                        ("two parameters with the same values are hardly meant",),
                        "give them their own global names or slices",
                    )
                )
        holders.setdefault(part.names[0], []).append((info, part))
    return findings


def _meet(one: Placed, other: Placed) -> bool:
    return len(one.claims) == len(other.claims) and all(
        any(start < last and first < stop for start, stop, _ in pieces for first, last, _ in others)
        for pieces, others in zip(one.claims, other.claims, strict=True)
    )


def _listed(infos: Sequence[ParamInfo]) -> str:
    more = f" and {len(infos) - 1} more" if len(infos) > 1 else ""
    return f"{infos[0].name!r} {infos[0].shape}{more}"


def _unplaced(infos: Sequence[ParamInfo], total: int) -> Finding:
    shown = tuple(f"{info.name} {info.shape} {info.dtype}" for info in infos[:5])
    more = (f"and {len(infos) - len(shown)} more",) if len(infos) > len(shown) else ()
    return Finding(
        "unplaced-parameter",
        f"no rule of the layout selects {len(infos)} of {total} parameters",
        "error",
        None,
        (*shown, *more),
        "add a rule; `default: whole` declares what is left whole on every rank",
    )
