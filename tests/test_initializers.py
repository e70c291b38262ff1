"""Formulas as MindSpore initializers: everywhere MindSpore takes one, by its seed, in every element type."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import dataclass
from typing import Any

import mindspore as ms
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from mindspore.common import initializer as upstream
from mindspore.common.initializer import Initializer, initializer
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, formulas, initializers, stream
from ms_initkit.formulas import Formula, Site
from tests.laws import EXAMPLES


def door(name: str) -> Any:  # noqa: ANN401 (a class that is derived from MindSpore's untyped one)
    """Returns the example of ``name`` as a MindSpore initializer."""
    formula = EXAMPLES[name].formula
    values = {argument.name: getattr(formula, argument.name) for argument in formulas.arguments(type(formula))}
    return getattr(initializers, type(formula).__name__)(**values)


def values_of(tensor: Any) -> NDArray[np.float64]:  # noqa: ANN401 (a Tensor or Parameter)
    array = tensor.init_data() if isinstance(tensor, Tensor) and tensor.has_init else tensor
    return np.asarray(array.asnumpy()).astype(np.float64)


def test_every_formula_is_an_initializer() -> None:
    for formula in formulas.SHIPPED:
        made = getattr(initializers, formula.__name__)
        assert issubclass(made, Initializer)
        assert issubclass(made, formula)
        assert made.__doc__ == formula.__doc__
        assert formula.__name__ in initializers.__all__
    assert initializers.Zero is initializers.Zeros
    assert initializers.One is initializers.Ones


def test_other_names_of_initializers_and_arguments_serve_as_in_a_recipe() -> None:
    named: Any = initializers  # what a type checker cannot know of

    assert named.KaimingNormal is initializers.HeNormal
    assert named.GlorotUniform(gain=2.0) == initializers.XavierUniform(gain=2.0)
    assert named.XavierUniformInitializer is initializers.XavierUniform
    assert named.TruncNormal(std=0.02) == initializers.TruncNormal(sigma=0.02)
    assert named.HeNormal(a=0.1, mode="fan_out") == initializers.HeNormal(0.1, "fan_out")
    with pytest.raises(TypeError, match="TruncNormal is given one argument under two names: sigma, std"):
        named.TruncNormal(sigma=0.02, std=0.02)


def test_a_type_checker_knows_the_arguments() -> None:
    # Were the classes not typed, the comments that silence the checker would be reported as unused.
    with pytest.raises(TypeError, match="gian"):
        initializers.XavierNormal(gian=1.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="gain is 'a': must be a number"):
        initializers.XavierNormal(gain="a")  # type: ignore[arg-type]


def test_a_name_that_is_none_is_an_attribute_error_with_advice() -> None:
    with pytest.raises(AttributeError, match="no initializer is called 'XavierNromal': did you mean 'XavierNormal'"):
        initializers.XavierNromal  # noqa: B018
    assert not hasattr(initializers, "_private")
    assert "XavierNormal" in dir(initializers)


def test_ones_own_formula_is_one_too() -> None:
    @mik.register_initializer("HalfNormal")
    @dataclass(frozen=True)
    class HalfNormal(Formula):
        """Draws N(0, (scale / 2)**2)."""

        scale: float = 1.0

        def resolve(self, site: Site) -> draws.Draw:
            del site
            return draws.Normal(0.0, self.scale / 2)

    try:
        made = initializers.HalfNormal(2.0)
        assert values_of(initializer(made, (100, 100))).std() == pytest.approx(1.0, rel=5 / math.sqrt(2e4))
        assert pickle.loads(pickle.dumps(made)) == made
    finally:
        formulas.unregister("half_normal")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_initializer_makes_a_parameter(name: str) -> None:
    example = EXAMPLES[name]
    ms.set_seed(3)

    parameter = Parameter(initializer(door(name), example.shape, ms.float32), name="w")

    found = values_of(parameter)
    assert found.shape == example.shape
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_initializer_copies_pickles_and_comes_back_from_its_config(name: str) -> None:
    made = door(name)

    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert type(made).from_config(made.get_config()) == made
    assert repr(made) == repr(EXAMPLES[name].formula)


def test_layers_take_them() -> None:
    ms.set_seed(1)

    dense = nn.Dense(256, 128, weight_init=initializers.XavierNormal(gain=2.0), bias_init=initializers.Constant(0.5))
    conv = nn.Conv2d(3, 64, 3, weight_init=initializers.HeNormal(mode="fan_out", nonlinearity="relu"))
    table = nn.Embedding(1000, 16, embedding_table=initializers.TruncNormalTf(0.02))

    w = values_of(dense.weight)
    assert w.std() == pytest.approx(2 * math.sqrt(2 / 384), rel=5 / math.sqrt(2 * w.size))
    assert (values_of(dense.bias) == 0.5).all()
    assert values_of(conv.weight).std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=5 / math.sqrt(2 * 1728))
    assert np.abs(values_of(table.embedding_table)).max() <= 0.04 + 1e-8


@pytest.mark.parametrize("shape", [[3, 4], (3, 4), 5, ()])
def test_the_initializer_function_takes_them_with_any_shape(shape: Any) -> None:  # noqa: ANN401
    tensor = initializer(initializers.Normal(0.2), shape, ms.float32)

    assert values_of(tensor).shape == (tuple(shape) if not isinstance(shape, int) else (shape,))


def test_mindspores_seed_stays_in_charge() -> None:
    def two() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        ms.set_seed(11)
        same = initializers.Normal(0.2)
        return values_of(initializer(same, (8, 8))), values_of(initializer(same, (8, 8)))

    first, second = two(), two()

    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first[0], first[1])


def test_constants_take_nothing_from_the_generator() -> None:
    np.random.seed(2)  # noqa: NPY002
    before = np.random.get_state()[2]  # type: ignore[index]  # noqa: NPY002

    values_of(initializer(initializers.Identity(), (8, 8)))

    assert np.random.get_state()[2] == before  # type: ignore[index]  # noqa: NPY002


@pytest.mark.parametrize("dtype", [ms.float16, ms.bfloat16, ms.float64])
def test_other_element_types_are_the_rounded_float32_draw(dtype: Any) -> None:  # noqa: ANN401
    def values(of: Any) -> Any:  # noqa: ANN401
        ms.set_seed(5)
        return initializer(initializers.Normal(0.2), (64, 33), of).init_data()

    found = values(dtype)

    assert found.dtype == dtype
    rounded = values(ms.float32).astype(dtype)
    np.testing.assert_array_equal(values_of(found), values_of(rounded))


def test_an_array_that_is_not_contiguous_is_filled_all_the_same() -> None:
    np.random.seed(1)  # noqa: NPY002
    wide = np.zeros((4, 6), np.float32)
    filled: Any = initializers.Normal()
    filled(wide[:, ::2])
    np.random.seed(1)  # noqa: NPY002
    narrow = np.zeros((4, 3), np.float32)
    filled(narrow)

    np.testing.assert_array_equal(wide[:, ::2], narrow)
    assert not wide[:, 1::2].any()


def test_random_draws_into_integers_are_refused_and_whole_numbers_are_not() -> None:
    with pytest.raises(TypeError, match="Normal draws real numbers: an array of int32 would cut them"):
        initializer(initializers.Normal(), (3, 3), ms.int32).init_data()
    with pytest.raises(TypeError, match="Constant has values that int32 cannot hold"):
        initializer(initializers.Constant(0.5), (3, 3), ms.int32).init_data()

    np.testing.assert_array_equal(values_of(initializer(initializers.Arange(), 4, ms.int64)), [0, 1, 2, 3])


def test_a_slice_of_an_unknown_tensor_is_refused_rather_than_guessed() -> None:
    loose = initializers.XavierNormal()

    with pytest.raises(ValueError, match=r"XavierNormal was asked for a slice .* Call mik.attach\(net, recipe, seed="):
        initializer(loose, (8, 4)).init_data(1, (4, 4))

    # MindSpore's slice mode leaves its mark on the seed; the next whole tensor is drawn as if nothing had been.
    assert values_of(initializer(loose, (8, 4))).shape == (8, 4)
    np.testing.assert_array_equal(
        values_of(initializer(initializers.Ones(), (8, 4)).init_data(1, (4, 4))), np.ones((4, 4))
    )


def test_nothing_is_registered_in_mindspores_aliases() -> None:
    ours = {id(getattr(initializers, name)) for name in initializers.__all__}

    assert not ours & {id(value) for value in upstream._INITIALIZER_ALIAS.values()}


class TutorialXavier(Initializer):
    """A custom XavierNormal(gain) as the tutorials write one."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(gain=gain)
        self.gain = gain

    def _initialize(self, arr: NDArray[Any]) -> None:
        std = self.gain * math.sqrt(2.0 / (arr.shape[0] + arr.shape[1]))
        arr[...] = np.random.normal(0, std, arr.shape)  # noqa: NPY002 (as the tutorial does)


@pytest.mark.parametrize("own", [TutorialXavier(3.0), initializers.XavierNormal(3.0)])
def test_the_tutorials_subclass_and_ours_draw_the_same_law(own: Any) -> None:  # noqa: ANN401
    ms.set_seed(4)

    w = values_of(nn.Dense(300, 200, weight_init=own).weight)

    assert w.std() == pytest.approx(3 * math.sqrt(2 / 500), rel=5 / math.sqrt(2 * w.size))


def test_a_registered_initializer_is_drawn_by_the_stream_and_slices() -> None:
    mik.register_initializer("tutorial_xavier")(TutorialXavier)
    try:
        draw = formulas.build("tutorial_xavier", {"gain": 3}).resolve(Site((30, 20)))
        key = stream.key(42, "layer.weight")

        whole = stream.sample(draw, (30, 20), key)

        np.testing.assert_array_equal(stream.sample(draw, (30, 20), key, np.s_[5:9, 3:]), whole[5:9, 3:])
        assert whole.std() == pytest.approx(3 * math.sqrt(2 / 50), rel=5 / math.sqrt(2 * 600))
    finally:
        formulas.unregister("tutorial_xavier")


def test_arguments_in_the_order_of_torch_are_refused() -> None:
    with pytest.raises(ValueError, match=r"would be the mean: write Normal\(mean=0, sigma=0\.02\)$"):
        initializers.Normal(0, 0.02)
    with pytest.raises(ValueError, match=r"write TruncNormal\(mean=0\.0, sigma=0\.02, a=-2, b=2\)$"):
        initializers.TruncNormal(0.0, 0.02, -2, 2)
    with pytest.raises(ValueError, match=r"scale comes first here, not low: write Uniform\(low=-0\.1, high=0\.1\)$"):
        initializers.Uniform(-0.1, 0.1)
    assert initializers.Normal(0).sigma == 0.0
    assert initializers.Normal(sigma=0, mean=0.02) == initializers.Normal(0, mean=0.02)
