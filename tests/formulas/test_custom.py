"""Initializers of one's own, registered by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from mindspore import nn
from mindspore.common.initializer import Initializer, Normal
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, formulas
from ms_initkit.draws.custom import draw_custom
from ms_initkit.formulas import scaling
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans

pytestmark = pytest.mark.usefixtures("own_initializers")


def test_a_formula_of_ones_own_is_used_by_name() -> None:
    @mik.register_initializer("HalfNormal")
    @dataclass(frozen=True)
    class Half(Formula):
        """Draws N(0, (scale / 2)**2)."""

        scale: float = 1.0

        def resolve(self, site: Site) -> draws.Draw:
            del site
            return draws.Normal(0.0, self.scale / 2)

    assert formulas.find("half_normal") is Half
    assert formulas.build("half_normal", {"scale": 3}).resolve(Site((2,))) == draws.Normal(0.0, 1.5)


def register_class() -> type[Any]:
    @mik.register_initializer("own_xavier")
    class OwnXavier(Initializer):
        """Draws Xavier's normal as the tutorial writes it."""

        def __init__(self, gain: float = 1) -> None:
            super().__init__(gain=gain)
            self.gain = gain

        def _initialize(self, arr: NDArray[Any]) -> None:
            std = self.gain * math.sqrt(2.0 / (arr.shape[0] + arr.shape[1]))
            arr[:] = np.random.normal(0, std, arr.shape)  # noqa: NPY002 (as tutorials do)

    return OwnXavier


def draw_by_name(name: str, key: int, *shape: int, **values: object) -> NDArray[np.float32]:
    draw = formulas.build(name, values).resolve(Site(shape))
    assert isinstance(draw, draws.Custom)
    return draw_custom(draw.name, draw.arguments, shape, key)


def test_a_mindspore_class_of_ones_own_is_a_function_of_key_and_shape() -> None:
    register_class()
    np.random.seed(5)  # noqa: NPY002
    state = np.random.get_state()  # noqa: NPY002

    first = draw_by_name("own_xavier", 1 << 40, 300, 200, gain=2)

    np.testing.assert_array_equal(first, draw_by_name("OwnXavier", 1 << 40, 300, 200, gain=2.0))
    assert not np.array_equal(first, draw_by_name("own_xavier", 1 << 41, 300, 200, gain=2))
    assert first.std() == pytest.approx(2 * math.sqrt(2 / 500), rel=5 / math.sqrt(2 * 60_000))
    assert first.dtype == np.float32
    after = np.random.get_state()  # noqa: NPY002
    assert str(state) == str(after)


def test_a_class_that_calls_mindspores_own_samplers_is_one_too() -> None:
    @mik.register_initializer("wider")
    class Wider(Normal):
        """Draws N(0, 4)."""

        def __init__(self) -> None:
            super().__init__(2.0)

    first = draw_by_name("wider", 3, 200, 200)

    np.testing.assert_array_equal(first, draw_by_name("wider", 3, 200, 200))
    assert first.std() == pytest.approx(2.0, rel=5 / math.sqrt(2 * 40_000))


def test_the_tutorials_function_is_registered_by_name() -> None:
    @mik.register_initializer("my_init")
    def my_init(shape: tuple[int, ...], rng: np.random.Generator, low: float = 5.0) -> NDArray[Any]:
        """Draws U[-10, 10) and sets what is within +-low to 0."""
        values = rng.uniform(-10, 10, shape)
        values[np.abs(values) < low] = 0
        return values

    first = draw_by_name("MyInit", 7, 400, 100)

    np.testing.assert_array_equal(first, draw_by_name("my_init", 7, 400, 100, low=5))
    assert not np.array_equal(first, draw_by_name("my_init", 8, 400, 100))
    assert (first == 0).mean() == pytest.approx(0.5, abs=5 * 0.5 / 200)
    assert [argument.kind for argument in formulas.arguments(formulas.known("my_init"))] == ["number"]


def test_a_function_may_return_an_initializer_or_a_draw() -> None:
    @mik.register_initializer("scaled_xavier")
    def scaled_xavier(times: float, shape: tuple[int, ...]) -> Formula:
        return scaling.XavierNormal(times * len(shape))

    @mik.register_initializer("by_fans")
    def by_fans(fans: Fans) -> draws.Draw:
        assert fans.fan_in is not None
        return draws.Normal(0.0, fans.fan_in)

    site = Site((4, 4), Fans(4, 4))
    assert formulas.build("scaled_xavier", {"times": 3}).resolve(site) == scaling.XavierNormal(6).resolve(site)
    assert formulas.build("by_fans", {}).resolve(site) == draws.Normal(0.0, 4)


def test_a_function_that_returns_an_array_without_a_generator_is_told_so() -> None:
    @mik.register_initializer("forgetful")
    def forgetful() -> NDArray[Any]:
        return np.zeros(3)

    with pytest.raises(TypeError, match="a function that returns an array takes `rng`"):
        formulas.build("forgetful", {}).resolve(Site((3,)))


@pytest.mark.parametrize("name", ["XavierNormal", "kaiming_normal", "zero"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the name '{formulas.snake_case(name)}' is taken by"):

        @mik.register_initializer(name)
        def clash(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[Any]:
            return rng.random(shape)


def test_what_is_neither_class_nor_function_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be registered: must be a Formula"):
        mik.register_initializer("seven")(7)


def test_what_is_handed_over_as_a_name_is_not_passed_over_in_silence() -> None:
    def mine(shape: tuple[int, ...], rng: object) -> None: ...

    with pytest.raises(TypeError, match=r"write @register_initializer\('mine'\) above mine, or call what it returns"):
        mik.register_initializer("mine", mine)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match=r"names are text: write @register_initializer\(NAME\) above mine"):
        mik.register_initializer(mine)  # type: ignore[arg-type]  # without a name


def define(value: float, *names: str) -> None:
    """Runs the cell of a notebook that defines an initializer."""

    @mik.register_initializer("mine", *names)
    def mine(shape: tuple[int, ...], rng: np.random.Generator, factor: float = 1) -> NDArray[Any]:
        del rng
        return np.full(shape, factor * value, np.float32)


def first_value(recipe: object) -> float:
    net = nn.Dense(3, 2, has_bias=False)
    mik.apply(net, recipe, seed=1)  # type: ignore[arg-type]  # one of many kinds
    return float(net.weight.asnumpy()[0, 0])


def test_what_is_defined_again_takes_the_place_of_what_it_was() -> None:
    define(1, "also_mine")
    assert first_value({"**": {"mine": {"factor": 2}}}) == 2
    kept = mik.load_recipe({"**": {"mine": {"factor": 2}}})
    made = mik.initializers.Mine(factor=3)

    define(10)

    assert first_value({"**": {"mine": {"factor": 2}}}) == 20
    assert formulas.find("also_mine") is None, "what is no longer said is forgotten"
    assert first_value(kept) == 20, "a recipe that was read before"
    assert first_value({"**": made}) == 30, "an instance that was made before"
    assert type(mik.initializers.Mine()) is not type(made)


def test_a_formula_that_is_defined_again_takes_the_place_of_what_it_was() -> None:
    def cell(value: float) -> type[Formula]:
        @mik.register_initializer("mine")
        @dataclass(frozen=True)
        class Mine(Formula):
            def resolve(self, site: Site) -> draws.Draw:
                del site
                return draws.Constant(value)

        return Mine

    old, new = cell(1), cell(2)

    assert formulas.find("mine") is new
    assert first_value({"**": "mine"}) == 2
    assert first_value({"**": old()}) == 2, "recipes go by names"


def test_what_is_defined_elsewhere_does_not_take_a_name() -> None:
    define(1)

    with pytest.raises(ValueError, match=r"'mine' is taken by 'mine' \(tests.formulas.test_custom\): choose another"):

        @mik.register_initializer("mine")
        def other(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[Any]:
            return rng.random(shape)

    with pytest.raises(ValueError, match="the name 'kaiming_normal' is taken by 'he_normal'"):
        define(2, "kaiming_normal")
    assert first_value({"**": "mine"}) == 1, "what is refused changes nothing"


def test_a_lambda_has_no_name_by_which_it_were_the_same() -> None:
    mik.register_initializer("mine")(lambda shape, rng: np.zeros(shape))

    with pytest.raises(ValueError, match="the name 'mine' is taken"):
        mik.register_initializer("mine")(lambda shape, rng: np.ones(shape))
