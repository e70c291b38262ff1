"""Any slice of any parameter of a plan, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit import draws, stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ms_initkit.plans import Plan


def draw(plan: Plan, name: str, *, seed: int, index: stream.Index | None = None) -> NDArray[np.float32]:
    """Returns the values of parameter ``name``, or a slice of them, in float32, as an apply with ``seed`` writes them.

    Args:
        plan: A plan; its network is not needed.
        name: Any name that the parameter answers to.
        seed: The seed of the apply.
        index: Slices of step 1 and whole numbers, as NumPy indexes the whole tensor; None is all of it.

    Raises:
        KeyError: If no parameter answers to ``name``.
        ValueError: If the parameter is kept, so that the plan does not know its values.
    """
    line = plan[name]
    if isinstance(line.draw, draws.Keep):
        raise ValueError(f"{name!r} is kept: the plan does not know its values")
    return stream.sample(line.draw, line.shape, stream.key(seed, line.stream), index)
