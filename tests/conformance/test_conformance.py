"""Initializer by initializer, ours draw what the peers' do; what differs by design differs as it is said to."""

from __future__ import annotations

import contextlib
import math
import os
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ms_initkit import draws, formulas, stream
from ms_initkit.formulas import Fans, Site, fans
from ms_initkit.formulas.members import per_member
from ms_initkit.formulas.scaling import gain_of
from tests.conformance.cases import CASES, DIFFERENCES, FLAX, MATRIX, Case, Difference
from tests.conformance.peers import draw as draw_of_peer

os.environ.setdefault("KERAS_BACKEND", "jax")
for peer in ("torch", "jax", "keras"):
    pytest.importorskip(peer, reason="`make conformance` has the peers")
pytestmark = pytest.mark.filterwarnings("default")

DETERMINISTIC = (
    "eye_",
    "dirac_",
    "constant_",
    "constant",
    "zeros",
    "ones",
    "Zeros",
    "Ones",
    "Constant",
    "Identity",
    "Zero",
    "One",
    "Dirac",
)
SIGNIFICANCE = 1e-6


def site_of(case: Case) -> Site:
    known: Fans | None = None
    if case.fans:
        known = fans.from_axes(case.shape, **case.fans)
    elif len(case.shape) > 1:
        known = fans.from_shape(case.shape)
    return Site(case.shape, known)


def resolved(case: Case) -> draws.Draw:
    formula = formulas.build(case.ours, case.config)
    return draws.Constant(0.0) if 0 in case.shape else formula.resolve(site_of(case))


def draw_of_ours(case: Case) -> NDArray[Any]:
    draw, key = resolved(case), stream.key(5, "w")
    if case.dtype == "float32":
        return stream.sample(draw, case.shape, key)
    if case.dtype == "float16":
        half = np.empty(case.shape, np.float16)
        stream.fill(half, draw, case.shape, key, dtype="float16")
        return half.astype(np.float32)
    if case.dtype != "bfloat16":
        raise TypeError(f"random draws are not made for {case.dtype}")
    bits = np.empty(case.shape, np.uint16)
    stream.fill(bits, draw, case.shape, key, dtype="bfloat16")
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _of_peer(case: Case) -> NDArray[Any]:
    return draw_of_peer(case.peer, case.name, case.shape, case.arguments, case.dtype)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ours_draws_what_the_peer_draws(case: Case) -> None:
    theirs, ours = _of_peer(case), draw_of_ours(case)

    assert ours.shape == theirs.shape == case.shape
    if case.name in DETERMINISTIC or theirs.std() == 0:
        np.testing.assert_array_equal(ours, theirs)
        return
    if "rthogonal" in case.name:
        _assert_same_gram(ours, theirs, case)
    if "parse" in case.name:
        np.testing.assert_array_equal((ours == 0).sum(axis=0), (theirs == 0).sum(axis=0))
        ours, theirs = ours[ours != 0], theirs[theirs != 0]
    _assert_same_law(ours, theirs)


def _assert_same_gram(ours: NDArray[Any], theirs: NDArray[Any], case: Case) -> None:
    # Rows are the first axis for torch and MindSpore; columns are the last one for JAX and Keras.
    rows = case.shape[0] if case.peer in ("torch", "mindspore") else math.prod(case.shape[:-1])
    for values in (ours, theirs):
        singular = np.linalg.svd(values.reshape(rows, -1).astype(np.float64), compute_uv=False)
        np.testing.assert_allclose(singular, case.config["gain"], rtol=1e-5)


def _assert_same_law(ours: NDArray[Any], theirs: NDArray[Any]) -> None:
    x, y = ours.reshape(-1).astype(np.float64), theirs.reshape(-1).astype(np.float64)
    assert stats.ks_2samp(x, y).pvalue > SIGNIFICANCE
    pooled = np.concatenate([x, y])
    z = (pooled - pooled.mean()) / pooled.std()
    kurtosis = float((z**4).mean())
    error = math.sqrt(1 / x.size + 1 / y.size)
    assert abs(x.mean() - y.mean()) < 5 * pooled.std() * error
    assert abs(x.std() / y.std() - 1) < 5 * 0.5 * math.sqrt(kurtosis - 1) * error
    if kurtosis < 2.5:  # bounded: the extremes are near to the bounds
        width = y.max() - y.min()
        assert x.min() == pytest.approx(y.min(), abs=0.02 * width)
        assert x.max() == pytest.approx(y.max(), abs=0.02 * width)


def _outcome(values: NDArray[Any] | None, difference: Difference) -> str | float:
    if values is None:
        return "refuses"
    if difference.measure == "greatest":
        return float(np.abs(values).max() / values.std())
    if difference.measure == "distinct":
        return float(len(np.unique(values)))
    if difference.measure == "std":
        return float(values.std())
    return "draws"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: str(difference.case))
def test_what_differs_by_design_differs_as_it_is_said_to(difference: Difference) -> None:
    case = difference.case
    found = []
    for draw in (_of_peer, draw_of_ours):
        values: NDArray[Any] | None = None
        with contextlib.suppress(ValueError, TypeError, RuntimeError, IndexError):
            values = draw(case)
        found.append(_outcome(values, difference))

    for outcome, said in zip(found, (difference.theirs, difference.ours), strict=True):
        assert outcome == (said if isinstance(said, str) else pytest.approx(said, rel=0.1, abs=1e-6))


@pytest.mark.parametrize(
    ("word", "slope"),
    [
        *((word, None) for word in ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose2d", "sigmoid", "tanh")),
        *((word, None) for word in ("relu", "leaky_relu", "selu")),
        *(("leaky_relu", slope) for slope in (0.0, 0.2, 1.0, -3.0, 5**0.5)),
    ],
)
def test_gains_are_torchs(word: Any, slope: float | None) -> None:  # noqa: ANN401 (one of a literal's words)
    import torch

    ours = gain_of(word) if slope is None else gain_of(word, slope)

    assert ours == torch.nn.init.calculate_gain(word, slope)


@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 7), (2, 3), (5, 4, 3), (5, 4, 3, 2), (5, 4, 3, 2, 1)])
def test_fans_are_the_peers(shape: tuple[int, ...]) -> None:
    import torch
    from jax._src.nn.initializers import _compute_fans as of_jax
    from keras.src.initializers.random_initializers import compute_fans as of_keras

    ours = fans.from_shape(shape)
    assert (ours.fan_in, ours.fan_out) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    last = fans.from_axes(shape, **FLAX)
    assert (last.fan_in, last.fan_out) == of_jax(shape)
    assert (last.fan_in, last.fan_out) == of_keras(shape)


def test_layers_are_made_as_torch_makes_them() -> None:
    import torch

    torch.manual_seed(3)
    for layer in (torch.nn.Linear(300, 5000), torch.nn.Conv2d(32, 2000, 3, groups=2)):
        weight = tuple(layer.weight.shape)
        for values in (layer.weight, layer.bias):
            draw = formulas.build("layer_default", {}).resolve(Site(tuple(values.shape), fans.from_shape(weight)))
            ours = stream.sample(draw, tuple(values.shape), stream.key(1, "w"))
            _assert_same_law(ours, values.detach().numpy())


@pytest.mark.parametrize("name", ["normal_", "uniform_"])
def test_beyond_2_to_the_24_elements_laws_still_agree(name: str) -> None:
    shape = (2**24 + 3,)
    ours = "normal" if name == "normal_" else "uniform"
    config: dict[str, float] = {"sigma": 1.0} if name == "normal_" else {"low": 0.0, "high": 1.0}
    case = Case("torch", name, {}, shape, ours, config)

    theirs, mine = draw_of_peer("torch", name, shape, {}), draw_of_ours(case)

    _assert_same_law(mine, theirs)
    if name == "normal_":
        assert float(np.abs(mine).max()) == pytest.approx(float(np.abs(theirs).max()), abs=1.0)
    else:
        assert mine.min() >= 0
        assert mine.max() < 1


@pytest.mark.parametrize("shape", [(1,), (1, 1), (0,), (0, 3), (2, 0, 3)])
@pytest.mark.parametrize(("name", "ours"), [("normal_", "normal"), ("uniform_", "uniform"), ("zeros_", "zeros")])
def test_sizes_of_0_and_1_are_drawn(name: str, ours: str, shape: tuple[int, ...]) -> None:
    config: dict[str, float] = {"low": 0.0, "high": 1.0} if ours == "uniform" else {}
    case = Case("torch", name, {}, shape, ours, config)

    assert draw_of_ours(case).shape == draw_of_peer("torch", name, shape, {}).shape == shape


def test_members_of_a_stack_are_what_jax_makes_of_each() -> None:
    single = formulas.build("orthogonal", {"column_axis": "last"}).resolve(Site(MATRIX, None))

    stack = stream.sample(per_member(single, (0,), 3), (4, *MATRIX), stream.key(1, "w"))

    for member in (*stack, draw_of_peer("jax", "orthogonal", MATRIX, {})):
        np.testing.assert_allclose(member.T.astype(np.float64) @ member, np.eye(MATRIX[1]), atol=1e-5)


def test_a_delta_orthogonal_kernel_is_jaxs_with_its_axes_moved() -> None:
    theirs = draw_of_peer("jax", "delta_orthogonal", (3, 3, 6, 8), {"scale": 2.0}).transpose(3, 2, 0, 1)
    ours = draw_of_ours(Case("jax", "delta_orthogonal", {}, (8, 6, 3, 3), "delta_orthogonal", {"gain": 2.0}))

    for kernel in (ours, theirs):
        assert (kernel.sum(axis=(2, 3)) == kernel[:, :, 1, 1]).all()
        np.testing.assert_allclose(np.linalg.svd(kernel[:, :, 1, 1], compute_uv=False), 2.0, rtol=1e-5)
