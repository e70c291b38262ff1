"""What every step of ``then`` is: one class that reads, prints, has its schema and knows what it does.

What it does is a draw's: an edit of single values, or a function of all of them (``ms_initkit.draws.functions``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, Self

from ms_initkit.draws import Draw, Edit
from ms_initkit.draws.functions import Functions
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.scope import Scope
from ms_initkit.language.sources import FromSpec
from ms_initkit.syntax.expressions import Expression
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.schemas import Schema


class Values(Protocol):
    """What a step is told of the values that it is taken of, and of the parameter that they are for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values before the step."""

    @property
    def stream(self) -> str:
        """The name of the step's own random numbers."""

    def number(self, value: Expression) -> float:
        """Returns the value of an expression."""

    def index(self, value: Expression, what: str) -> int:
        """Returns the value of an expression that is to be whole."""

    def drawn(self, init: InitSpec) -> Draw:
        """Returns what an initializer draws in the shape of the values."""

    def loaded(self, spec: FromSpec) -> Draw:
        """Returns the values that a file has for the parameter."""


class Step(ABC):
    """What every step has: its key, its schema, its reader; its text is what a plan shows of it.

    ``is_bare`` tells whether its key alone is the step, too; then it is made without arguments. ``is_reducing`` tells
    whether it takes values of another shape than it makes.
    """

    key: ClassVar[str]
    schema: ClassVar[Schema]
    description: ClassVar[str]
    is_bare: ClassVar[bool] = False
    is_reducing: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def read(cls, node: Node, what: str, scope: Scope) -> Self:
        """Returns the step that ``node``, the value of its key, asks for."""

    @abstractmethod
    def resolve(self, values: Values) -> Edit | Functions:
        """Returns what is done with ``values``.

        Raises:
            ValueError: If it cannot be.
        """

    def __str__(self) -> str:
        return self.key
