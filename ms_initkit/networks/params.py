"""What is known of a network's parameters without their values.

These are NamedTuples, not frozen dataclasses: tens of thousands are made in each apply, at a third of the cost.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple


class Owner(NamedTuple):
    """One cell's claim on a parameter: a tied parameter has several.

    Args:
        name: Full dotted name under this owner, as `parameters_and_names` would walk it.
        leaf: The attribute's name in the owning cell, such as ``weight`` or ``gamma``.
        cell: Class names of the owning cell's MRO, nearest first, such as ``("Dense", "Cell")``; empty if unknown.
        groups: The cell's `group` option; 1 where it has none, None where a manifest does not say.
        is_transposed: Whether the weight's layout is ``(in, out / groups, *kernel)``.
        weight_shape: Shape of the cell's own weight, from which its bias takes its fans; None if it has none.
    """

    name: str
    leaf: str
    cell: tuple[str, ...] = ()
    groups: int | None = 1
    is_transposed: bool = False
    weight_shape: tuple[int, ...] | None = None


class ParamInfo(NamedTuple):
    """One parameter of a network.

    Args:
        owners: Every cell that holds it; the first gives the name under which the network walks it.
        shape: The global shape.
        dtype: Name of the element type, such as ``float32`` or ``bfloat16``.
        is_trainable: `requires_grad`.
        is_deferred: Whether it has an initializer and no storage yet.
    """

    owners: tuple[Owner, ...]
    shape: tuple[int, ...]
    dtype: str = "float32"
    is_trainable: bool = True
    is_deferred: bool = False

    @property
    def name(self) -> str:
        """The name under which the network walks it."""
        return self.owners[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it answers to, the walked one first."""
        return tuple(owner.name for owner in self.owners)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)
