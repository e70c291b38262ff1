"""Numbers from files are rounded once, whatever type they come in: held against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ms_initkit import draws, stream
from ms_initkit.draws.dtypes import TYPES, storage
from ms_initkit.draws.rounding import rounded
from ms_initkit.stream.engine import Dtype


def is_nearest(exact: Fraction, word: int, dtype: str) -> bool:
    """Returns whether ``word`` is the number nearest to ``exact``, the even one of two."""
    kind = np.dtype({2: np.uint16, 4: np.uint32}[TYPES[dtype].size])

    def number(bits: int) -> Fraction:
        if dtype == "bfloat16":
            return Fraction(np.array(bits << 16, np.uint32).view(np.float32).item())
        return Fraction(np.array(bits, kind).view(dtype).item())

    top = 1 << (8 * kind.itemsize - 1)
    magnitude, sign = word & (top - 1), word & top
    neighbours = [bits | sign for bits in (magnitude - 1, magnitude + 1) if 0 <= bits < top - 1]
    distance = abs(number(word) - exact)
    for other in neighbours:
        try:
            apart = abs(number(other) - exact)
        except OverflowError:  # infinity
            continue
        if apart < distance or (apart == distance and word % 2):
            return False
    return True


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@given(value=st.integers(-(2**63), 2**64 - 1) | st.floats(-60000, 60000) | st.floats(-1e-4, 1e-4))
def test_every_source_is_rounded_once(dtype: str, value: float) -> None:
    if not TYPES[dtype].holds(value):
        return
    kind = np.float64 if isinstance(value, float) else np.uint64 if value >= 0 else np.int64
    result = rounded(np.array([value], kind), dtype)
    word = int(result.view(f"u{result.itemsize}")[0])
    assert is_nearest(Fraction(value), word, dtype)


@pytest.mark.parametrize(
    ("value", "kind", "word"),
    [
        # Just above half way between two: rounding to float32 first would make a tie of it, and take the even one.
        (1.0 + 2.0**-8 + 2.0**-40, np.float64, 0x3F81),
        (-(1.0 + 2.0**-8 + 2.0**-40), np.float64, 0xBF81),
        (1.0 + 3 * 2.0**-8 - 2.0**-40, np.float64, 0x3F81),
        (2**24 + 2**16 + 1, np.int32, 0x4B81),
        (2**62 + 2**54 + 1, np.int64, 0x5E81),
        (2**63 + 2**55 + 1, np.uint64, 0x5F01),
        (-(2**63), np.int64, 0xDF00),
        (True, np.bool_, 0x3F80),
    ],
)
def test_no_tie_is_made_on_the_way_to_bfloat16(value: float, kind: type, word: int) -> None:
    assert rounded(np.array([value], kind), "bfloat16").tolist() == [word]


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_infinities_and_zeros_stay(kind: type) -> None:
    values: NDArray[Any] = np.array([0.0, -0.0, np.inf, -np.inf, np.nan]).astype(kind)
    assert rounded(values, "bfloat16").tolist() == [0, 0x8000, 0x7F80, 0xFF80, 0x7FC0]
    assert rounded(values, "float16").view(np.uint16).tolist()[:4] == [0, 0x8000, 0x7C00, 0xFC00]


def test_float64_is_exact_from_itself_and_from_float32() -> None:
    values = np.array([0.1, 1e300, 5e-324])
    assert rounded(values, "float64").tolist() == values.tolist()
    assert rounded(np.array([0.1], np.float32), "float64").tolist() == [float(np.float32(0.1))]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@given(value=st.integers(-(2**63), 2**64 - 1) | st.floats(-60000, 60000) | st.floats(-1e-4, 1e-4))
def test_what_is_not_random_is_rounded_once_however_it_is_drawn(dtype: Dtype, value: float) -> None:
    if not TYPES[dtype].holds(value):
        return
    constant = draws.Constant(value)
    zeros = draws.Constant(0.0)
    for draw in (
        constant,
        draws.Blocks(0, (2, 1), (constant, zeros)),
        draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("add", 1.0), draws.SetElement((0,), value))),
        draws.Edited(zeros, (draws.SetRows((0, 1), value),)),
        draws.Repeated(0, 3, constant),
        draws.Table("rows", (("values", (float(value), 0.0, 0.0)),)),
    ):
        out = np.empty(3, storage(dtype))
        stream.fill(out, draw, (3,), 1, None, dtype)
        exact = Fraction(float(value)) if isinstance(draw, draws.Table) else Fraction(value)
        assert is_nearest(exact, int(out.view(f"u{out.itemsize}")[0]), dtype), draw
