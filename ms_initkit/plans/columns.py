"""Lines of a plan by their kinds, so that thousands of parameters cost a few looks and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ms_initkit.plans.lines import Assignment


@dataclass(frozen=True, slots=True)
class Columns:
    """Lines of a plan; those of one kind share draw, element type, shape and window.

    Args:
        lines: The lines.
        kinds: The first line of each kind, in no order that matters.
        kind_of_each: The kind of each line, by its number among ``kinds``.
    """

    lines: Sequence[Assignment]
    kinds: Sequence[Assignment]
    kind_of_each: NDArray[np.intp]

    @classmethod
    def of(cls, lines: Sequence[Assignment]) -> Columns:
        """Returns the columns of ``lines``."""
        # Parameters that one rule gives one shape share their draw: its identity is enough, and costs nothing to hash.
        keys = [(id(line.draw), line.dtype, line.shape, line.window) for line in lines]
        first = dict(zip(reversed(keys), reversed(lines), strict=True))
        numbers = {key: number for number, key in enumerate(first)}
        return cls(lines, list(first.values()), np.array([numbers[key] for key in keys], np.intp))

    def take(self, numbers: Iterable[int]) -> Columns:
        """Returns the columns of some of the lines."""
        return Columns.of([self.lines[number] for number in numbers])

    def names(self) -> list[str]:
        """Returns the name of each parameter."""
        return [line.name for line in self.lines]

    def local_shapes(self) -> list[tuple[int, ...]]:
        """Returns the shape of each parameter itself."""
        shapes = [kind.local_shape for kind in self.kinds]
        return [shapes[kind] for kind in self.kind_of_each.tolist()]

    def dtypes(self) -> list[str]:
        """Returns the element type of each parameter."""
        return [line.dtype for line in self.lines]
