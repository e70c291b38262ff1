"""Between which numbers the values of a draw lie."""

from __future__ import annotations

import numpy as np
import pytest

from ms_initkit import draws, stream
from ms_initkit.draws.dtypes import TYPES
from ms_initkit.draws.functions import AbsMean, Norm, Normalize
from ms_initkit.draws.reach import Reach
from tests.draws.edited import NOISY
from tests.laws import EXAMPLES


def test_a_sum_out_of_range_is_found_before_it_is_drawn() -> None:
    reach = Reach(TYPES["float32"], lambda *_: None)
    draw = draws.Edited(draws.Constant(3e38), (draws.AddDraw(draws.Constant(2e38), "then[0]"),))

    assert reach.of(draw, (2,)) is None
    assert reach.faults == ["values as large as 5e+38 arise in add, computed in float32, which ends at 3.40282e+38"]
    assert reach.of(NOISY, (2,)) == pytest.approx((-1 - 6.34 / 2, 1 + 6.34 / 2))


def test_between_which_bounds_values_lie() -> None:
    reach = Reach(TYPES["float32"], lambda *_: None)
    uniform = draws.Uniform(-1.0, 2.0)

    assert reach.of(draws.Made(uniform, (4, 9), Norm((1,))), (4,)) == (0.0, 6.0)
    assert reach.of(draws.Made(uniform, (4, 9), AbsMean((1,))), (4,)) == (0.0, 2.0)
    assert reach.of(draws.Made(uniform, (4, 9), Normalize((1,), -3.0)), (4, 9)) == (-3.0, 3.0)
    assert reach.of(draws.Made(draws.There(), (4, 9), Norm((1,))), (4,)) is None


# Of waves, which fit everywhere, the ends are taken.
@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith("sinusoid")])
def test_every_value_lies_between_the_bounds_that_are_known(name: str) -> None:
    example = EXAMPLES[name]
    draw = example.formula.resolve(example.site)
    reach = Reach(TYPES["float32"], lambda *_: None)

    bounds = reach.of(draw, example.shape)

    assert reach.faults == []
    values = stream.sample(draw, example.shape, stream.key(2, name)).astype(np.float64)
    assert bounds is not None
    slack = 1e-6 * max(abs(bounds[0]), abs(bounds[1]))
    assert bounds[0] - slack <= values.min()
    assert values.max() <= bounds[1] + slack


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (draws.Constant(1e-60), "1e-60 would be written as 0: the smallest float32 is 1.4013e-45"),
        (draws.Constant(1e39), "1e+39 does not fit float32, which ends at 3.40282e+38, in which it is drawn"),
        (draws.Normal(0.0, 1e-50), "a standard deviation of 1e-50 would be 0"),
        (draws.Uniform(-1e-50, 1e-50), "values no larger than 1e-50 would all be 0"),
        (draws.Edited(draws.Uniform(-1.0, 1.0), (draws.Step("log"),)), "log is taken of values as small as -1"),
        (draws.Edited(draws.Constant(1.0), (draws.Step("multiply", 1e39),)), "multiply takes 1e+39"),
        (draws.Edited(draws.Constant(200.0), (draws.Step("exp"),)), "values as large as 7.22597e+86 arise in exp"),
        (draws.Edited(draws.Constant(-200.0), (draws.Step("exp"),)), "values as small as 1.3839e-87 arise in exp"),
        (draws.Edited(draws.Constant(3e38), (draws.Masked(draws.Constant(3.0)),)), "arise in mask"),
    ],
)
def test_what_does_not_fit_on_the_way_is_said(draw: draws.Draw, said: str) -> None:
    reach = Reach(TYPES["float32"], lambda *_: None)

    reach.of(draw, (2,))

    assert said in " ".join(reach.faults)


def test_what_is_loaded_and_there_is_asked_for() -> None:
    reach = Reach(TYPES["float32"], lambda loaded, shape: (-2.0, 3.0), there=lambda name: (0.5, 1.0))
    blocks = draws.Blocks(0, (1, 3), (draws.Loaded("a.npy", ""), draws.There("x")))

    assert reach.of(blocks, (4,)) == (-2.0, 3.0)
    assert reach.of(draws.There("x"), (4,)) == (0.5, 1.0)
    assert Reach(TYPES["float32"], lambda *_: None).of(blocks, (4,)) is None
