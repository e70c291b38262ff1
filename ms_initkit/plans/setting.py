"""Where an initializer stands: a tensor, and what the expressions of a rule know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.formulas.fans import Fans
from ms_initkit.language.fans import FansSpec
from ms_initkit.plans.site import Tensor
from ms_initkit.plans.variables import VariableValue
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.grammar import Value

# What a name and its cell give to expressions: captures, and options as ``cell.NAME``.
Captured: TypeAlias = Mapping[str, Value]
Environment: TypeAlias = dict[str, Value]


@record
class Setting:
    """A tensor as one rule sees it.

    Args:
        values: The variables.
        captured: What the tensor's name and its cell give.
        tensor: What is drawn.
        fans_spec: How the rule wants fans; None as the tensor's shape has them.
    """

    values: Mapping[str, VariableValue]
    captured: Captured
    tensor: Tensor
    fans_spec: FansSpec | None

    def fans(self) -> Fans | None:
        """Returns the tensor's fans as the rule wants them; None if it has none."""
        return self.tensor.fans(self.fans_spec, lambda value, known: value.evaluate(self.environment(known)))

    def environment(self, fans: Fans | None) -> Environment:
        """Returns what expressions know, of the fans as much as is told."""
        environment: Environment = dict(self.values)
        environment |= {"shape": self.tensor.shape, "ndim": len(self.tensor.shape)}
        environment |= self.captured
        for name in ("fan_in", "fan_out") if fans is not None else ():
            fan = getattr(fans, name)
            if fan is not None:
                environment[name] = fan
        return environment

    def block(self, axis: int, size: int) -> Setting:
        """Returns the setting of a block of ``size`` along ``axis``."""
        return replace(self, tensor=self.tensor.block(axis, size))


def evaluated_whole(value: Expression, environment: Environment, what: str) -> int:
    """Returns the value of an expression that is to be whole.

    Raises:
        ValueError: If it is not, or there is none.
    """
    return whole(value.evaluate(environment), what)


def whole(value: float, what: str) -> int:
    """Returns ``value`` as an integer.

    Raises:
        ValueError: If it is none.
    """
    if value != int(value):
        raise ValueError(f"{what} must be whole, not {value}")
    return int(value)
