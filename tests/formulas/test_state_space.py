"""What state space models begin with, held against the references."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ms_initkit.formulas import state_space
from tests.formulas.sampled import assert_equal, sample, table


def test_mamba_steps_are_log_uniform_above_the_floor() -> None:
    b = sample(state_space.MambaDtBias(1e-4, 1e-1, 1e-3), 30_000).astype(np.float64)

    step = np.log1p(np.exp(b))
    assert step.min() == pytest.approx(1e-3, rel=1e-5)
    assert (np.abs(step - 1e-3) < 1e-8).mean() == pytest.approx(1 / 3, abs=5 * math.sqrt(2 / 9 / 30_000))


def test_mamba_logs_count_from_one_in_every_row() -> None:
    assert_equal(table(state_space.MambaALog(), 3, 16), np.tile(np.log(np.arange(1, 17)), (3, 1)))


def test_hippo_is_the_scaled_legendre_operator() -> None:
    # As in the reference: T M T^-1 with T = diag(sqrt(2 q + 1)).
    q = np.arange(6.0)
    column, row = np.meshgrid(q, q)
    root = np.diag(np.sqrt(2 * q + 1))
    expected = root @ -(np.where(row >= column, 2 * q + 1, 0) - np.diag(q)) @ np.linalg.inv(root)

    np.testing.assert_allclose(table(state_space.HippoLegs(), 6, 6), expected, rtol=1e-6, atol=1e-6)
    assert_equal(table(state_space.HippoLegs("B"), 2, 6)[1], np.sqrt(2 * q + 1))


def test_s4d_imaginary_parts_are_the_references() -> None:
    n, size = np.arange(16), 32

    assert_equal(table(state_space.S4dImaginary("lin"), 2, 16)[1], np.pi * n)
    np.testing.assert_allclose(
        table(state_space.S4dImaginary("inv"), 2, 16)[1], size / np.pi * (size / (1 + 2 * n) - 1), rtol=1e-6
    )
    np.testing.assert_allclose(table(state_space.S4dImaginary("quad"), 2, 16)[1], (1 + 2 * n) ** 2 / np.pi, rtol=1e-6)
