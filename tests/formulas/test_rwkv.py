"""What RWKV begins with, held against the references."""

from __future__ import annotations

import math

import numpy as np

from ms_initkit.formulas import rwkv
from tests.formulas.sampled import assert_equal, table


def test_rwkv4_tables_are_the_references() -> None:
    layer, depth, size = 3, 12, 16
    i = np.arange(size)
    rising, falling = layer / (depth - 1), 1 - layer / depth

    assert_equal(table(rwkv.Rwkv4TimeDecay(layer, depth), size), -5 + 8 * (i / (size - 1)) ** (0.7 + 1.3 * rising))
    assert_equal(table(rwkv.Rwkv4TimeFirst(), size), math.log(0.3) + ((i + 1) % 3 - 1) * 0.5)
    mixes = {
        "key": (i / size) ** falling,
        "value": (i / size) ** falling + 0.3 * rising,
        "receptance": (i / size) ** (0.5 * falling),
    }
    for part, expected in mixes.items():
        assert_equal(table(rwkv.Rwkv4TimeMix(layer, depth, part), 1, 1, size)[0, 0], expected)  # type: ignore[arg-type]  # a word


def test_rwkv7_tables_are_the_references() -> None:
    layer, depth, size, head = 3, 12, 32, 8
    n = np.arange(size)
    rising, falling = layer / (depth - 1), 1 - layer / depth
    linear = n / (size - 1) - 0.5
    zigzag = (n % head - (head - 1) / 2) / ((head - 1) / 2)
    zigzag = zigzag * abs(zigzag)
    www = -6 + 6 * (n / (size - 1)) ** (1 + rising**0.3)
    constants = {
        "decay": www + 0.5 + zigzag * 2.5,
        "rate": -0.19 + zigzag * 0.3 + linear * 0.4,
        "value": 0.73 - linear * 0.4,
        "removal_key": 0.71 - linear * 0.1,
    }
    for part, expected in constants.items():
        found = table(rwkv.Rwkv7Bias(layer, depth, part, head), 1, 1, size)  # type: ignore[arg-type]  # a word
        np.testing.assert_allclose(found[0, 0], expected, rtol=1e-6, atol=2e-6)
    mixes = {"receptance": 0.2 * falling, "rate": 0.9 * falling, "key": 0.7 * falling, "channel": falling**4}
    for part, power in mixes.items():
        assert_equal(table(rwkv.Rwkv7TimeMix(layer, depth, part), 1, 1, size)[0, 0], 1 - (n / size) ** power)  # type: ignore[arg-type]  # a word


def test_a_single_layer_has_no_division_by_zero() -> None:
    np.testing.assert_array_equal(table(rwkv.Rwkv4TimeDecay(0, 1), 8), table(rwkv.Rwkv4TimeDecay(0, 12), 8))
