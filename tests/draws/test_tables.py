"""Tables against plain NumPy written after the references, and slices against the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit import draws, stream
from ms_initkit.draws import tables
from ms_initkit.formulas import structured
from tests.formulas.sampled import assert_equal, table
from tests.laws import EXAMPLES

TABLES = [name for name, e in EXAMPLES.items() if isinstance(e.formula.resolve(e.site), draws.Table)]


def test_every_table_has_an_example() -> None:
    used = set()
    for name in TABLES:
        draw = EXAMPLES[name].formula.resolve(EXAMPLES[name].site)
        assert isinstance(draw, draws.Table)
        used.add(draw.name)
    # Of a list of numbers, which an example without one does not show, and of a step.
    assert used | {"rows", "triangle"} == tables._TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data())
def test_a_slice_of_a_table_is_the_slice_of_the_whole(name: str, data: st.DataObject) -> None:
    shape = EXAMPLES[name].shape
    draw = EXAMPLES[name].formula.resolve(EXAMPLES[name].site)
    edges = [sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in shape]
    index = tuple(slice(first, last) for first, last in edges)

    part = stream.sample(draw, shape, 0, index)

    np.testing.assert_array_equal(part, stream.sample(draw, shape, 0)[index])


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table is called 'eyes'"):
        tables.evaluate("eyes", (), (np.arange(3),), (3,))


def test_identity_is_numpys() -> None:
    assert_equal(table(structured.Identity(2.0), 3, 5), 2 * np.eye(3, 5))


@pytest.mark.parametrize("shape", [(6, 4, 3), (6, 4, 3, 3), (6, 2, 3, 2, 5)])
@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_is_torchs(shape: tuple[int, ...], groups: int) -> None:
    expected = np.zeros(shape)
    per_group = shape[0] // groups
    for group in range(groups):
        for channel in range(min(per_group, shape[1])):
            expected[(group * per_group + channel, channel, *(n // 2 for n in shape[2:]))] = 1

    assert_equal(table(structured.Dirac(groups), *shape), expected)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8])
def test_bilinear_is_the_filter_of_fully_convolutional_networks(size: int) -> None:
    factor = (size + 1) // 2
    center = factor - 1 if size % 2 == 1 else factor - 0.5
    og = np.ogrid[:size, :size]
    expected = (1 - abs(og[0] - center) / factor) * (1 - abs(og[1] - center) / factor)

    assert_equal(table(structured.Bilinear("all"), 2, 3, size, size), np.broadcast_to(expected, (2, 3, size, size)))
    for diagonal in (structured.Bilinear(), structured.Bilinear("diagonal")):
        values = table(diagonal, 3, 3, size, size)
        assert_equal(values[1, 1], expected)
        assert not values[0, 1].any()
    assert_equal(table(structured.Bilinear(), 3, 1, size, size), np.broadcast_to(expected, (3, 1, size, size)))


@pytest.mark.parametrize(("rows", "columns"), [(4, 6), (6, 4), (8, 8), (9, 5), (5, 1)])
def test_hadamard_is_zero_of_the_paper(rows: int, columns: int) -> None:
    if rows <= columns:
        expected = np.eye(rows, columns)
    else:
        exponent = math.ceil(math.log2(rows))
        matrix = np.ones((1, 1))
        for _ in range(exponent):
            matrix = np.block([[matrix, matrix], [matrix, -matrix]])
        expected = np.eye(rows, 2**exponent) @ (matrix / 2 ** (exponent / 2)) @ np.eye(2**exponent, columns)

    assert_equal(table(structured.Hadamard(), rows, columns), expected)
    convolution = table(structured.Hadamard(), rows, columns, 3, 3)
    assert_equal(convolution[:, :, 1, 1], expected)
    assert not convolution[:, :, 0].any()
