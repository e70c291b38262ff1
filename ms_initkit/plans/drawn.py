"""What an initializer of a rule draws where it stands, every number known: of a tensor, or of its blocks and parts."""

from __future__ import annotations

from typing import Final, NamedTuple, get_args

from ms_initkit import draws, formulas
from ms_initkit.draws import Draw
from ms_initkit.findings import numbers_text
from ms_initkit.formulas import fans
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans, NoFansError
from ms_initkit.formulas.members import per_member
from ms_initkit.language.blocks import BlocksSpec
from ms_initkit.language.calls import ArgumentValue, InitSpec
from ms_initkit.language.parts import PartsSpec
from ms_initkit.language.sources import FromSpec
from ms_initkit.plans.setting import Environment, Setting, evaluated_whole
from ms_initkit.plans.site import Tensor
from ms_initkit.plans.sources import numbers_of
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.work import spend

_STEPS: Final = 10  # of work that a block takes


class Drawn(NamedTuple):
    """What is drawn: as a plan shows it, as data, and with which fans."""

    text: str
    draw: Draw
    fans: Fans | None


def drawn(spec: InitSpec, at: Setting) -> Drawn:
    """Returns what ``spec`` draws of the whole tensor.

    Raises:
        ValueError: If it cannot: no fans, an expression without a value, a shape that the formula refuses.
    """
    tensor, tensor_fans = at.tensor, at.fans()
    if 0 in tensor.shape:
        return Drawn(formulas.name_of(formulas.known(spec.name)), draws.Constant(0.0), tensor_fans)  # nothing to draw
    formula = _formula(spec, at.environment(tensor_fans))
    members = tensor.members(at.fans_spec) if formula.has_structure else ()
    draw = _resolved(formula, Site(fans.without(tensor.shape, members), tensor_fans))
    if members:
        draw = per_member(draw, members, len(tensor.shape))
    return Drawn(_text(spec, formula), draw, tensor_fans)


def drawn_in_blocks(spec: InitSpec, blocks: BlocksSpec, at: Setting) -> Drawn:
    """Returns what ``spec`` draws of each block by itself.

    Raises:
        ValueError: As ``drawn``, or if the blocks do not make up the tensor.
    """
    sizes = _sizes(blocks, at)
    of_size = {size: drawn(spec, at.block(blocks.axis, size)) for size in set(sizes)}
    each = [of_size[size] for size in sizes]
    first = each[0]
    text = f"{first.text} in {len(sizes)} blocks of axis {blocks.axis}"
    if first.draw.is_elementwise and all(one.draw == first.draw for one in of_size.values()):
        return Drawn(text, first.draw, first.fans)
    return Drawn(text, draws.Blocks(blocks.axis, sizes, tuple(one.draw for one in each)), first.fans)


def drawn_in_parts(spec: PartsSpec, at: Setting) -> Drawn:
    """Returns what the initializer of each part draws of it.

    Raises:
        ValueError: As ``drawn``, or if the parts do not make up the tensor.
    """
    extent = _extent(at.tensor, spec.axis)
    environment = at.environment(None)
    given = [None if part.size is None else evaluated_whole(part.size, environment, "size") for part in spec.parts]
    left = extent - sum(size for size in given if size is not None)
    sizes = tuple(left if size is None else size for size in given)
    if sum(sizes) != extent or min(sizes) < 1:
        raise ValueError(f"parts of {numbers_text(sizes)} do not make up axis {spec.axis} of length {extent}")
    each = [drawn(part.init, at.block(spec.axis, size)) for part, size in zip(spec.parts, sizes, strict=True)]
    shown = ", ".join(f"{size} {one.text}" for size, one in zip(sizes, each, strict=True))
    draw = draws.Blocks(spec.axis, sizes, tuple(one.draw for one in each))
    return Drawn(f"parts of axis {spec.axis}: {shown}", draw, each[0].fans)


def _sizes(blocks: BlocksSpec, at: Setting) -> tuple[int, ...]:
    extent = _extent(at.tensor, blocks.axis)
    environment = at.environment(None)
    if blocks.parts is not None:
        parts = evaluated_whole(blocks.parts, environment, "parts")
        if parts < 1 or extent % parts:
            raise ValueError(f"axis {blocks.axis} of length {extent} cannot be cut into {parts} equal blocks")
        spend(_STEPS * parts)
        return (extent // parts,) * parts
    sizes = tuple(evaluated_whole(size, environment, "sizes") for size in blocks.sizes or ())
    if sum(sizes) != extent or any(size < 1 for size in sizes):
        raise ValueError(f"blocks of {numbers_text(sizes)} do not add up to axis {blocks.axis} of length {extent}")
    return sizes


def _extent(tensor: Tensor, axis: int) -> int:
    if not 0 <= axis < len(tensor.shape):
        raise ValueError(f"a tensor of shape {tensor.shape} has no axis {axis} to cut into blocks")
    return tensor.shape[axis]


def _formula(spec: InitSpec, environment: Environment) -> Formula:
    arguments = {name: _argument(value, environment) for name, value in spec.arguments}
    return formulas.build(spec.name, arguments)


def _argument(value: ArgumentValue, environment: Environment) -> object:
    match value:
        case Expression():
            _require_fans(value, environment)
            return value.evaluate(environment)
        case InitSpec():
            return _formula(value, environment)
        case FromSpec():
            return numbers_of(value)
        case tuple():
            return tuple(_argument(item, environment) for item in value)
        case _:
            return value


def _require_fans(expression: Expression, environment: Environment) -> None:
    missing = sorted((expression.names & {"fan_in", "fan_out"}) - environment.keys())
    if missing and environment.keys() & {"fan_in", "fan_out"}:
        raise NoFansError(f"{missing[0]} is not known: `fans` gives the other one of a tensor that has none of its own")
    if missing:
        Site(environment["shape"]).known_fans()  # type: ignore[arg-type]  # the shape, by construction


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
