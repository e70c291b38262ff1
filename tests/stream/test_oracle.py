"""The definition of the random numbers: Philox, and the quantile of the normal."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from ms_initkit.stream import oracle
from tests.pinned import KEY

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
