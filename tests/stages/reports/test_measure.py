"""Statistics of whole tensors, and their histograms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from tests.networks import Mixed
from tests.recipes import recipe


def test_what_is_measured_is_of_the_whole_tensor() -> None:
    net = nn.Dense(2048, 1024, has_bias=False)
    report = mik.apply(net, recipe('{match: "**", init: {linspace: {start: -1, stop: 1}}}'), seed=7)

    (found,) = report.measure().values()

    values = net.weight.asnumpy().astype(np.float64)
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.std == pytest.approx(values.std(), rel=1e-12)
    assert (found.low, found.high, found.zeros) == (values.min(), values.max(), (values == 0).sum())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", "bool"])
def test_the_last_of_millions_of_values_counts(dtype: str) -> None:
    values = np.zeros((3, 1 << 20), dtype)
    values[-1, -1] = 1
    net = nn.Cell()
    net.w = Parameter(Tensor(values), requires_grad=False, name="w")

    found = mik.apply(net, recipe("{match: {name: w, trainable: any}, init: keep}"), seed=7).measure()["w"]

    assert (found.low, found.high, found.zeros) == (0, 1, values.size - 1)
    assert found.mean == pytest.approx(1 / values.size, rel=1e-12)
    assert found.std == pytest.approx(np.sqrt((1 - 1 / values.size) / values.size), rel=1e-12)


def test_a_histogram_is_that_of_numpy(report: mik.Report) -> None:
    values = report.net.hidden.weight.asnumpy().astype(np.float64)  # type: ignore[union-attr]  # as it was made
    edges = 0.02 * np.linspace(-4, 4, 41)
    expected = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / values.size

    found = report.measure()["hidden.weight"].shares

    assert found == pytest.approx(expected.tolist(), abs=1e-3)


def test_every_element_type_and_what_has_no_elements_is_measured() -> None:
    net = Mixed()
    net.empty = Parameter(Tensor(np.zeros((0, 3), np.float32)), name="empty")
    net.steps = Parameter(Tensor(np.arange(5, dtype=np.int32)), requires_grad=False, name="steps")

    found = mik.apply(net, recipe('{match: "**", init: {normal: 0.02}}'), seed=7).measure()

    assert all(abs(found[name].std - 0.02) < 0.001 for name in ("float16", "bfloat16", "float32", "float64"))
    assert math.isnan(found["empty"].mean)
    assert found["steps"].mean == 2.0
