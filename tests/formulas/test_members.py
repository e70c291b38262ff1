"""In a stack every member has the structure that the initializer gives a tensor of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws.moments import moments
from ms_initkit.formulas.members import per_member
from ms_initkit.plans.bind import bind
from ms_initkit.stages.draw import draw
from tests.recipes import info, recipe

EXPERTS = "fans: {batch_axes: [0]}"
TABLES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("dirac", (8, 8, 3, 3)),
    ("{dirac: {groups: 2}}", (8, 4, 3)),
    ("{identity: 2}", (5, 7)),
    ("hadamard", (6, 4)),
    ("hadamard", (4, 6, 3, 3)),
    ("bilinear", (2, 2, 4, 4)),
    ("{bilinear: diagonal}", (2, 2, 4, 4)),
    ("hippo_legs", (6, 6)),
)


def stack(init: str, shape: tuple[int, ...], extra: str = EXPERTS) -> NDArray[np.float64]:
    """Returns what a rule draws for a stack."""
    plan = bind(recipe(f'{{match: "**", init: {init}, {extra}}}'), [info("experts.w", shape)], strict=True)
    return draw(plan, "experts.w", seed=3).astype(np.float64)


@pytest.mark.parametrize(
    "extra",
    [
        EXPERTS,
        "fans: {in_axes: [1], out_axes: [2], batch_axes: [0]}",
        "fans: {in_axes: [1], out_axes: [2], batch_axes: [-3]}",
        "blocks: {axis: 0, parts: 8}",
        "blocks: {axis: 0, parts: 8}, fans: {batch_axes: [0]}",
        "blocks: {axis: 0, parts: 4}, fans: {batch_axes: [0]}",
    ],
)
@pytest.mark.parametrize("init", ["orthogonal", "{orthogonal: {gain: 1, column_axis: last}}"])
def test_every_expert_is_orthogonal(init: str, extra: str) -> None:
    values = stack(init, (8, 64, 64), extra)

    np.testing.assert_allclose(np.linalg.svd(values, compute_uv=False), 1.0, atol=1e-5)
    assert len({member.tobytes() for member in values}) == 8


def test_members_may_lie_along_any_axes() -> None:
    values = stack("orthogonal", (32, 3, 16, 2), "fans: {batch_axes: [1, 3]}")

    matrices = values.transpose(1, 3, 0, 2)
    np.testing.assert_allclose(np.linalg.svd(matrices, compute_uv=False), 1.0, atol=1e-5)


def test_fused_experts_are_cut_and_then_orthogonal_each() -> None:
    values = stack("orthogonal", (4, 48, 16), "blocks: {axis: 1, parts: 3}, fans: {batch_axes: [0]}")

    parts = values.reshape(4, 3, 16, 16)
    np.testing.assert_allclose(np.linalg.svd(parts, compute_uv=False), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("init", "shape", "extra"),
    [
        *((init, shape, extra) for extra in (EXPERTS, "blocks: {axis: 0, parts: 3}") for init, shape in TABLES),
        ("{lstm_forget_bias: 1}", (8,), EXPERTS),
    ],
)
def test_a_table_is_every_members(init: str, shape: tuple[int, ...], extra: str) -> None:
    alone = bind(recipe(f'{{match: "**", init: {init}}}'), [info("w", shape)], strict=True)

    values = stack(init, (3, *shape), extra)

    assert values.any()
    for member in values:
        np.testing.assert_array_equal(member, draw(alone, "w", seed=1))


def test_every_member_of_a_delta_orthogonal_stack_keeps_norms() -> None:
    values = stack("delta_orthogonal", (3, 8, 6, 3, 3))

    np.testing.assert_allclose(np.linalg.svd(values[..., 1, 1], compute_uv=False), 1.0, atol=1e-5)
    assert (values.sum(axis=(-1, -2)) == values[..., 1, 1]).all()


def test_every_column_of_every_member_of_a_sparse_stack_has_its_zeros() -> None:
    values = stack("{sparse: {sparsity: 0.3, sigma: 0.5}}", (5, 100, 40))

    assert ((values == 0).sum(axis=1) == 30).all()
    assert values[values != 0].std() == pytest.approx(0.5, rel=5 / math.sqrt(2 * 14_000))


def test_icnr_repeats_the_channels_of_every_member() -> None:
    values = stack("{icnr: 2}", (3, 8, 5, 3, 3))

    repeated = values.reshape(3, 2, 4, 5, 3, 3)
    assert (repeated == repeated[:, :, :1]).all()
    assert not (repeated[:, 0, 0] == repeated[:, 1, 0]).any()


def test_block_orthogonal_cuts_every_member() -> None:
    values = stack("{block_orthogonal: {split_sizes: [4, 6]}}", (2, 8, 12))

    blocks = values.reshape(2, 2, 4, 2, 6).transpose(0, 1, 3, 2, 4)
    np.testing.assert_allclose(np.linalg.svd(blocks, compute_uv=False), 1.0, atol=1e-5)


def test_rwkv_orthogonal_is_a_stack_of_its_own_accord() -> None:
    named = stack("{rwkv_orthogonal: 1}", (3, 16, 4))
    by_itself = stack("{rwkv_orthogonal: 1}", (3, 16, 4), "fans: shape")

    for values in (named, by_itself):
        np.testing.assert_allclose(np.linalg.svd(values, compute_uv=False), 2.0, atol=1e-5)


def test_a_slice_of_a_stack_is_that_slice_of_the_whole() -> None:
    for inner in (draws.Whole("orthogonal", (("gain", 1.0),)), draws.Table("eye", (("gain", 1.0),))):
        stacked = per_member(inner, (1,), 3)
        whole = stream.sample(stacked, (6, 4, 6), 9)

        np.testing.assert_array_equal(stream.sample(stacked, (6, 4, 6), 9, np.s_[2:5, 1:3, 1:]), whole[2:5, 1:3, 1:])


def test_a_stack_comes_back_from_json_and_has_its_members_moments() -> None:
    stacked = per_member(draws.Whole("orthogonal", (("gain", 2.0), ("column_axis", "first"))), (0,), 3)

    assert draws.from_json(draws.to_json(stacked)) == stacked
    assert moments(stacked, (7, 16, 64)).std == pytest.approx(2.0 / 8.0)


def test_ones_own_initializer_is_refused_for_members() -> None:
    with pytest.raises(ValueError, match="a draw of a whole tensor cannot be made for each member along axes 0, 2"):
        per_member(draws.Custom("mine"), (0, 2), 4)


def test_laws_of_elements_know_nothing_of_members() -> None:
    plain = stack("{normal: 1}", (4, 8, 8), "fans: shape")

    np.testing.assert_array_equal(stack("{normal: 1}", (4, 8, 8)), plain)
