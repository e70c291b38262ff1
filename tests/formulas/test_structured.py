"""Tensors with structure: orthogonal, sparse, repeated, identities."""

from __future__ import annotations

import numpy as np
import pytest

from ms_initkit import draws
from ms_initkit.formulas import scaling, structured
from tests.formulas.sampled import at, sample


@pytest.mark.parametrize("shape", [(6, 6), (3, 8), (8, 3), (4, 3, 2), (12, 2, 2, 2), (1, 5), (5, 1)])
def test_an_orthogonal_draw_keeps_norms(shape: tuple[int, ...]) -> None:
    w = sample(structured.Orthogonal(1.5), *shape).reshape(shape[0], -1).astype(np.float64)

    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 2.25 * np.eye(min(w.shape)), atol=1e-5)


def test_an_orthogonal_draw_by_last_columns_is_jaxs() -> None:
    w = sample(structured.Orthogonal(column_axis="last"), 2, 3, 4).reshape(6, 4)

    np.testing.assert_allclose(w.T @ w, np.eye(4), atol=1e-6)


def test_blocks_of_a_block_orthogonal_draw_are_orthogonal_and_different() -> None:
    w = sample(structured.BlockOrthogonal((4, 6), 2.0), 12, 12)

    blocks = [w[i : i + 4, j : j + 6] for i in (0, 4, 8) for j in (0, 6)]
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, 4 * np.eye(4), atol=1e-5)
    assert len({block.tobytes() for block in blocks}) == 6


def test_a_delta_orthogonal_convolution_keeps_norms_at_its_centre() -> None:
    w = sample(structured.DeltaOrthogonal(), 8, 6, 3, 3)

    np.testing.assert_allclose(w[:, :, 1, 1].T @ w[:, :, 1, 1], np.eye(6), atol=1e-6)
    w[:, :, 1, 1] = 0
    assert not w.any()


def test_rwkvs_orthogonal_draw_grows_with_the_aspect_and_stacks() -> None:
    w = sample(structured.RwkvOrthogonal(0.5), 3, 16, 4)

    for matrix in w:
        np.testing.assert_allclose(matrix.T @ matrix, 0.25 * 4 * np.eye(4), atol=1e-5)
    wide = sample(structured.RwkvOrthogonal(0.5), 4, 16)
    np.testing.assert_allclose(wide @ wide.T, 0.25 * np.eye(4), atol=1e-5)
    assert not np.array_equal(w[0], w[1])


def test_a_sparse_matrix_has_its_zeros_in_every_column() -> None:
    w = sample(structured.Sparse(0.25, 2.0), 10, 30)

    assert ((w == 0).sum(axis=0) == 3).all()


def test_icnr_repeats_each_channel_for_the_pixel_shuffle() -> None:
    w = sample(structured.Icnr(2), 16, 8, 3, 3)

    groups = w.reshape(4, 4, 8, 3, 3)
    assert (groups == groups[:, :1]).all()
    assert len({group[0].tobytes() for group in groups}) == 4


def test_icnrs_base_has_the_fans_of_the_convolution_without_the_shuffle() -> None:
    draw = structured.Icnr(2, scaling.HeNormal(mode="fan_out")).resolve(at(16, 8, 3, 3))

    assert isinstance(draw, draws.Repeated)
    assert draw.draw == scaling.HeNormal(mode="fan_out").resolve(at(4, 8, 3, 3))


def test_a_stack_of_identities_says_which_axes_are_the_matrix() -> None:
    stack = sample(structured.Identity(2.0, axes=(-2, -1)), 3, 4, 5)
    np.testing.assert_array_equal(stack, np.broadcast_to(2 * np.eye(4, 5), (3, 4, 5)))
    outer = sample(structured.Identity(axes=(0, 3)), 4, 2, 3, 4)
    np.testing.assert_array_equal(outer, np.broadcast_to(np.eye(4)[:, None, None, :], (4, 2, 3, 4)))
    with pytest.raises(ValueError, match=r"choose `dirac`, for a stack .* \{identity: \{axes: \[-2, -1\]\}\}"):
        structured.Identity().resolve(at(8, 8, 3, 3))
