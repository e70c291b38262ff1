"""Draws of whole tensors: orthogonal and sparse ones."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import Blocks, Draw, Whole
from tests.pinned import KEY
from tests.stream.distributions import check_distribution

Array = NDArray[np.float32]


def orthogonal(gain: float = 1.0, column_axis: str = "first") -> Whole:
    return Whole("orthogonal", (("gain", gain), ("column_axis", column_axis)))


@pytest.mark.parametrize("shape", [(7, 7), (5, 9), (9, 5), (4, 3, 3, 3), (40, 3, 3)])
@pytest.mark.parametrize("axis", ["first", "last"])
def test_an_orthogonal_draw_is_orthonormal(shape: tuple[int, ...], axis: str) -> None:
    values = stream.sample(orthogonal(2.0, axis), shape, KEY).astype(np.float64)

    matrix = values.reshape((shape[0], -1) if axis == "first" else (-1, shape[-1]))
    matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(matrix @ matrix.T, 4.0 * np.eye(len(matrix)), atol=4e-6)


def test_an_orthogonal_draw_is_haar() -> None:
    """The entry (0, 0) of a Haar matrix of order n has a Beta-distributed square; an unfixed QR's never has a sign."""
    q = [stream.sample(orthogonal(), (3, 3), stream.key(seed, "q"))[0, 0] for seed in range(2000)]

    # For n = 3 the first column is uniform on the sphere, so any coordinate of it is uniform (Archimedes).
    check_distribution(np.array(q), scipy.stats.uniform(-1.0, 2.0))


def test_a_whole_draw_inside_blocks_is_whole_per_block() -> None:
    values = stream.sample(Blocks(0, (4, 4), (orthogonal(), orthogonal())), (8, 4), KEY).astype(np.float64)

    for block in (values[:4], values[4:]):
        np.testing.assert_allclose(block @ block.T, np.eye(4), atol=1e-6)
    assert not np.allclose(values[:4], values[4:])


def test_a_delta_orthogonal_draw_keeps_the_norm_of_a_convolution() -> None:
    values = stream.sample(Whole("delta_orthogonal", (("gain", 1.0),)), (6, 4, 3, 3), KEY).astype(np.float64)

    np.testing.assert_allclose(values[:, :, 1, 1].T @ values[:, :, 1, 1], np.eye(4), atol=1e-6)
    assert np.count_nonzero(values) == 24


def test_a_sparse_draw_has_its_zeros_in_every_column() -> None:
    values = stream.sample(Whole("sparse", (("sparsity", 0.31), ("std", 2.0))), (50, 400), KEY)

    zeros = values == 0.0
    assert np.all(zeros.sum(axis=0) == 16)
    # Each row is zero in 16 / 50 of the columns, five standard errors around.
    assert np.all(np.abs(zeros.mean(axis=1) - 0.32) < 5 * math.sqrt(0.32 * 0.68 / 400))
    assert abs(values[~zeros].std() - 2.0) < 5 * 2.0 / math.sqrt(2 * values[~zeros].size)


@pytest.mark.parametrize(
    ("draw", "shape"),
    [
        (orthogonal(), (5,)),
        (orthogonal(1.0, "middle"), (5, 5)),
        (Whole("delta_orthogonal"), (4, 5, 3)),
        (Whole("sparse", (("sparsity", 1.5),)), (4, 4)),
        (Whole("nothing"), (4, 4)),
    ],
)
def test_a_whole_draw_that_cannot_be_is_refused(draw: Draw, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs|is 'first'|is a part|no draw"):
        stream.sample(draw, shape, KEY)


def test_an_orthogonal_draw_does_not_depend_on_the_threads_of_the_algebra() -> None:
    script = (
        "import hashlib; from ms_initkit import stream; from ms_initkit.draws import Whole\n"
        "print(hashlib.sha256(stream.sample(Whole('orthogonal'), (300, 2000), 1).tobytes()).hexdigest())"
    )
    bits = {
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
        ).stdout
        for threads in ("1", "2")
    }

    assert len(bits) == 1
