"""Matrices taken apart for adapters: as peft does it, and the same whatever the last bits of an SVD are."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from ms_initkit import draws
from ms_initkit.draws import low_rank
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.functions import LowRank
from ms_initkit.draws.low_rank import Scheme
from ms_initkit.draws.valid import fault

PEFT = json.loads((Path(__file__).parents[1] / "families" / "lora_by_peft.json").read_text())
RANK, SCALE = PEFT["rank"], PEFT["alpha"] / PEFT["rank"]
# Of values up to 13 in a float32 decomposition: the backward error of LAPACK, a small multiple of the unit roundoff.
PEFTS_ROUNDING = 64 * 13 * 2.0**-24


def plain(*shape: int) -> Floats:
    """The tensor of ``lora_by_peft.py``."""
    return (((np.arange(np.prod(shape)) * 37) % 101) / 4.0 - 12.0).reshape(shape)


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
def test_factors_are_those_of_peft_up_to_their_signs(scheme: Scheme) -> None:
    matrix, theirs = plain(5, 7), PEFT["made"][scheme]

    a, b = low_rank.factors(matrix, scheme, RANK, SCALE)

    assert np.abs(b @ a - theirs["product"]).max() <= PEFTS_ROUNDING
    assert np.abs(np.abs(a) - np.abs(theirs["A"])).max() <= PEFTS_ROUNDING
    assert np.abs(np.abs(b) - np.abs(theirs["B"])).max() <= PEFTS_ROUNDING
    assert np.abs(low_rank.rest(matrix, scheme, RANK, SCALE) - theirs["base"]).max() <= SCALE * PEFTS_ROUNDING


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (6, 6), (1, 4)])
def test_factors_and_rest_make_the_matrix_again(scheme: Scheme, shape: tuple[int, int]) -> None:
    matrix = plain(*shape).astype(np.float32).astype(np.float64)
    for rank in {1, min(shape)}:
        a, b = low_rank.factors(matrix, scheme, rank, 0.5)
        rest = low_rank.rest(matrix, scheme, rank, 0.5).astype(np.float32)

        # The rest is rounded once to float32, of values that are no larger than the matrix's norm.
        assert np.abs(rest + 0.5 * b @ a - matrix).max() <= 2.0**-24 * np.linalg.norm(matrix)


def test_signs_do_not_depend_on_those_that_lapack_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = plain(6, 5)
    first = low_rank.factors(matrix, "pissa", 3, 1.0)
    low_rank._known.clear()
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    monkeypatch.setattr(np.linalg, "svd", Mock(return_value=(-left, values, -right)))

    second = low_rank.factors(matrix, "pissa", 3, 1.0)

    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_a_matrix_is_taken_apart_once_for_all_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    low_rank._known.clear()
    counted = Mock(wraps=np.linalg.svd)
    monkeypatch.setattr(np.linalg, "svd", counted)

    for _ in range(2):
        for matrix in (plain(6, 5), plain(6, 5) + 1):
            low_rank.factors(matrix, "pissa", 2, 1.0)
            low_rank.rest(matrix, "pissa", 2, 4.0)

    assert counted.call_count == 2


@pytest.mark.parametrize("shape", [(300, 260), (260, 300), (256, 2000)])
def test_few_of_many_singular_values_are_those_of_all(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for matrix in (rng.normal(size=shape), rng.normal(size=(shape[0], 40)) @ rng.normal(size=(40, shape[1]))):
        found = low_rank._largest(matrix, 16)
        assert found is not None
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        assert np.allclose(found[1], values[:16], rtol=1e-12, atol=0)
        product = (left[:, :16] * values[:16]) @ right[:16]
        assert np.allclose((found[0] * found[1]) @ found[2], product, rtol=0, atol=1e-9 * values[0])


def test_of_a_matrix_of_lower_rank_all_are_asked_for() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 300))

    assert low_rank._largest(matrix, 8) is None
    a, b = low_rank.factors(matrix, "pissa", 8, 1.0)
    assert np.abs(b @ a - matrix).max() <= 1e-5 * np.linalg.norm(matrix, 2)
    assert low_rank._largest(np.zeros((300, 300)), 8) is None
    assert not low_rank.factors(np.zeros((300, 300)), "pissa", 8, 1.0).a.any()


@pytest.mark.parametrize(
    ("function", "shape", "said"),
    [
        (LowRank("pissa", "a", 2, 1.0), (4, 4, 3), "has not two axes"),
        (LowRank("olora", "rest", 5, 1.0), (4, 6), "no part of rank 5"),
        (LowRank("olora", "rest", 0, 1.0), (4, 6), "no part of rank 0"),
        (LowRank("olora", "b", 2, -1.0), (4, 6), "a number above 0, not -1"),
    ],
)
def test_what_cannot_be_taken_apart_is_said(function: LowRank, shape: tuple[int, ...], said: str) -> None:
    problem = function.fault(shape)

    assert problem is not None
    assert said in problem


@pytest.mark.parametrize("scheme", ["pissa", "olora"])
@pytest.mark.parametrize("part", ["a", "b", "rest"])
def test_values_stay_within_the_bounds_that_the_plan_knows(scheme: Scheme, part: str) -> None:
    matrix = plain(5, 7)
    function = LowRank(scheme, part, 2, 0.25)  # type: ignore[arg-type]  # one of its words
    found = (
        low_rank.rest(matrix, scheme, 2, 0.25)
        if part == "rest"
        else getattr(low_rank.factors(matrix, scheme, 2, 0.25), part)
    )
    bounds = function.bounds((float(matrix.min()), float(matrix.max())), matrix.shape)

    assert bounds is not None
    assert bounds[0] <= found.min()
    assert found.max() <= bounds[1]
    made = draws.Made(draws.Loaded("a.npz", "w"), matrix.shape, function)
    assert fault(made, found.shape) is None
    assert draws.from_json(json.loads(json.dumps(draws.to_json(made)))) == made
