"""Tables against plain NumPy written after the references, and slices against the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws import tables
from ms_initkit.formulas import rwkv, sequences, state_space, structured
from ms_initkit.formulas.base import Formula, Site
from tests.laws import EXAMPLES

TABLES = [name for name, e in EXAMPLES.items() if isinstance(e.formula.resolve(e.site), draws.Table)]


def table(formula: Formula, *shape: int) -> NDArray[np.float32]:
    return stream.sample(formula.resolve(Site(shape)), shape, 0)


def assert_equal(found: NDArray[np.float32], expected: object) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, np.float64), rtol=2e-7, atol=2e-7)


def test_every_table_has_an_example() -> None:
    used = set()
    for name in TABLES:
        draw = EXAMPLES[name].formula.resolve(EXAMPLES[name].site)
        assert isinstance(draw, draws.Table)
        used.add(draw.name)
    # Of a list of numbers, which an example without one does not show, and of a step.
    assert used | {"rows", "triangle"} == set(tables.NAMES)


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


def test_linspace_and_arange_are_numpys_along_an_axis() -> None:
    assert_equal(table(sequences.Linspace(-1.0, 3.0), 2, 9), np.tile(np.linspace(-1, 3, 9), (2, 1)))
    assert_equal(
        table(sequences.Linspace(-1.0, 3.0, endpoint=False, axis=0), 9, 2)[:, 1], np.linspace(-1, 3, 9, endpoint=False)
    )
    assert_equal(table(sequences.Arange(axis=1), 1, 16, 1, 1).reshape(-1), np.arange(16))
    assert table(sequences.Linspace(5.0, 6.0), 1) == [5.0]


def test_an_axis_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"axis 2 does not exist in the shape \(3, 3\)"):
        sequences.Arange(axis=2).resolve(Site((3, 3)))


def test_sinusoids_are_the_papers() -> None:
    position, i = np.mgrid[:50, :16]
    angle = position / 10000 ** (2 * i / 32)

    found = table(sequences.Sinusoid(), 50, 32)

    assert_equal(found[:, 0::2], np.sin(angle))
    assert_equal(found[:, 1::2], np.cos(angle))


def test_sinusoids_in_halves_are_marians() -> None:
    position, i = np.mgrid[:50, :16]
    angle = position / 10000 ** (2 * i / 32)

    assert_equal(table(sequences.Sinusoid("halves"), 50, 32), np.concatenate([np.sin(angle), np.cos(angle)], axis=1))


def test_sinusoids_in_halves_with_an_endpoint_are_whispers() -> None:
    increment = math.log(10000) / (16 - 1)
    angle = np.arange(50)[:, None] * np.exp(-increment * np.arange(16))[None, :]

    found = table(sequences.Sinusoid("halves", endpoint=True), 1, 50, 32)[0]

    assert_equal(found, np.concatenate([np.sin(angle), np.cos(angle)], axis=1))


def test_an_offset_shifts_the_positions() -> None:
    np.testing.assert_array_equal(table(sequences.Sinusoid(offset=3), 5, 8), table(sequences.Sinusoid(), 8, 8)[3:])


def mae(size: int, height: int, width: int) -> NDArray[np.float64]:
    """Returns the position table as MAE's util/pos_embed.py computes it."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    omega = 1.0 / 10000 ** (np.arange(size // 4) / (size / 4.0))
    halves = [np.einsum("m,d->md", grid.reshape(-1), omega) for grid in (x, y)]
    return np.concatenate([part for half in halves for part in (np.sin(half), np.cos(half))], axis=1)


def test_a_grid_of_sinusoids_is_maes_with_its_class_row() -> None:
    found = table(sequences.SinusoidGrid(extra_rows=1), 1, 17, 24)[0]

    assert not found[0].any()
    assert_equal(found[1:], mae(24, 4, 4))


def test_a_grid_need_not_be_square() -> None:
    assert_equal(table(sequences.SinusoidGrid(2, 5), 10, 16), mae(16, 2, 5))
    with pytest.raises(ValueError, match="10 rows less 0 are no square grid: give height and width"):
        sequences.SinusoidGrid().resolve(Site((10, 16)))


def test_the_other_order_puts_the_row_first() -> None:
    found = table(sequences.SinusoidGrid(2, 5, order="yx"), 10, 16)

    assert_equal(found, np.roll(mae(16, 2, 5), 8, axis=1))


def test_a_grid_with_an_endpoint_is_big_visions() -> None:
    y, x = np.mgrid[:3, :3]
    omega = 1.0 / 10000.0 ** (np.arange(4) / 3)
    y, x = (np.einsum("m,d->md", grid.flatten(), omega) for grid in (y, x))

    found = table(sequences.SinusoidGrid(endpoint=True), 9, 16)

    assert_equal(found, np.concatenate([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], axis=1))


def test_odd_features_are_refused() -> None:
    with pytest.raises(ValueError, match="features in multiples of 4"):
        sequences.SinusoidGrid().resolve(Site((9, 18)))


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
