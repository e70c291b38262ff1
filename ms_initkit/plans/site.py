"""What a formula is told of the tensor that it is to fill: its fans, and which axes number the members of a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ms_initkit.basis.records import record
from ms_initkit.draws.windows import with_axis
from ms_initkit.formulas import fans
from ms_initkit.formulas.fans import Fans
from ms_initkit.language.fans import FansSpec
from ms_initkit.networks.params import Owner, ParamInfo, is_bias
from ms_initkit.syntax.expressions import Expression

# The value of an expression that may speak of these fans.
Evaluate: TypeAlias = Callable[[Expression, Fans | None], float]


@record
class Tensor:
    """What is drawn on its own: a parameter or one block of it.

    Args:
        shape: Its shape.
        owner: The cell that claims the parameter.
        weight_shape: Shape of the weight that it takes its fans from: a bias from its cell's, or as the rule says.
            None if the fans are its own.
        singles: Axes along which it is one of several blocks of length one.
    """

    shape: tuple[int, ...]
    owner: Owner
    weight_shape: tuple[int, ...] | None = None
    singles: tuple[int, ...] = ()

    @classmethod
    def of(cls, info: ParamInfo, owner: Owner, spec: FansSpec | None) -> Tensor:
        """Returns the whole parameter.

        Raises:
            ValueError: If the rule takes the fans from a sibling that is not there.
        """
        if spec is not None and spec.of is not None:
            return cls(info.shape, owner, _sibling(owner, spec.of))
        is_lent = len(info.shape) < 2 or is_bias(owner.leaf)
        return cls(info.shape, owner, owner.weight_shape if is_lent else None)

    def block(self, axis: int, size: int) -> Tensor:
        """Returns a block of ``size`` along ``axis``; a fused bias's weight is cut with it."""
        shape = with_axis(self.shape, axis, size)
        weight = self.weight_shape
        if weight is not None and axis == 0 and weight[0] == self.shape[0]:
            weight = (size, *weight[1:])
        singles = (*self.singles, axis) if size == 1 and len(shape) > 2 else self.singles
        return replace(self, shape=shape, weight_shape=weight, singles=singles)

    def members(self, spec: FansSpec | None) -> tuple[int, ...]:
        """Returns the axes that number the members of a stack, each of which has a structure of its own.

        Raises:
            ValueError: If the rule names an axis that the tensor has not.
        """
        named = () if spec is None else fans.axes_of(self.shape, spec.batch_axes)
        return tuple(sorted({*named, *self.singles}))

    def fans(self, spec: FansSpec | None, evaluate: Evaluate) -> Fans | None:
        """Returns the fans as ``spec`` has them; None if there are none.

        Raises:
            ValueError: If an axis does not exist, groups are not known, or a number is not positive.
        """
        shape = self.shape if self.weight_shape is None else self.weight_shape
        if spec is None or spec.convention == "shape":
            found = _of_shape(shape, spec)
        elif self.owner.groups is None:
            raise ValueError('`fans: connections` needs the number of groups: add "groups" to the manifest')
        else:
            is_weight = len(shape) > 1
            found = fans.from_connections(shape, self.owner.groups, self.owner.is_transposed) if is_weight else None
        if spec is None or (spec.fan_in is None and spec.fan_out is None):
            return found
        own = found or Fans(None, None)
        given = Fans(
            own.fan_in if spec.fan_in is None else evaluate(spec.fan_in, found),
            own.fan_out if spec.fan_out is None else evaluate(spec.fan_out, found),
        )
        for fan in (given.fan_in, given.fan_out):
            if fan is not None and fan <= 0:
                raise ValueError(f"fans must be positive, not {given.fan_in} and {given.fan_out}")
        return given


def _of_shape(shape: tuple[int, ...], spec: FansSpec | None) -> Fans | None:
    if spec is not None and (spec.in_axes is not None or spec.out_axes is not None):
        return fans.from_axes(shape, spec.in_axes or (), spec.out_axes or (), spec.batch_axes)
    member = shape if spec is None else fans.without(shape, fans.axes_of(shape, spec.batch_axes))
    return fans.from_shape(member) if len(member) > 1 else None


def _sibling(owner: Owner, leaf: str) -> tuple[int, ...]:
    shapes = dict(owner.siblings)
    if leaf not in shapes:
        known = ", ".join(repr(name) for name in shapes) or "none"
        raise ValueError(f"`fans: {{of: {leaf}}}`: the cell has no such parameter of two or more axes; it has {known}")
    return shapes[leaf]
