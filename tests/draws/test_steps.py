"""Each step against the arithmetic that its name says, in the values' own precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ms_initkit.draws import Step
from ms_initkit.draws.steps import stepped

VALUES = (-2.5, -1e-3, 0.5, 1.0, 3.0)
POSITIVE = (1e-3, 0.5, 1.0, 20.0)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("step", "values", "expected"),
    [
        (Step("add", 0.1), VALUES, lambda x: x + x.dtype.type(0.1)),
        (Step("multiply", 0.1), VALUES, lambda x: x * x.dtype.type(0.1)),
        (Step("at_least", 0.1), VALUES, lambda x: np.maximum(x, x.dtype.type(0.1))),
        (Step("abs"), VALUES, np.abs),
        (Step("log"), POSITIVE, np.log),
        (Step("exp"), VALUES, np.exp),
        (Step("inverse_softplus"), POSITIVE, lambda x: np.log(np.expm1(x.astype(np.float64)))),
    ],
    ids=lambda value: value.name if isinstance(value, Step) else "",
)
def test_a_step_is_the_arithmetic_of_its_name(
    step: Step,
    values: tuple[float, ...],
    expected: Callable[[NDArray[Any]], NDArray[Any]],
    kind: type[np.floating[Any]],
) -> None:
    array: NDArray[Any] = np.array(values, kind)

    found = stepped(step, array)

    assert found.dtype == kind
    np.testing.assert_allclose(found, expected(array), rtol=4 * float(np.finfo(kind).eps))


def test_below_ends_at_the_greatest_number_below() -> None:
    found = stepped(Step("below", 1.0), np.array([0.25, 1.0, 2.0], np.float32))

    assert found.tolist() == [0.25, 1.0 - 2.0**-24, 1.0 - 2.0**-24]


def test_another_step_is_refused() -> None:
    with pytest.raises(ValueError, match="no step is called 'cube'"):
        stepped(Step("cube"), np.ones(1))  # type: ignore[arg-type]  # the mistake
