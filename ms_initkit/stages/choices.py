"""Which constants a constructor chose, as far as a network's values tell: what a family's recipe must not overwrite.

Layers of MindSpore draw their weights, so a weight of zeros was asked for: a gate, a modulation, a layer that is to be
the identity at first. Where nothing of a class is drawn, its constants are placeholders for a recipe to fill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.basis.records import record
from ms_initkit.language.load import load_recipe
from ms_initkit.language.selector_tests import Name
from ms_initkit.networks.describe import describe_with_parameters
from ms_initkit.networks.params import ParamInfo, is_bias
from ms_initkit.networks.plain import config_of
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.lines import Assignment

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


# Classes of MindSpore whose weights are drawn unless their maker says otherwise; one's own `Linear` may wait.
_DRAWN: Final = frozenset({"Dense", "Embedding", "Conv1d", "Conv2d", "Conv3d", "Conv2dTranspose"})
_GAINS: Final = ("weight", "gamma", "scale")
# The first elements, which tell most drawn values from constants at once.
_FIRST: Final = 16
_INDEX: Final = re.compile(r"(?<![^.])[0-9]+(?![^.])")


@record
class Choice:
    """A constant that a family's recipe would overwrite.

    Args:
        name: The parameter.
        value: What it holds.
        glob: What a rule that keeps it asks for: of a layer's weight the whole layer, since its bias belongs to it.
    """

    name: str
    value: float
    glob: str


def constant_of(parameter: Parameter) -> float | None:
    """Returns the one number that all elements are, or will be by the parameter's initializer; None if there is none.

    One element alone is no constant: it may have been drawn.
    """
    from mindspore.common.initializer import Constant, One, Zero

    if int(np.prod(parameter.shape)) < 2:
        return None
    if parameter.has_init:
        made = parameter.init_mode.init
        if isinstance(made, Zero | One):
            return float(isinstance(made, One))
        return float(made.value) if isinstance(made, Constant) and np.ndim(made.value) == 0 else None
    values = parameter.asnumpy().reshape(-1)
    first = values[0]
    is_constant = bool((values[:_FIRST] == first).all()) and bool((values == first).all())
    return float(first) if is_constant else None


def chosen_constants(infos: Sequence[ParamInfo], parameters: Sequence[Parameter]) -> Mapping[str, float]:
    """Returns the constants that are not what layers of their kind begin with, by the names of their parameters."""
    held = {info.name: constant_of(one) for info, one in zip(infos, parameters, strict=True)}
    layers = {_cell(info) for info in infos if len(info.shape) > 1}
    drawn = {_cell(info) for info in infos if len(info.shape) > 1 and held[info.name] is None}
    if not drawn:
        return {}
    placeholders = layers - drawn - _DRAWN
    return {
        info.name: value
        for info in infos
        if (value := held[info.name]) is not None
        and _cell(info) not in placeholders
        and (len(info.shape) > 1 or _is_unusual(info, value))
    }


def contradictions(net: Cell, name: str) -> tuple[Choice, ...]:
    """Returns what the constructor of ``net`` chose and the shipped recipe ``name`` would overwrite.

    A rule that names a parameter knows what it is; one for all layers of a class does not. That a norm's gain is zero
    and not one contradicts either: such a norm multiplies by one plus its weight.
    """
    infos, parameters = describe_with_parameters(net)
    constants = chosen_constants(infos, parameters)
    if not constants:
        return ()
    recipe = load_recipe(name)
    plan, _ = draft_plan(recipe, infos, strict=False, config=config_of(net))
    is_general = {rule.id: rule.match.find(Name) is None for rule in recipe.rules}
    return tuple(
        Choice(line.name, constants[line.name], _glob(line))
        for line in (() if plan is None else plan.assignments)
        if line.name in constants
        and not line.is_kept
        and (line.moments.mean, line.moments.std) != (value := constants[line.name], 0)
        and (is_general.get(line.rule, False) or (value, line.moments.mean, line.moments.std) == (0, 1, 0))
    )


def _cell(info: ParamInfo) -> str:
    cell = info.owners[0].cell
    return cell[0] if cell else ""


def _is_unusual(info: ParamInfo, value: float) -> bool:
    """Returns whether a vector's constant is another one than shifts and gains have."""
    leaf = info.owners[0].leaf
    if is_bias(leaf) or leaf == "beta":
        return value != 0
    return leaf in _GAINS and value != 1


def _glob(line: Assignment) -> str:
    cell, dot, _ = line.stream.rpartition(".")
    return _INDEX.sub("*", f"{cell}.*" if dot and len(line.shape) > 1 else line.stream)
