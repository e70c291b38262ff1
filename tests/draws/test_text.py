"""Numbers for people."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ms_initkit.draws.text import apart, number

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "other", "shown"),
    [
        (1.0, 2.0, ("1", "2")),
        (3.4028236e38, 3.4028234663852886e38, ("3.402824e+38", "3.402823e+38")),
        (0.02, math.nextafter(0.02, 1), ("0.02", "0.020000000000000004")),
        (1.0, 1.0, ("1", "1")),
        (-1e-7, 1e-7, ("-1e-07", "1e-07")),
    ],
)
def test_two_numbers_are_told_apart_in_as_few_digits_as_it_takes(
    value: float, other: float, shown: tuple[str, str]
) -> None:
    assert apart(value, other) == shown


@given(FINITE, FINITE)
def test_no_two_numbers_look_alike(value: float, other: float) -> None:
    one, another = apart(value, other)

    assert (one == another) == (value == other and math.copysign(1, value) == math.copysign(1, other))


def test_what_is_not_known_is_said() -> None:
    assert (number(None), number(0.1234567)) == ("?", "0.123457")
