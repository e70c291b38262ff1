"""How many inputs and outputs one unit of a weight has.

Sources: Glorot & Bengio 2010, section 4.2; the axes are those of torch.nn.init._calculate_fan_in_and_fan_out
and, named, of jax.nn.initializers.variance_scaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ms_initkit.basis.records import record


@record
class Fans:
    """Inputs of one output unit, and outputs of one input unit; None is one that is not known."""

    fan_in: float | None
    fan_out: float | None


class NoFansError(ValueError):
    """A tensor has no fans, and they are needed."""


def from_shape(shape: Sequence[int]) -> Fans:
    """Returns fans as torch and MindSpore count them: ``shape[1] * receptive`` and ``shape[0] * receptive``.

    Groups are not divided out of the fan-out, and a transposed convolution's two fans are exchanged: that is what
    the reference implementations do.

    Raises:
        NoFansError: If the tensor has fewer than two axes.
    """
    if len(shape) < 2:
        raise NoFansError(f"a tensor of shape {tuple(shape)} has no fans: at least two axes are needed")
    receptive = prod(shape[2:])
    return Fans(shape[1] * receptive, shape[0] * receptive)


def from_connections(shape: Sequence[int], groups: int, is_transposed: bool) -> Fans:
    """Returns the true numbers of connections of a possibly grouped or transposed convolution, strides left aside.

    Raises:
        ValueError: If the tensor has fewer than two axes, or ``groups`` does not divide its channels.
    """
    if len(shape) < 2:
        return from_shape(shape)  # which refuses it
    if shape[0] % groups:
        raise ValueError(f"{groups} groups do not divide the {shape[0]} channels of axis 0")
    share = shape[0] // groups
    # A transposed one's layout is (in, out / groups, *kernel).
    return from_shape((shape[1], share, *shape[2:]) if is_transposed else (share, *shape[1:]))


def from_axes(
    shape: Sequence[int], in_axes: Sequence[int], out_axes: Sequence[int], batch_axes: Sequence[int] = ()
) -> Fans:
    """Returns fans from named axes: those not named are the receptive field, batch axes count in neither.

    Raises:
        ValueError: If an axis is named twice or does not exist.
    """
    named = axes_of(shape, (*in_axes, *out_axes, *batch_axes))
    receptive = prod(extent for axis, extent in enumerate(shape) if axis not in named)
    return Fans(prod(shape[axis] for axis in in_axes) * receptive, prod(shape[axis] for axis in out_axes) * receptive)


def axes_of(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Returns ``axes`` counted from the front.

    Raises:
        ValueError: If one is named twice or does not exist.
    """
    counted = tuple(axis % len(shape) if -len(shape) <= axis < len(shape) else axis for axis in axes)
    for axis in counted:
        if not 0 <= axis < len(shape):
            raise ValueError(f"axis {axis} does not exist in the shape {tuple(shape)}")
        if counted.count(axis) > 1:
            raise ValueError(f"axis {axis} is named twice")
    return counted


def without(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Returns the shape of one member of a stack along ``axes``."""
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
