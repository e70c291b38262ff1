"""From a rule and a parameter to a draw with every number known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw
from ms_initkit.draws.moments import Moments, moments
from ms_initkit.formulas.fans import Fans
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.parts import PartsSpec
from ms_initkit.language.rules import KeepSpec, Rule
from ms_initkit.language.selectors import Selector
from ms_initkit.language.sources import FromSpec
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.check import refusal
from ms_initkit.plans.drawn import Drawn, drawn, drawn_in_blocks, drawn_in_parts
from ms_initkit.plans.likes import Waiting
from ms_initkit.plans.setting import Captured, Environment, Setting
from ms_initkit.plans.site import Tensor
from ms_initkit.plans.sources import Sources
from ms_initkit.plans.steps import after_steps
from ms_initkit.plans.variables import VariableValue
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import CELL, Value


@record
class Resolution:
    """What one rule makes of one parameter; ``before`` is the draw that its steps begin with."""

    initializer: str
    draw: Draw
    fans: Fans | None
    moments: Moments
    before: Draw


@record
class _Used:
    """What the expressions of a rule use: names, the variables among them, and whether options of cells are."""

    names: frozenset[str]
    values: Mapping[str, VariableValue]
    has_options: bool


@dataclass
class Resolver:
    """Resolves rules under ``values`` of the variables; equal questions are answered once."""

    values: Mapping[str, VariableValue]
    kept: Resolution = field(
        default_factory=lambda: Resolution("keep", draws.Keep(), None, moments(draws.Keep(), ()), draws.Keep())
    )
    sources: Sources = field(default_factory=Sources)
    _known: dict[object, Resolution | ValueError] = field(default_factory=dict)
    _used: dict[int, _Used] = field(default_factory=dict)  # by the identities of rules

    def resolve(self, rule: Rule, info: ParamInfo, owner: Owner) -> Resolution:
        """Returns what ``rule`` makes of ``info``, which it selects as ``owner``'s.

        Raises:
            ValueError: If it cannot: no fans, an expression without a value, a shape that the formula refuses.
        """
        used = self._used_by(rule)
        captured: Captured = rule.match.capture(owner.name) if used.names or isinstance(rule.action, FromSpec) else {}
        if used.has_options:
            captured = {**captured, **_options(owner, used.names)}
        if isinstance(rule.action, FromSpec):
            return self._loaded(rule, info, owner, captured)
        key = (
            id(rule),
            tuple((name, value) for name, value in captured.items() if name in used.names),
            info.shape,
            info.dtype,
            owner.groups,
            owner.is_transposed,
            owner.leaf,
            owner.siblings,
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._answered(rule, info, owner, captured)
        if isinstance(found, ValueError):
            raise found.with_traceback(None)  # which would grow with every parameter that has this answer
        return found

    def _used_by(self, rule: Rule) -> _Used:
        found = self._used.get(id(rule))
        if found is None:
            names = rule.names
            values = {name: self.values[name] for name in names if name in self.values}
            found = self._used[id(rule)] = _Used(names, values, any(name.startswith(CELL) for name in names))
        return found

    def _answered(self, rule: Rule, info: ParamInfo, owner: Owner, captured: Captured) -> Resolution | ValueError:
        try:
            return self._resolve(rule, info, owner, captured)
        except ValueError as error:
            return error

    def has_values(self, rule: Rule, info: ParamInfo, owner: Owner) -> bool:
        """Returns whether the file of ``rule`` has what it is to give ``info``."""
        return self.sources.find(rule, info, rule.match.capture(owner.name)).is_there

    def taken(self, waiting: Waiting, source: Draw, shape: tuple[int, ...]) -> Draw:
        """Returns what a rule makes of ``source``, values of ``shape`` that a parameter takes from another one.

        Raises:
            ValueError: If the shapes do not fit, an expression has no value, or a place is none.
        """
        rule, info, owner = waiting.rule, waiting.info, waiting.owner
        captured = {**rule.match.capture(owner.name), **_options(owner, rule.names)}
        fitted = _fitted(rule, source, shape, self._setting(rule, captured, Tensor.of(info, owner, None)))
        shape = shape if rule.fit is None else info.shape
        at = self._setting(rule, captured, Tensor.of(info, owner, rule.fans))
        draw = after_steps(rule, fitted, shape, at, f"{owner.name}.")
        _refuse(draw, info)
        return draw

    def holds(self, condition: Expression, match: Selector, info: ParamInfo, owner: Owner) -> bool:
        """Returns whether a rule's ``where`` is true of ``info``, which ``match`` selects as ``owner``'s.

        Raises:
            ValueError: If the condition has no value.
        """
        environment: Environment = {name: self.values[name] for name in condition.names if name in self.values}
        environment |= {"shape": info.shape, "ndim": len(info.shape)}
        environment |= match.capture(owner.name)
        environment |= _options(owner, condition.names)
        return bool(condition.evaluate(environment))

    def _resolve(self, rule: Rule, info: ParamInfo, owner: Owner, captured: Captured) -> Resolution:
        if isinstance(rule.action, KeepSpec) and not rule.then:
            return self.kept
        at = self._setting(rule, captured, Tensor.of(info, owner, rule.fans))
        made = _made(rule, at)
        return _resolution(rule, info, at, made, after_steps(rule, made.draw, info.shape, at))

    def _loaded(self, rule: Rule, info: ParamInfo, owner: Owner, captured: Captured) -> Resolution:
        lookup = self.sources.find(rule, info, captured)
        loaded: Draw = draws.Loaded(lookup.path, lookup.key)
        text, shape = f"from {lookup.path} [{lookup.key}]", info.shape
        if lookup.shape is not None and lookup.shape != info.shape:
            if rule.fit is not None:
                loaded = _fitted(
                    rule, loaded, lookup.shape, self._setting(rule, captured, Tensor.of(info, owner, None))
                )
                text += f", {rule.fit.text(lookup.shape, info.shape)}"
            elif any(step.is_reducing for step in rule.then):
                shape = lookup.shape
        at = self._setting(rule, captured, Tensor(info.shape, info.owners[0]))
        return _resolution(rule, info, at, Drawn(text, loaded, None), after_steps(rule, loaded, shape, at))

    def _setting(self, rule: Rule, captured: Captured, tensor: Tensor) -> Setting:
        return Setting(self._used_by(rule).values, captured, tensor, rule.fans)


def _made(rule: Rule, at: Setting) -> Drawn:
    """Returns what the steps of a rule that loads nothing begin with."""
    match rule.action:
        case KeepSpec():
            return Drawn("keep", draws.There(), None)
        case PartsSpec() as parts:
            return drawn_in_parts(parts, at)
        case InitSpec() as spec:
            return drawn(spec, at) if rule.blocks is None else drawn_in_blocks(spec, rule.blocks, at)
        case action:
            raise TypeError(f"{action!r} takes values from elsewhere")


def _resolution(rule: Rule, info: ParamInfo, at: Setting, made: Drawn, draw: Draw) -> Resolution:
    """Returns how a plan has ``draw``, which the rule's steps have made of what was ``made``."""
    _refuse(draw, info)
    text = made.text + rule.then_text + _read_off(at.captured)
    return Resolution(text, draw, made.fans, moments(draw, info.shape), made.draw)


def _fitted(rule: Rule, source: Draw, shape: tuple[int, ...], at: Setting) -> Draw:
    """Returns what the rule's ``fit`` makes of ``source``, values of ``shape``, for the tensor."""
    tensor = at.tensor
    if rule.fit is None or shape == tensor.shape:
        return source
    # What is added to a tensor is drawn as the tensor would be: with its fans, not those of the part.
    whole = tensor.shape if tensor.weight_shape is None else tensor.weight_shape

    def own(spec: InitSpec, part: tuple[int, ...]) -> Draw:
        return drawn(spec, replace(at, tensor=replace(tensor, shape=part, weight_shape=whole))).draw

    return rule.fit.draw(source, shape, tensor.shape, own)


def _options(owner: Owner, used: frozenset[str]) -> dict[str, Value]:
    """Returns the options of the owner's cell that ``used`` names, as expressions name them.

    Raises:
        ValueError: If the cell has one of them not, or None.
    """
    found: dict[str, Value] = {CELL + name: value for name, value in owner.options if CELL + name in used}
    for name in sorted(used):
        if name.startswith(CELL) and name not in found:
            cell = f"its cell {owner.cell[0]}" if owner.cell else "its cell, which is not known,"
            option = name.removeprefix(CELL)
            raise ValueError(f"{cell} has no {option!r}; `has: {option}` in `match` selects those that have one")
    return found


def _read_off(captured: Captured) -> str:
    """Returns what was read off the cell, for a plan's line."""
    read = ", ".join(f"{name}={value}" for name, value in captured.items() if name.startswith(CELL))
    return f" with {read}" if read else ""


def _refuse(draw: Draw, info: ParamInfo) -> None:
    refused = refusal(draw, info.dtype)
    if refused is not None:
        raise ValueError(refused)
