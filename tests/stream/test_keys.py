"""Seeds: whole numbers of 64 bits, of any type that stands for one; each stage says the same of all others."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mindspore import Tensor, nn

import ms_initkit as mik
from ms_initkit import stream
from ms_initkit.draws import Normal
from ms_initkit.stages.agreement import statement
from ms_initkit.stream.keys import _keys_slowly, keys

Stage = Callable[[nn.Cell, mik.Plan, object], object]

STAGES: dict[str, Stage] = {
    "apply": lambda net, plan, seed: mik.apply(net, plan, seed=seed),  # type: ignore[arg-type]
    "verify": lambda net, plan, seed: mik.verify(net, plan, seed=seed),  # type: ignore[arg-type]
    "draw": lambda net, plan, seed: mik.draw(plan, "weight", seed=seed),  # type: ignore[arg-type]
    "init_": lambda net, plan, seed: mik.init_(net.weight, "normal", seed=seed),  # type: ignore[arg-type]
    "statement": lambda net, plan, seed: statement(plan, seed),  # type: ignore[arg-type]
}


def network() -> tuple[nn.Cell, mik.Plan]:
    net = nn.Dense(3, 4)
    return net, mik.plan(net, {"**": "normal"})


@pytest.mark.parametrize("seed", [5, np.int64(5), np.uint8(5), np.array(5), Tensor(5)])
def test_a_seed_is_its_number_whatever_type_it_has(seed: object) -> None:
    net, plan = network()

    assert mik.apply(net, plan, seed=seed).seed == 5  # type: ignore[arg-type]
    assert mik.verify(net, plan, seed=seed) == ()  # type: ignore[arg-type]
    np.testing.assert_array_equal(mik.draw(plan, "weight", seed=seed), mik.draw(plan, "weight", seed=5))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [0, 2**63, 2**64 - 1, np.uint64(2**64 - 1)])
def test_seeds_of_64_bits_are_taken_whole(seed: int) -> None:
    net, plan = network()

    assert mik.apply(net, plan, seed=seed).seed == int(seed)
    assert mik.verify(net, plan, seed=int(seed)) == ()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("seed", [True, np.False_, 1.0, np.float32(1), "1", b"1", [1], np.array([3]), float("nan")])
def test_what_is_no_whole_number_is_no_seed(stage: str, seed: object) -> None:
    net, plan = network()
    before = net.weight.asnumpy().copy()

    with pytest.raises(TypeError, match="a seed is a whole number, not "):
        STAGES[stage](net, plan, seed)
    np.testing.assert_array_equal(net.weight.asnumpy(), before)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("seed", [-1, 2**64, np.int8(-1), 10**30])
def test_what_64_bits_do_not_hold_is_no_seed(stage: str, seed: int) -> None:
    net, plan = network()

    with pytest.raises(ValueError, match=r"a seed is 0 to 2\*\*64 - 1, not "):
        STAGES[stage](net, plan, seed)


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


def test_neighbouring_keys_and_names_are_uncorrelated() -> None:
    n = 1 << 16
    rows = np.array(
        [stream.sample(Normal(0.0, 1.0), (n,), key) for key in (0, 1, 2**32, stream.key(0, "a"), stream.key(1, "a"))]
    )

    correlations = np.corrcoef(rows) - np.eye(len(rows))

    assert np.abs(correlations).max() < 5 / math.sqrt(n)


@given(st.integers(0, 2**64 - 1), st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), max_size=5))
def test_the_compiled_keys_are_those_of_hashlib(seed: int, names: list[str]) -> None:
    assert keys(seed, names).tolist() == _keys_slowly(seed, names).tolist()


def test_a_name_that_utf8_has_no_word_for_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        keys(1, ["a", "\ud800"])
