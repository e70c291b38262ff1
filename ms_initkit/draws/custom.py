"""What a user's own initializer draws: registered by name, called with shape, key and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ms_initkit.draws.draw import Arguments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Values: TypeAlias = Mapping[str, object]

Drawer: TypeAlias = Callable[[tuple[int, ...], int, Values], object]


drawers: Final[dict[str, Drawer]] = {}


def draw_custom(
    name: str, arguments: Arguments, shape: tuple[int, ...], key: int, kind: str = "float32"
) -> NDArray[np.floating[Any]]:
    """Returns the whole tensor that the user's initializer ``name`` draws under ``key``, as ``kind``.

    Raises:
        ValueError: If it is not registered in this process, raises anything itself, or what it returns has another
            shape or is not finite in ``kind``.
    """
    import numpy as np  # checking a recipe, which knows who is registered, does not need it

    if name not in drawers:
        raise ValueError(f"no initializer of your own is called {name!r}: import the module that registers it")
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(drawers[name](tuple(shape), key, dict(arguments)))
            if array.dtype.kind in "cOSUMm":
                raise TypeError(f"it returned {array.dtype} and not real numbers")
            values: NDArray[np.floating[Any]] = array.astype(kind)
    except (Exception, SystemExit) as error:  # it is somebody else's code
        raise ValueError(f"{name} raised {type(error).__name__}: {error}") from error
    if values.shape != tuple(shape):
        raise ValueError(f"{name} drew an array of shape {values.shape}: must be {tuple(shape)}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} drew numbers that are not finite in {kind}")
    return values
