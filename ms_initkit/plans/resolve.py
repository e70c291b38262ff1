"""From a rule and a parameter to a draw with every number known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, get_args

from ms_initkit import draws, formulas
from ms_initkit.basis.records import record
from ms_initkit.draws.functions import Function
from ms_initkit.draws.moments import Moments, moments
from ms_initkit.formulas import fans
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans, NoFansError
from ms_initkit.formulas.members import per_member
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.parts import PartsSpec
from ms_initkit.language.rules import KeepSpec
from ms_initkit.language.sources import FromSpec
from ms_initkit.plans.check import refusal
from ms_initkit.plans.factors import rank_hint
from ms_initkit.plans.rows import refuse_strangers
from ms_initkit.plans.site import Tensor
from ms_initkit.plans.sources import Sources, numbers_of
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import CELL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.draws import Draw, Edit
    from ms_initkit.draws.functions import Functions
    from ms_initkit.language.blocks import BlocksSpec
    from ms_initkit.language.calls import ArgumentValue
    from ms_initkit.language.fans import FansSpec
    from ms_initkit.language.rules import Rule
    from ms_initkit.language.selectors import Selector
    from ms_initkit.language.step import Step
    from ms_initkit.networks.params import Owner, ParamInfo
    from ms_initkit.plans.likes import Waiting
    from ms_initkit.plans.variables import VariableValue
    from ms_initkit.syntax.grammar import Value

# What a name and its cell give to expressions: captures, and options as ``cell.NAME``.
Captured: TypeAlias = "Mapping[str, Value]"
Environment: TypeAlias = "dict[str, Value]"


@record
class Resolution:
    """What one rule makes of one parameter; ``before`` is the draw that its steps begin with."""

    initializer: str
    draw: Draw
    fans: Fans | None
    moments: Moments
    before: Draw


@dataclass
class Resolver:
    """Resolves rules under ``values`` of the variables; equal questions are answered once."""

    values: Mapping[str, VariableValue]
    kept: Resolution = field(
        default_factory=lambda: Resolution("keep", draws.Keep(), None, moments(draws.Keep(), ()), draws.Keep())
    )
    sources: Sources = field(default_factory=Sources)
    _known: dict[object, Resolution] = field(default_factory=dict)
    _names: dict[int, tuple[frozenset[str], bool]] = field(default_factory=dict)  # and whether options are among them

    def resolve(self, rule: Rule, info: ParamInfo, owner: Owner) -> Resolution:
        """Returns what ``rule`` makes of ``info``, which it selects as ``owner``'s.

        Raises:
            ValueError: If it cannot: no fans, an expression without a value, a shape that the formula refuses.
        """
        known = self._names.get(id(rule))
        if known is None:
            names = rule.names
            known = self._names[id(rule)] = (names, any(name.startswith(CELL) for name in names))
        used, has_options = known
        captured: Captured = rule.match.capture(owner.name) if used or isinstance(rule.action, FromSpec) else {}
        if has_options:
            captured = {**captured, **_options(owner, used)}
        if isinstance(rule.action, FromSpec):
            return self._loaded(rule, info, owner, captured)
        key = (
            id(rule),
            tuple((name, value) for name, value in captured.items() if name in used),
            info.shape,
            info.dtype,
            owner.groups,
            owner.is_transposed,
            owner.leaf,
            owner.siblings,
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._resolve(rule, info, owner, captured)
        return found

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
        draw = self._fitted(rule, source, shape, Tensor.of(info, owner, None), captured)
        shape = shape if rule.fit is None else info.shape
        draw = self._then(draw, shape, rule, Tensor.of(info, owner, rule.fans), _Place(captured, f"{owner.name}."))
        _refuse(draw, info)
        return draw

    def holds(self, condition: Expression, match: Selector, info: ParamInfo, owner: Owner) -> bool:
        """Returns whether a rule's ``where`` is true of ``info``, which ``match`` selects as ``owner``'s.

        Raises:
            ValueError: If the condition has no value.
        """
        environment: Environment = {**self.values, "shape": info.shape, "ndim": len(info.shape)}
        environment |= match.capture(owner.name)
        environment |= _options(owner, condition.names)
        return bool(condition.evaluate(environment))

    def _resolve(self, rule: Rule, info: ParamInfo, owner: Owner, captured: Captured) -> Resolution:
        if isinstance(rule.action, KeepSpec) and not rule.then:
            return self.kept
        tensor = Tensor.of(info, owner, rule.fans)
        text: str
        draw: Draw
        used_fans: Fans | None
        if isinstance(rule.action, KeepSpec):
            text, draw, used_fans = "keep", draws.There(), None
        elif isinstance(rule.action, PartsSpec):
            text, draw, used_fans = self._parts(rule.action, rule, tensor, captured)
        elif rule.blocks is None:
            assert isinstance(rule.action, InitSpec)
            text, draw, used_fans = self._draw(rule.action, rule, tensor, captured)
        else:
            assert isinstance(rule.action, InitSpec)
            text, draw, used_fans = self._blocks(rule.action, rule.blocks, rule, tensor, captured)
        before, draw = draw, self._then(draw, info.shape, rule, tensor, _Place(captured))
        _refuse(draw, info)
        text += rule.then_text + _read_off(captured)
        return Resolution(text, draw, used_fans, moments(draw, info.shape), before)

    def _loaded(self, rule: Rule, info: ParamInfo, owner: Owner, captured: Captured) -> Resolution:
        lookup = self.sources.find(rule, info, captured)
        draw: Draw = draws.Loaded(lookup.path, lookup.key)
        text, shape = f"from {lookup.path} [{lookup.key}]", info.shape
        if lookup.shape is not None and lookup.shape != info.shape:
            if rule.fit is not None:
                draw = self._fitted(rule, draw, lookup.shape, Tensor.of(info, owner, None), captured)
                text += f", {rule.fit.text(lookup.shape, info.shape)}"
            elif any(step.is_reducing for step in rule.then):
                shape = lookup.shape
        before, draw = draw, self._then(draw, shape, rule, Tensor(info.shape, info.owners[0]), _Place(captured))
        _refuse(draw, info)
        return Resolution(text + rule.then_text + _read_off(captured), draw, None, moments(draw, info.shape), before)

    def _fitted(self, rule: Rule, source: Draw, shape: tuple[int, ...], tensor: Tensor, captured: Captured) -> Draw:
        if rule.fit is None or shape == tensor.shape:
            return source

        def own(spec: InitSpec, part: tuple[int, ...]) -> Draw:
            # What is added to a tensor is drawn as the tensor would be: with its fans, not those of the part.
            whole = tensor.shape if tensor.weight_shape is None else tensor.weight_shape
            return self._draw(spec, rule, replace(tensor, shape=part, weight_shape=whole), captured)[1]

        return rule.fit.draw(source, shape, tensor.shape, own)

    def drawn(self, spec: InitSpec, rule: Rule, tensor: Tensor, captured: Captured) -> Draw:
        """Returns what an initializer draws for ``tensor``."""
        return self._draw(spec, rule, tensor, captured)[1]

    def _draw(self, spec: InitSpec, rule: Rule, tensor: Tensor, captured: Captured) -> tuple[str, Draw, Fans | None]:
        tensor_fans = self._fans(rule.fans, tensor, captured)
        if 0 in tensor.shape:
            return formulas.name_of(formulas.known(spec.name)), draws.Constant(0.0), tensor_fans  # nothing to draw
        formula = self._formula(spec, self._environment(tensor, captured, tensor_fans))
        members = tensor.members(rule.fans) if formula.has_structure else ()
        draw = _resolved(formula, Site(fans.without(tensor.shape, members), tensor_fans))
        if members:
            draw = per_member(draw, members, len(tensor.shape))
        return _text(spec, formula), draw, tensor_fans

    def _blocks(
        self, spec: InitSpec, blocks: BlocksSpec, rule: Rule, tensor: Tensor, captured: Captured
    ) -> tuple[str, Draw, Fans | None]:
        sizes = self._sizes(blocks, tensor, captured)
        parts = [self._draw(spec, rule, tensor.block(blocks.axis, size), captured) for size in sizes]
        text, first, block_fans = parts[0]
        drawn = tuple(draw for _, draw, _ in parts)
        text = f"{text} in {len(sizes)} blocks of axis {blocks.axis}"
        if first.is_elementwise and all(draw == first for draw in drawn):
            return text, first, block_fans
        return text, draws.Blocks(blocks.axis, sizes, drawn), block_fans

    def _parts(self, spec: PartsSpec, rule: Rule, tensor: Tensor, captured: Captured) -> tuple[str, Draw, Fans | None]:
        extent = _extent(tensor, spec.axis)
        environment = self._environment(tensor, captured, None)
        given = [
            None if part.size is None else _integer(part.size.evaluate(environment), "size") for part in spec.parts
        ]
        left = extent - sum(size for size in given if size is not None)
        sizes = tuple(left if size is None else size for size in given)
        if sum(sizes) != extent or min(sizes) < 1:
            raise ValueError(f"parts of {sizes} do not make up axis {spec.axis} of length {extent}")
        parts = [
            self._draw(part.init, rule, tensor.block(spec.axis, size), captured)
            for part, size in zip(spec.parts, sizes, strict=True)
        ]
        shown = ", ".join(f"{size} {text}" for size, (text, _, _) in zip(sizes, parts, strict=True))
        drawn = draws.Blocks(spec.axis, sizes, tuple(draw for _, draw, _ in parts))
        return f"parts of axis {spec.axis}: {shown}", drawn, parts[0][2]

    def _sizes(self, blocks: BlocksSpec, tensor: Tensor, captured: Captured) -> tuple[int, ...]:
        extent = _extent(tensor, blocks.axis)
        environment = self._environment(tensor, captured, None)
        if blocks.parts is not None:
            parts = _integer(blocks.parts.evaluate(environment), "parts")
            if parts < 1 or extent % parts:
                raise ValueError(f"axis {blocks.axis} of length {extent} cannot be cut into {parts} equal blocks")
            return (extent // parts,) * parts
        sizes = tuple(_integer(size.evaluate(environment), "sizes") for size in blocks.sizes or ())
        if sum(sizes) != extent or any(size < 1 for size in sizes):
            raise ValueError(f"blocks of {sizes} do not add up to axis {blocks.axis} of length {extent}")
        return sizes

    def _fans(self, spec: FansSpec | None, tensor: Tensor, captured: Captured) -> Fans | None:
        return tensor.fans(spec, lambda value, known: value.evaluate(self._environment(tensor, captured, known)))

    def environment(self, tensor: Tensor, captured: Captured) -> Environment:
        """Returns what expressions know of ``tensor``, its fans among it."""
        return self._environment(tensor, captured, self._fans(None, tensor, captured))

    def _environment(self, tensor: Tensor, captured: Captured, tensor_fans: Fans | None) -> Environment:
        environment: Environment = dict(self.values)
        environment |= {"shape": tensor.shape, "ndim": len(tensor.shape)}
        environment |= captured
        for name in ("fan_in", "fan_out") if tensor_fans is not None else ():
            fan = getattr(tensor_fans, name)
            if fan is not None:
                environment[name] = fan
        return environment

    def _formula(self, spec: InitSpec, environment: Environment) -> Formula:
        arguments = {name: self._argument(value, environment) for name, value in spec.arguments}
        return formulas.build(spec.name, arguments)

    def _argument(self, value: ArgumentValue, environment: Environment) -> object:
        match value:
            case Expression():
                _require_fans(value, environment)
                return value.evaluate(environment)
            case InitSpec():
                return self._formula(value, environment)
            case FromSpec():
                return numbers_of(value)
            case tuple():
                return tuple(self._argument(item, environment) for item in value)
            case _:
                return value

    def _then(self, draw: Draw, shape: tuple[int, ...], rule: Rule, tensor: Tensor, place: _Place) -> Draw:
        """Returns what the steps of ``rule`` make of ``draw``, whose values are of ``shape``, for ``tensor``."""
        edits: list[Edit] = []
        done: list[tuple[Step, Edit | Functions]] = []
        for number, step in enumerate(rule.then):
            values = _StepValues(self, rule, replace(tensor, shape=shape), place, f"{place.of}then[{number}]")
            made = step.resolve(values)
            done.append((step, made))
            if not isinstance(made, Function):
                edits.append(made)
                continue
            wrong = made.fault(shape)
            if wrong is not None:
                raise ValueError(f"{step}: {wrong}")
            draw, edits = draws.Made(_edited(draw, edits), shape, made), []
            shape = made.result(shape, tensor.shape)
            if step.is_reducing and not made.joins_rows:
                done = []  # they were about another tensor's rows
        if shape != tensor.shape:
            hint = rank_hint(draw, tensor.shape)
            raise ValueError(f"`then` makes values of shape {shape}, and the parameter is {tensor.shape}{hint}")
        draw = _edited(draw, edits)
        if rule.rows is None:
            return draw
        if not shape:
            raise ValueError("a scalar has no `rows`")
        index = _StepValues(self, rule, tensor, place, "").index
        pieces = rule.rows.of(shape[0], index)
        refuse_strangers(done, rule.rows, pieces, shape[0])
        return draws.InRows(pieces, draw, draws.There())


@record
class _Place:
    """Where steps are resolved: what is captured, and what tells the random numbers of a copy from its source's."""

    captured: Captured
    of: str = ""


@record
class _StepValues:
    """What a step is told: ``language.steps.Values``."""

    resolver: Resolver
    rule: Rule
    tensor: Tensor
    place: _Place
    stream: str

    @property
    def shape(self) -> tuple[int, ...]:
        """As ``Values`` has it, and so the methods."""
        return self.tensor.shape

    def number(self, value: Expression) -> float:
        """Returns the value of an expression."""
        return float(value.evaluate(self.resolver.environment(self.tensor, self.place.captured)))

    def index(self, value: Expression, what: str) -> int:
        """Returns the value of an expression that is to be whole."""
        return _integer(self.number(value), what)

    def loaded(self, spec: FromSpec) -> Draw:
        """Returns the values that a file has for the parameter."""
        return draws.Loaded(spec.file, spec.entry_of(self.tensor.owner.name, self.place.captured))

    def drawn(self, init: InitSpec) -> Draw:
        """Returns what an initializer draws in the shape of the values."""
        return self.resolver.drawn(init, self.rule, self.tensor, self.place.captured)


def _edited(draw: Draw, edits: Sequence[Edit]) -> Draw:
    return draws.Edited(draw, tuple(edits)) if edits else draw


def _extent(tensor: Tensor, axis: int) -> int:
    if not 0 <= axis < len(tensor.shape):
        raise ValueError(f"a tensor of shape {tensor.shape} has no axis {axis} to cut into blocks")
    return tensor.shape[axis]


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


def _require_fans(expression: Expression, environment: Environment) -> None:
    missing = sorted((expression.names & {"fan_in", "fan_out"}) - environment.keys())
    if missing and environment.keys() & {"fan_in", "fan_out"}:
        raise NoFansError(f"{missing[0]} is not known: `fans` gives the other one of a tensor that has none of its own")
    if missing:
        Site(environment["shape"]).known_fans()  # type: ignore[arg-type]  # the shape, by construction


def _integer(value: float, what: str) -> int:
    if value != int(value):
        raise ValueError(f"{what} must be whole, not {value}")
    return int(value)


def _resolved(formula: Formula, site: Site) -> Draw:
    """Returns what ``formula`` draws at ``site``; a user's own may raise and return anything."""
    name = formulas.name_of(type(formula))
    try:
        draw = formula.resolve(site)
    except ValueError:
        raise
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name} raised {type(error).__name__}: {error}") from error
    if isinstance(draw, get_args(draws.Draw)):
        return draw  # type: ignore[no-any-return]  # a member of the union, as was just asked
    raise ValueError(f"{name} resolved to {type(draw).__name__}: must be a draw")


def _refuse(draw: Draw, info: ParamInfo) -> None:
    refused = refusal(draw, info.dtype)
    if refused is not None:
        raise ValueError(refused)


def _text(spec: InitSpec, formula: Formula) -> str:
    name = formulas.name_of(type(formula))
    config = formula.get_config()
    given = [name for name, _ in spec.arguments]
    inside = ", ".join(f"{key}={_value_text(config.get(key, getattr(formula, key)))}" for key in given)
    return f"{name}({inside})" if inside else name


def _value_text(value: object) -> str:
    if isinstance(value, list) and len(value) > 8:
        return f"[{_value_text(value[0])}, ..., {_value_text(value[-1])}: {len(value)}]"
    return f"{value:.9g}" if isinstance(value, float) else str(value)
