"""The values of a recipe's variables for one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ms_initkit.findings import Finding, suggestion
from ms_initkit.language.variables import Count, Extent
from ms_initkit.syntax.expressions import Expression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.language.recipe import Recipe
    from ms_initkit.language.variables import Variable
    from ms_initkit.networks.params import ParamInfo

VariableValue: TypeAlias = float | int | str | bool


def evaluate_variables(
    recipe: Recipe, infos: Sequence[ParamInfo], overrides: Mapping[str, VariableValue]
) -> tuple[dict[str, VariableValue], list[Finding]]:
    """Returns the variables with their values, overrides in their place, and what is wrong with them."""
    known = [variable.name for variable in recipe.variables]
    findings = []
    for name in overrides:
        if name not in known:
            message = f"no variable is called {name!r}"
            note = f"the recipe has {', '.join(known) if known else 'none'}"
            findings.append(Finding.error("unknown-variable", message, note, help=suggestion(name, known)))
    values: dict[str, VariableValue] = {}
    for variable in recipe.variables:
        try:
            values[variable.name] = (
                overrides[variable.name] if variable.name in overrides else _value(variable, infos, values)
            )
        except ValueError as error:
            message = f"variable {variable.name!r} has no value: {error}"
            hint = f"give it one: --set {variable.name}=VALUE, or vars={{'{variable.name}': VALUE}}"
            findings.append(Finding.error("undefined-variable", message, span=variable.span, help=hint))
    return values, findings


def _value(variable: Variable, infos: Sequence[ParamInfo], values: Mapping[str, VariableValue]) -> VariableValue:
    match variable.value:
        case Count(glob):
            matches = (glob.match(name) for info in infos for name in info.names)
            return len({captures for captures in matches if captures is not None})
        case Extent(glob, axis):
            for info in infos:
                if any(glob.match(name) is not None for name in info.names):
                    if not -len(info.shape) <= axis < len(info.shape):
                        raise ValueError(f"{info.name!r} of shape {info.shape} has no axis {axis}")
                    return info.shape[axis]
            raise ValueError(f"no parameter is called like {glob.text!r}")
        case Expression() as expression:
            return expression.evaluate(values)
        case value:
            return value
