"""What every initializer is before it meets a framework: a named formula with arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from typing import Self

    from ms_initkit.draws import Draw
    from ms_initkit.fans import Fans


@dataclass(frozen=True, slots=True)
class Site:
    """The tensor that a formula is to fill, as far as it may know it.

    Args:
        shape: Shape of the tensor, or of the block that is drawn on its own.
        fans: Its fans; for a bias those of its cell's weight; None where neither has any.
    """

    shape: tuple[int, ...]
    fans: Fans | None = None

    def known_fans(self) -> Fans:
        """Returns the fans.

        Raises:
            ValueError: If there are none.
        """
        if self.fans is None:
            raise ValueError(
                f"a tensor of shape {self.shape} has no fans: give them by `fans:`, or choose an initializer "
                "that needs none"
            )
        return self.fans


@dataclass
class Formula(ABC):
    """A rule for the values of a tensor; its fields are its arguments, checked when it is made.

    A concrete formula is a final dataclass; its docstring states the density, the moments and the source.
    """

    def __post_init__(self) -> None:
        """Checks every closed set of words.

        Raises:
            ValueError: If an argument is not one of the words its type allows.
        """
        for name, choices in _choices(type(self)).items():
            value = getattr(self, name)
            if value not in choices:
                words = ", ".join(repr(choice) for choice in choices)
                raise ValueError(f"{name} is {value!r}: must be one of {words}")

    @abstractmethod
    def resolve(self, site: Site) -> Draw:
        """Returns what is to be drawn at ``site``, every number known.

        Raises:
            ValueError: If the formula cannot serve this shape or these fans.
        """

    def get_config(self) -> dict[str, object]:
        """Returns the arguments; ``from_config`` makes an equal formula of them."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, object]) -> Self:
        """Returns the formula with these arguments."""
        return cls(**config)


def _choices(formula: type[Formula]) -> dict[str, tuple[object, ...]]:
    hints = get_type_hints(formula)
    return {
        field.name: get_args(hints[field.name])
        for field in fields(formula)
        if get_origin(hints[field.name]) is Literal
    }
