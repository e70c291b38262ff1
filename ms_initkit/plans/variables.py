"""The values of a recipe's variables for one network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, suggestion
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rules import Rule, names_in
from ms_initkit.language.variables import Config, Count, Extent, Variable
from ms_initkit.networks.params import ParamInfo
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import ExpressionError, Value
from ms_initkit.syntax.numerals import LARGEST_INTEGER
from ms_initkit.syntax.work import spend

_STEPS: Final = 10  # of work that it takes to hold a glob against a parameter

VariableValue: TypeAlias = float | int | str | bool


@record
class Source:
    """What variables are read off.

    Args:
        infos: The network's parameters.
        config: The plain data of its configuration.
    """

    infos: Sequence[ParamInfo]
    config: Mapping[str, Value]


@dataclass
class Variables:
    """The values of a recipe's variables.

    Args:
        values: By name.
        sources: Where those of a configuration were read, by name.
        findings: What is wrong with the others.
    """

    values: dict[str, VariableValue] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def evaluate_variables(recipe: Recipe, source: Source, overrides: Mapping[str, VariableValue]) -> Variables:
    """Returns the variables with their values, overrides in their place, and what is wrong with them.

    Raises:
        TypeError: If ``overrides`` is no mapping.
    """
    if not isinstance(overrides, Mapping):
        raise TypeError(f"`vars` is a mapping of names to values, not {type(overrides).__name__}")
    known = [variable.name for variable in recipe.variables]
    missing: set[str] = set()
    found = Variables()
    for name in overrides:
        if name not in known:
            message = f"no variable is called {name!r}"
            note = f"the recipe has {', '.join(known) if known else 'none'}"
            found.findings.append(Finding.error("unknown-variable", message, note, help=suggestion(str(name), known)))
    for variable in recipe.variables:
        name = variable.name
        try:
            if name in overrides:
                found.values[name] = _plain(overrides[name])
            elif isinstance(variable.value, Config):
                found.values[name], found.sources[name] = _configured(variable.value, source.config, found.values)
            else:
                found.values[name] = _value(variable, source.infos, found.values)
        except ValueError as error:
            missing.add(name)
            if isinstance(error, ExpressionError) and error.name in missing:
                continue  # it is enough to say it of the first
            message = f"variable {name!r} has no value: {error}"
            hint = f"give it one: --set {name}=VALUE, or vars={{'{name}': VALUE}}"
            found.findings.append(Finding.error("undefined-variable", message, span=variable.span, help=hint))
    return found


def used(variables: Sequence[Variable], rules: Iterable[Rule]) -> frozenset[str]:
    """Returns the names of the variables by which ``rules`` draw and choose, those that others are made of too."""
    names = set[str]().union(*(rule.names | names_in(rule.where) for rule in rules))
    for variable in reversed(variables):  # each uses those before it
        if variable.name in names:
            names |= variable.names
    return frozenset(names)


def _configured(
    wanted: Config, config: Mapping[str, Value], values: Mapping[str, VariableValue]
) -> tuple[VariableValue, str]:
    """Returns the value that the configuration has, or the default, and where it was read."""
    default = wanted.default.evaluate(values) if isinstance(wanted.default, Expression) else wanted.default
    for key in wanted.keys:
        value = config.get(key)
        if value is None or isinstance(value, tuple):
            continue
        value = _plain(value)
        if default is not None and _kind(value) != _kind(default):
            raise ValueError(f"config.{key} is {value!r}, {_kind(value)} where {_kind(default)} is due")
        return value, f"config.{key}"
    names = " or ".join(wanted.keys)
    if default is None:
        guess = suggestion(wanted.keys[0], config)
        if not config:
            raise ValueError("the network has no configuration that is known")
        raise ValueError(f"the network's configuration has no {names}" + (f": {guess}" if guess else ""))
    return default, f"default, without config.{names}"


def _plain(value: object) -> VariableValue:
    """Returns a number, a flag or text as Python has it; NumPy's scalars are of these, too.

    Raises:
        ValueError: If it is none of these, or a number that no expression could have.
    """
    item = getattr(value, "item", None)
    plain = item() if callable(item) and getattr(value, "size", 0) == 1 else value
    match plain:
        case bool() | str():
            return plain
        case int() if abs(plain) < LARGEST_INTEGER:
            return plain
        case float() if math.isfinite(plain):
            return plain
        case int() | float():
            raise ValueError("it has to be finite, and an integer of 64 bits")
        case _:
            raise ValueError(f"a {type(value).__name__} is no number, flag or text")


def _kind(value: VariableValue) -> str:
    return "a flag" if isinstance(value, bool) else "text" if isinstance(value, str) else "a number"


def _value(variable: Variable, infos: Sequence[ParamInfo], values: Mapping[str, VariableValue]) -> VariableValue:
    match variable.value:
        case Count(glob):
            spend(_STEPS * len(infos))
            matches = (glob.match(name) for info in infos for name in info.names)
            return len({captures for captures in matches if captures is not None})
        case Extent(glob, axis, default):
            spend(_STEPS * len(infos))
            for info in infos:
                if any(glob.match(name) is not None for name in info.names):
                    if not -len(info.shape) <= axis < len(info.shape):
                        raise ValueError(f"{info.name!r} of shape {info.shape} has no axis {axis}")
                    return info.shape[axis]
            if default is not None:
                return default.evaluate(values)
            raise ValueError(f"no parameter is called like {glob.text!r}")
        case Expression() as expression:
            return expression.evaluate(values)
        case str() | bool() as value:
            return value
        case Config():
            raise AssertionError("it is read off the configuration")
