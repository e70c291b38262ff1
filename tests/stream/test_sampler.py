"""What is drawn: the contract of the random numbers, kind by kind, on whichever of kernels and oracle is there."""

from __future__ import annotations

import hashlib
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
from ms_initkit.draws import (
    Blocks,
    Constant,
    Draw,
    Edited,
    Keep,
    Mixture,
    Normal,
    Repeated,
    SetElement,
    SetRows,
    Step,
    TruncatedNormal,
    Uniform,
    Whole,
)
from ms_initkit.stream import laws, oracle
from tests.pinned import KEY, PINNED, SHAPE

Array = NDArray[np.float32]


def test_the_key_hashes_the_length_of_the_name() -> None:
    text = (1).to_bytes(8, "little") + (7).to_bytes(8, "little") + (2).to_bytes(8, "little") + b"ab"

    expected = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")

    assert stream.key(7, "ab") == expected


def test_keys_differ_by_seed_and_by_name() -> None:
    keys = {stream.key(seed, name) for seed in (0, 1, 2**32, 2**64 - 1) for name in ("", "a", "ab", "b", "é")}

    assert len(keys) == 20


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed: int) -> None:
    with pytest.raises(ValueError, match=r"from 0 to 2\*\*64 - 1"):
        stream.key(seed, "a")


# Random123 1.14, tests/kat_vectors, "philox4x32 10": counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    low, high = counter[0] | counter[1] << 32, counter[2] | counter[3] << 32

    words = oracle.philox(np.array([low], np.uint64), high, key[0] | key[1] << 32)

    assert tuple(words[0].tolist()) == expected


def test_the_words_of_neighbours_share_a_counter() -> None:
    numbers = np.array([5, 4, 7, 4], np.uint64)

    words = oracle.words(numbers, 0, KEY)

    assert words.tolist() == [oracle.philox(np.array([1], np.uint64), 0, KEY)[0, lane] for lane in (1, 0, 3, 0)]


def words_to_try() -> NDArray[np.uint32]:
    ends = np.arange(1 << 14)
    log_spaced = np.exp(np.linspace(0.0, math.log(2**31), 200_000)).astype(np.int64)
    everywhere = np.arange(0, 2**32, 4099)
    low = np.concatenate([ends, log_spaced, everywhere, 2**31 - 1 - ends])
    both: NDArray[np.int64] = np.concatenate([low, 2**32 - 1 - low])
    return both.astype(np.uint32)


def test_the_quantile_is_accurate_at_every_word() -> None:
    """Stated: relative error below 5e-7 everywhere, 1.2e-7 in the root mean square."""
    words = words_to_try()

    z = oracle.quantile(words).astype(np.float64)

    exact = scipy.special.ndtri((words + 0.5) / 2**32)
    relative = np.abs(z - exact) / np.abs(exact)
    assert relative.max() < 5e-7
    assert np.sqrt(np.mean(relative**2)) < 1.2e-7


def test_the_quantile_is_odd_and_reaches_both_tails() -> None:
    words = words_to_try()

    assert np.array_equal(oracle.quantile(words), -oracle.quantile(~words))
    assert oracle.quantile(np.array([0], np.uint32))[0] == pytest.approx(-6.33796, abs=1e-5)


SAMPLE = 1 << 18
# The Kolmogorov-Smirnov statistic times sqrt(n) exceeds 2.3 with probability 5e-5.
CRITICAL = 2.3


def check_distribution(values: Array, reference: scipy.stats.rv_continuous) -> None:
    statistic = scipy.stats.kstest(values.reshape(-1).astype(np.float64), reference.cdf).statistic
    assert statistic * math.sqrt(values.size) < CRITICAL


def test_a_uniform_is_uniform() -> None:
    values = stream.sample(Uniform(-1.0, 3.0), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.uniform(-1.0, 4.0))
    assert values.min() >= -1.0
    assert values.max() < 3.0


def test_a_normal_is_normal() -> None:
    values = stream.sample(Normal(1.0, 2.0), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.norm(1.0, 2.0))
    z = (values.astype(np.float64) - 1.0) / 2.0
    # Standard errors of a normal sample's skewness and kurtosis: sqrt(6 / n), sqrt(24 / n).
    assert abs(np.mean(z**3)) < 5 * math.sqrt(15 / SAMPLE)
    assert abs(np.mean(z**4) - 3.0) < 5 * math.sqrt(96 / SAMPLE)


@pytest.mark.parametrize("sigma", [3.0, 4.0, 4.5])
def test_the_tails_of_the_normal_are_full(sigma: float) -> None:
    n = 1 << 22
    z = stream.sample(Normal(0.0, 1.0), (n,), KEY)

    expected = n * scipy.special.ndtr(-sigma)
    assert abs(np.count_nonzero(z > sigma) - expected) < 5 * math.sqrt(expected)
    assert abs(np.count_nonzero(z < -sigma) - expected) < 5 * math.sqrt(expected)


BOUNDS = [
    (-2.0, 2.0),
    (-3.0, 3.0),
    (-0.5, 3.0),
    (-1.0, math.inf),
    (0.0, math.inf),
    (1.3, 1.9),
    (5.0, 6.0),
    (-math.inf, -8.0),
    (8.0, 9.0),
    (-6.5, -6.0),
    (0.0, 0.01),
    (-30.0, -29.0),
    (-math.inf, math.inf),
    (-100.0, 100.0),
]


@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_a_truncated_normal_has_its_distribution(low: float, high: float) -> None:
    mean, std = 0.25, 0.5
    values = stream.sample(TruncatedNormal(mean, std, mean + low * std, mean + high * std), (SAMPLE,), KEY)

    check_distribution(values, scipy.stats.truncnorm(low, high, loc=mean, scale=std))


@pytest.mark.parametrize(("low", "high"), [*BOUNDS, (38.0, 41.0), (-200.0, -100.0), (2.0, 2.0001), (1.0, 1.0 + 1e-9)])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.1, 0.02), (-3.0, 7.0)])
def test_a_truncated_normal_stays_inside_without_spikes(low: float, high: float, mean: float, std: float) -> None:
    draw = TruncatedNormal(mean, std, mean + low * std, mean + high * std)

    values = stream.sample(draw, (1 << 18,), KEY)

    assert np.all((values >= draw.low) & (values <= draw.high)) or draw.high - draw.low < 1e-6
    if math.isfinite(low) and math.isfinite(high) and high - low > 1e-3:
        # No value at a bound comes oftener than the densest float32 inside could, five standard errors above.
        densest = values.size * np.spacing(np.abs(values).max()) / std * peak(low, high)
        for bound in (values.min(), values.max()):
            assert np.count_nonzero(values == bound) <= 2 + densest + 5 * math.sqrt(densest)


def peak(low: float, high: float) -> float:
    """The greatest density between the bounds, in units of 1 / std."""
    nearest = min(max(low, 0.0), high)
    return float(scipy.stats.truncnorm(low, high).pdf(nearest))


@pytest.mark.parametrize("law", ["fast", "far"])
def test_both_truncated_laws_meet(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "_LEAST_FAST_MASS", 0.0 if law == "fast" else 2.0)
    laws._law_of.cache_clear()
    draw = TruncatedNormal(0.0, 1.0, -1.0, 0.5)

    values = stream.sample(draw, (SAMPLE,), KEY)

    laws._law_of.cache_clear()
    check_distribution(values, scipy.stats.truncnorm(-1.0, 0.5))


@pytest.mark.parametrize(
    "draw",
    [
        Uniform(1.0, 0.0),
        Uniform(-3e38, 3e38),
        Normal(0.0, -1.0),
        Normal(math.nan, 1.0),
        Normal(0.0, math.inf),
        TruncatedNormal(0.0, 1.0, 2.0, 1.0),
        TruncatedNormal(0.0, 1.0, math.inf, math.inf),
        TruncatedNormal(0.0, 1.0, math.nan, 1.0),
    ],
)
def test_impossible_parameters_are_refused(draw: Draw) -> None:
    with pytest.raises(ValueError, match="no distribution has these parameters"):
        stream.sample(draw, (4,), KEY)


def test_a_zero_width_is_a_constant() -> None:
    assert stream.sample(Normal(2.0, 0.0), (3,), KEY).tolist() == [2.0] * 3
    assert stream.sample(Uniform(2.0, 2.0), (3,), KEY).tolist() == [2.0] * 3
    assert stream.sample(TruncatedNormal(5.0, 0.0, -1.0, 1.0), (3,), KEY).tolist() == [1.0] * 3
    assert stream.sample(Constant(0.1), (2,), KEY).tolist() == [np.float32(0.1)] * 2


def test_a_mixture_chooses_by_its_weights() -> None:
    weights = (0.2, 0.5, 0.3)
    values = stream.sample(Mixture(weights, (Constant(0.0), Constant(1.0), Constant(2.0))), (SAMPLE,), KEY)

    for k, weight in enumerate(weights):
        share = np.mean(values == k)
        assert abs(share - weight) < 5 * math.sqrt(weight * (1 - weight) / SAMPLE)


def test_a_mixtures_choice_is_independent_of_its_values() -> None:
    values = stream.sample(Mixture((0.5, 0.5), (Uniform(0.0, 1.0), Uniform(2.0, 3.0))), (SAMPLE,), KEY)

    check_distribution(values[values < 1.5], scipy.stats.uniform(0.0, 1.0))


def test_a_nested_mixture_chooses_independently() -> None:
    inner = Edited(Mixture((0.5, 0.5), (Constant(0.0), Constant(1.0))), (Step("add", 0.0),))
    values = stream.sample(Mixture((0.5, 0.5), (inner, Constant(5.0))), (SAMPLE,), KEY)

    assert abs(np.mean(values[values < 5.0]) - 0.5) < 5 * math.sqrt(0.25 / (SAMPLE / 2))


def test_blocks_of_one_law_change_nothing() -> None:
    normal = Normal(0.0, 1.0)

    cut = stream.sample(Blocks(1, (3, 4, 5), (normal,) * 3), (6, 12, 5), KEY)

    assert np.array_equal(cut, stream.sample(normal, (6, 12, 5), KEY))


@pytest.mark.parametrize("axis", [0, 1])
def test_blocks_that_share_words_are_one_draw_in_several_laws(axis: int) -> None:
    laws = (Normal(0.0, 1.0), Edited(Normal(0.0, 1.0), (Step("multiply", -1.0),)))

    first, second = np.split(stream.sample(Blocks(axis, (3, 3), laws, shares_words=True), (6, 6), KEY), 2, axis)

    assert np.array_equal(first, -second)
    alone = stream.sample(Normal(0.0, 1.0), (6, 6), KEY)
    assert np.array_equal(first, alone[:3] if axis == 0 else alone[:, :3])


def test_blocks_that_share_words_are_of_one_size() -> None:
    with pytest.raises(ValueError, match="share their words are of one size"):
        stream.sample(Blocks(0, (2, 4), (Constant(1.0),) * 2, shares_words=True), (6, 6), KEY)


@pytest.mark.parametrize("axis", [0, 1])
def test_repeated_blocks_share_no_values(axis: int) -> None:
    blocks = stream.sample(Blocks(axis, (4, 4), (Repeated(axis, 2, Normal(0.0, 1.0)),) * 2), (8, 8), KEY)

    assert len(np.unique(blocks)) == 32


def test_repeated_takes_the_base_tensors_numbers() -> None:
    base = stream.sample(Normal(0.0, 1.0), (3, 5), KEY)

    values = stream.sample(Repeated(0, 4, Normal(0.0, 1.0)), (12, 5), KEY)

    assert np.array_equal(values, np.repeat(base, 4, axis=0))


def test_edits_are_made_in_order() -> None:
    draw = Edited(
        Constant(3.0), (Step("add", 1.0), Step("multiply", 2.0), SetRows((-1,), 5.0), SetElement((0, 1), 7.0))
    )

    assert stream.sample(draw, (2, 2), KEY).tolist() == [[8.0, 7.0], [5.0, 5.0]]


def test_an_inverse_softplus_is_inverted_by_softplus() -> None:
    x = stream.sample(Uniform(0.001, 0.1), (1000,), KEY).astype(np.float64)

    y = stream.sample(Edited(Uniform(0.001, 0.1), (Step("inverse_softplus"),)), (1000,), KEY).astype(np.float64)

    # y is rounded to 24 bits: d softplus / softplus is at most |y| 2**-25 for so small a softplus.
    assert np.max(np.abs(np.log1p(np.exp(y)) / x - 1.0)) < 7 * 2.0**-24


@pytest.mark.parametrize("edit", [SetElement((5, 0), 0.0), SetElement((0,), 0.0), SetRows((2,), 0.0)])
def test_an_edit_outside_the_tensor_is_refused(edit: SetElement | SetRows) -> None:
    with pytest.raises(ValueError, match="in a tensor of shape"):
        stream.sample(Edited(Constant(0.0), (edit,)), (2, 2), KEY)


def test_what_is_not_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="what is kept is not drawn"):
        stream.sample(Keep(), (2, 2), KEY)


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


def test_neighbouring_keys_and_names_are_uncorrelated() -> None:
    n = 1 << 16
    rows = np.array(
        [stream.sample(Normal(0.0, 1.0), (n,), key) for key in (0, 1, 2**32, stream.key(0, "a"), stream.key(1, "a"))]
    )

    correlations = np.corrcoef(rows) - np.eye(len(rows))

    assert np.abs(correlations).max() < 5 / math.sqrt(n)


def test_numpys_generator_is_left_alone() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002  # this is the generator that must not move

    for draw in PINNED.values():
        stream.sample(draw, SHAPE, KEY)

    after = np.random.get_state(legacy=False)  # noqa: NPY002  # as above
    np.testing.assert_equal(after, before)


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
