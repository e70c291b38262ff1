"""Names, arguments, and a user's own initializers in each of their forms."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from mindspore.common.initializer import Initializer, Normal
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, formulas
from ms_initkit.draws.custom import draw_custom
from ms_initkit.formulas import elementary, scaling
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.fans import Fans
from ms_initkit.formulas.kinds import Range
from tests.laws import EXAMPLES


@pytest.fixture(autouse=True)
def own_names() -> Iterator[None]:
    """Forgets what a test registers."""
    before = set(formulas.names())
    yield
    for name in set(formulas.names()) - before:
        formulas.unregister(name)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("XavierNormal", scaling.XavierNormal),
        ("xavier_normal", scaling.XavierNormal),
        ("xavier_normal_", scaling.XavierNormal),
        ("Xaviernormal", scaling.XavierNormal),
        ("xavier-normal", scaling.XavierNormal),
        ("kaiming_normal_", scaling.HeNormal),
        ("glorot_uniform", scaling.XavierUniform),
        ("Zero", elementary.Zeros),
        ("ones", elementary.Ones),
        ("One", elementary.Ones),
        ("truncatedNormal", elementary.TruncatedNormal),
        ("trunc_normal_", elementary.TruncNormal),
        ("torch_default", scaling.LayerDefault),
    ],
)
def test_a_formula_is_found_in_any_spelling(name: str, formula: type[Formula]) -> None:
    assert formulas.find(name) is formula


def test_mindspores_sixteen_are_all_here() -> None:
    from mindspore.common import initializer

    theirs = [name for name in initializer.__all__ if name.lower() != "initializer"]
    assert len(theirs) >= 15
    for name in theirs:
        assert formulas.find(name) is not None, name
        assert hasattr(mik.initializers, name)


def test_torchs_are_all_here() -> None:
    names = (
        "uniform_ normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_ xavier_normal_ kaiming_uniform_ "
        "kaiming_normal_ trunc_normal_ orthogonal_ sparse_"
    )
    for name in names.split():
        assert formulas.find(name) is not None, name


def test_an_unknown_name_is_none() -> None:
    assert formulas.find("he_nromal") is None
    with pytest.raises(ValueError, match="no initializer is called 'he_nromal'"):
        formulas.known("he_nromal")


def test_names_are_sorted_snake_case_and_unique() -> None:
    names = formulas.names()

    assert list(names) == sorted(set(names))
    assert all(name == formulas.snake_case(name) for name in names)
    assert len({formulas.known(name) for name in names}) == len(names) >= len(formulas.SHIPPED)


@pytest.mark.parametrize(
    ("camel", "snake"),
    [
        ("XavierNormal", "xavier_normal"),
        ("LSTMBias", "lstm_bias"),
        ("Rwkv7Bias", "rwkv7_bias"),
        ("already_so", "already_so"),
    ],
)
def test_class_names_become_snake_case(camel: str, snake: str) -> None:
    assert formulas.snake_case(camel) == snake


@dataclass(frozen=True)
class Everything(Formula):
    """Has an argument of every kind."""

    number: Annotated[float, Range(0.0, 1.0)]
    integer: int
    flag: bool
    word: Literal["a", "b"]
    text: str
    numbers: tuple[float, ...]
    integers: tuple[int, ...]
    formula: Formula
    formulas: tuple[Formula, ...]
    parts: tuple[tuple[float, Formula], ...]
    nothing: float | None = None

    def resolve(self, site: Site) -> draws.Draw:
        return self.formula.resolve(site)


def test_kinds_follow_from_the_types() -> None:
    found = formulas.arguments(Everything)

    assert [argument.kind for argument in found] == [
        "number",
        "integer",
        "flag",
        "word",
        "text",
        "numbers",
        "integers",
        "formula",
        "formulas",
        "mixture parts",
        "number",
    ]
    assert found[0].range == Range(0.0, 1.0)
    assert found[3].choices == ("a", "b")
    assert [argument.is_required for argument in found] == [True] * 10 + [False]
    assert found[-1].is_nullable


def test_arguments_answer_to_other_frameworks_names() -> None:
    assert formulas.build("normal", {"std": 0.5}) == elementary.Normal(0.5)
    assert formulas.build("kaiming_normal", {"a": 0.2}) == scaling.HeNormal(0.2)
    assert formulas.build("uniform_", {"a": 5, "b": 10}) == elementary.Uniform(low=5.0, high=10.0)


def test_an_argument_that_is_not_there_or_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="normal has no argument 'sigmas': it has sigma, std, stddev, mean"):
        formulas.build("normal", {"sigmas": 1})
    with pytest.raises(ValueError, match="'std' is another name of 'sigma', which is given too"):
        formulas.build("normal", {"sigma": 1, "std": 1})


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_name_builds_its_example_from_names_and_plain_values(name: str) -> None:
    formula = EXAMPLES[name].formula
    given = {key: getattr(formula, key) for key in formula.get_config()}

    assert formulas.build(name, given) == formula


@pytest.mark.parametrize("formula", formulas.SHIPPED, ids=lambda formula: formula.__name__)
def test_a_formula_is_made_from_its_defaults_or_says_what_is_missing(formula: type[Formula]) -> None:
    required = [argument.name for argument in formulas.arguments(formula) if argument.is_required]

    if required:
        with pytest.raises(TypeError, match=required[0]):
            formula()
    else:
        assert formula() == formula()


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


def test_a_name_has_to_be_one() -> None:
    with pytest.raises(ValueError, match="'my init' cannot be a name"):
        formulas.register("my init", Everything)


def test_what_is_neither_class_nor_function_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be registered: must be a Formula"):
        mik.register_initializer("seven")(7)


def test_a_wrong_shape_and_infinite_values_are_refused() -> None:
    @mik.register_initializer("wrong_shape")
    def wrong_shape(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[Any]:
        return rng.random((*shape, 1))

    @mik.register_initializer("too_large")
    def too_large(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[Any]:
        return rng.random(shape) / 0.0

    with pytest.raises(ValueError, match=r"wrong_shape drew an array of shape \(3, 1\): must be \(3,\)"):
        draw_by_name("wrong_shape", 1, 3)
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match="not finite"):
        draw_by_name("too_large", 1, 3)


def test_a_plan_of_another_process_names_what_is_missing() -> None:
    with pytest.raises(ValueError, match="no initializer of your own is called 'gone': import the module"):
        draw_custom("gone", (), (3,), 1)


def test_the_registry_needs_neither_numpy_nor_mindspore() -> None:
    code = (
        "import sys; from ms_initkit import formulas; formulas.build('icnr', {'scale': 2});"
        "print([name for name in ('numpy', 'mindspore', 'numba') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_what_is_handed_over_as_a_name_is_not_passed_over_in_silence() -> None:
    def mine(shape: tuple[int, ...], rng: object) -> None: ...

    with pytest.raises(TypeError, match=r"write @register_initializer\('mine'\) above mine, or call what it returns"):
        mik.register_initializer("mine", mine)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match=r"names are text: write @register_initializer\(NAME\) above mine"):
        mik.register_initializer(mine)  # type: ignore[arg-type]  # without a name
