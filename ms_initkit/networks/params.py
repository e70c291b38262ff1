"""What is known of a network's parameters without their values.

These are NamedTuples, not frozen dataclasses: tens of thousands are made in each apply, at a third of the cost.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Final, NamedTuple, TypeAlias

from ms_initkit.networks.plain import Options

# Bytes: beyond them places in a file are no numbers of the system any more.
LARGEST_TENSOR: Final = 2**63 - 1


Shapes: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]

# What the weight beside a plain `bias` is called: most layers, weight normalisation, Keras's habits, tables.
_WEIGHTS: Final = ("weight", "weight_v", "kernel", "embedding_table")


class Owner(NamedTuple):
    """One cell's claim on a parameter: a tied parameter has several.

    Args:
        name: Full dotted name under this owner, as `parameters_and_names` would walk it.
        leaf: The attribute's name in the owning cell, such as ``weight`` or ``gamma``.
        cell: Class names of the owning cell's MRO, nearest first, such as ``("Dense", "Cell")``; empty if unknown.
        groups: The cell's `group` option; 1 where it has none, None where a manifest does not say.
        is_transposed: Whether the weight's layout is ``(in, out / groups, *kernel)``.
        siblings: The cell's own parameters of two axes and more by their attributes, this one among them: fans come of
            their shapes.
        options: What the cell keeps as plain data, such as ``("padding_idx", 3)``: all of it, or what was asked for.
    """

    name: str
    leaf: str
    cell: tuple[str, ...] = ()
    groups: int | None = 1
    is_transposed: bool = False
    siblings: Shapes = ()
    options: Options = ()

    @property
    def weight_shape(self) -> tuple[int, ...] | None:
        """Shape of the cell's weight that a bias or a vector takes its fans from; None if there is none."""
        return _weight_shape(self.leaf, self.siblings)


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


def is_bias(leaf: str) -> bool:
    """Returns whether an attribute is a bias by its name: ``bias``, ``in_proj_bias``, ``bias_hh``."""
    return leaf == "bias" or leaf.endswith("_bias") or leaf.startswith("bias_")


@lru_cache(maxsize=4096)
def _weight_shape(leaf: str, siblings: Shapes) -> tuple[int, ...] | None:
    shapes = dict(siblings)
    if not is_bias(leaf):
        return shapes.get("weight")
    # bias_hh and weight_hh; gate_up_proj_bias and gate_up_proj; or the layer's one weight, whatever it is called.
    for name in (leaf.replace("bias", "weight"), leaf.removesuffix("_bias"), *_WEIGHTS):
        if name != leaf and name in shapes:
            return shapes[name]
    others = {shape for name, shape in siblings if not is_bias(name)}
    return others.pop() if len(others) == 1 else None
