"""What a selector may know of a parameter, and of each cell's claim on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Owner(Protocol):
    """What is asked of one cell's claim on a parameter."""

    @property
    def name(self) -> str:
        """Full dotted name under this owner."""

    @property
    def leaf(self) -> str:
        """The attribute's name in the owning cell."""

    @property
    def cell(self) -> tuple[str, ...]:
        """Class names of the owning cell's MRO."""

    @property
    def options(self) -> tuple[tuple[str, object], ...]:
        """What the cell keeps as plain data."""


class Parameter(Protocol):
    """What is asked of a parameter itself."""

    @property
    def owners(self) -> Sequence[Owner]:
        """Every cell that holds it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The global shape."""

    @property
    def dtype(self) -> str:
        """Name of the element type."""

    @property
    def is_trainable(self) -> bool:
        """Whether it is trained."""

    @property
    def is_deferred(self) -> bool:
        """Whether it has no values yet."""
