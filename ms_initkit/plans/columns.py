"""Lines of a plan by their kinds, so that thousands of parameters cost a few looks and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws.dtypes import FLOATS, bytes_of
from ms_initkit.plans.lines import Assignment


@dataclass(frozen=True, eq=False)  # without slots, for what is computed once
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

    @cached_property
    def names(self) -> list[str]:
        """The name of each parameter."""
        return [line.name for line in self.lines]

    @cached_property
    def local_shapes(self) -> list[tuple[int, ...]]:
        """The shape of each parameter itself."""
        shapes = [kind.local_shape for kind in self.kinds]
        return [shapes[kind] for kind in self.kind_of_each.tolist()]

    @cached_property
    def dtypes(self) -> list[str]:
        """The element type of each parameter."""
        return [line.dtype for line in self.lines]

    @cached_property
    def bytes(self) -> NDArray[np.int64]:
        """The size of each parameter itself, in bytes."""
        sizes = [kind.size * bytes_of(kind.dtype) for kind in self.kinds]
        return np.array(sizes, np.int64)[self.kind_of_each]

    @cached_property
    def takes_any(self) -> bool:
        """Whether any is made of values that are there."""
        return any(kind.draw.takes for kind in self.kinds)

    @cached_property
    def spared(self) -> list[int]:
        """The numbers of those that are not drawn: their values stay, or are made of values that are there."""
        is_spared = [bool(kind.is_kept or kind.draw.takes) for kind in self.kinds]
        return [number for number, kind in enumerate(self.kind_of_each.tolist()) if is_spared[kind]]

    @cached_property
    def drawn_numbers(self) -> list[int]:
        """The numbers of the others."""
        spared = set(self.spared)
        return [number for number in range(len(self.lines)) if number not in spared]

    @cached_property
    def drawn(self) -> Columns:
        """The columns of the others."""
        return self.take(self.drawn_numbers) if self.spared else self

    @cached_property
    def is_plain(self) -> NDArray[np.bool_]:
        """Whether each is a whole parameter that is drawn element by element, so that one call draws all such."""
        return np.array([_is_plain(kind) for kind in self.kinds], bool)[self.kind_of_each]

    @cached_property
    def plain(self) -> Columns:
        """The columns of those that are plain."""
        return self if self.is_plain.all() else self.take(np.flatnonzero(self.is_plain).tolist())

    @cached_property
    def streams(self) -> list[str]:
        """The name of each one's stream."""
        return [line.stream for line in self.lines]

    @cached_property
    def batch(self) -> stream.Batch:
        """What the kernels are told of them, all of them plain."""
        laws = [law for kind in self.kinds if (law := stream.law_of(kind.draw, kind.dtype)) is not None]
        each = self.kind_of_each
        return stream.Batch(
            np.array([kind.size for kind in self.kinds], np.int64)[each],
            np.array([law.id for law in laws], np.int8)[each],
            np.array([stream.DTYPES[kind.dtype] for kind in self.kinds], np.int8)[each],
            np.array([law.parameters for law in laws], np.float32).reshape(-1, stream.WIDTH)[each],
        )


def _is_plain(kind: Assignment) -> bool:
    return kind.window is None and kind.dtype in FLOATS and stream.law_of(kind.draw, kind.dtype) is not None
