"""Steps are counted, and bounded where somebody bounds them."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.work import TooMuchWorkError, bounded, spend


def test_as_many_steps_as_there_are_can_be_spent() -> None:
    with bounded(10):
        spend(4)
        spend(6)
        with pytest.raises(TooMuchWorkError):
            spend(1)


def test_only_the_first_who_finds_none_left_says_so() -> None:
    with bounded(10):
        with pytest.raises(TooMuchWorkError) as first:
            spend(11)
        with pytest.raises(TooMuchWorkError) as second:
            spend(1)

    assert (first.value.is_first, second.value.is_first) == (True, False)


def test_outside_of_a_bound_nothing_is_counted() -> None:
    with bounded(1), bounded(10**9):
        spend(10**6)
    spend(10**12)
