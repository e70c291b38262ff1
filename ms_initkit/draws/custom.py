"""What a user's own initializer draws: registered by name, called with shape, key and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ms_initkit.draws.draw import Arguments


Values: TypeAlias = Mapping[str, object]

Drawer: TypeAlias = "Callable[[tuple[int, ...], int, Values], object]"


def draw(name: str, drawer: Drawer, values: Arguments, shape: tuple[int, ...], key: int) -> NDArray[np.float32]:
    """Returns what ``drawer`` draws, as float32 of exactly ``shape``.

    Raises:
        ValueError: If it has another shape, or holds a number that is not finite.
    """
    import numpy as np

    array = np.asarray(drawer(tuple(shape), key, dict(values)), dtype=np.float32)
    if array.shape != tuple(shape):
        raise ValueError(f"{name} drew an array of shape {array.shape}: must be {tuple(shape)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} drew numbers that are not finite in float32")
    return array


drawers: Final[dict[str, Drawer]] = {}


def draw_custom(name: str, arguments: Arguments, shape: tuple[int, ...], key: int) -> NDArray[np.float32]:
    """Returns the whole tensor that the user's initializer ``name`` draws under ``key``.

    Raises:
        ValueError: If it is not registered in this process, or what it returns has another shape.
    """
    if name not in drawers:
        raise ValueError(f"no initializer of your own is called {name!r}: import the module that registers it")
    return draw(name, drawers[name], arguments, shape, key)
