"""The arithmetic of ``draws.Step``, the same wherever values are stepped."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import Step, portable

_Float = TypeVar("_Float", np.float32, np.float64)


def stepped(step: Step, values: NDArray[_Float]) -> NDArray[_Float]:
    """Returns ``values`` after ``step``, in their own precision.

    Raises:
        ValueError: If there is no such step.
    """
    operand = values.dtype.type(step.value)
    with np.errstate(all="ignore"):
        match step.name:
            case "add":
                return values + operand
            case "multiply":
                return values * operand
            case "at_least":
                return np.maximum(values, operand)
            case "below":
                return np.minimum(values, np.nextafter(operand, -np.inf, dtype=values.dtype))
            case "abs":
                return np.abs(values)
            case "log":
                return portable.log(values).astype(values.dtype)
            case "exp":
                return portable.exp(values).astype(values.dtype)
            case "inverse_softplus":
                wide = values.astype(np.float64)
                return (wide + portable.log(-portable.expm1(-wide))).astype(values.dtype)
    raise ValueError(f"no step is called {step.name!r}")
