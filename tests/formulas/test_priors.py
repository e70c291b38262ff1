"""Biases by the probability that they stand for."""

from __future__ import annotations

import pytest

from ms_initkit import draws
from ms_initkit.formulas import priors
from tests.formulas.sampled import at


def test_prior_probability_is_retinanets() -> None:
    assert priors.PriorProbability(0.01).resolve(at(80)) == draws.Constant(pytest.approx(-4.59511985013459, rel=1e-14))  # type: ignore[arg-type]  # approx
