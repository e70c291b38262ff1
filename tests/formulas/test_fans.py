"""Fans of shapes, of connections and of named axes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.formulas import fans
from ms_initkit.formulas.fans import Fans, NoFansError

shapes = st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple)


@given(shapes)
def test_fans_of_a_shape_are_torchs(shape: tuple[int, ...]) -> None:
    receptive = math.prod(shape[2:])

    assert fans.from_shape(shape) == Fans(shape[1] * receptive, shape[0] * receptive)
    assert fans.from_axes(shape, (1,), (0,)) == fans.from_shape(shape)


@given(shapes, st.integers(1, 4))
def test_connections_of_a_group_are_those_of_a_convolution_of_its_size(shape: tuple[int, ...], groups: int) -> None:
    wide = (shape[0] * groups, *shape[1:])

    assert fans.from_connections(wide, groups, is_transposed=False) == fans.from_shape(shape)
    transposed = fans.from_connections(wide, groups, is_transposed=True)
    assert transposed == Fans(fans.from_shape(shape).fan_out, fans.from_shape(shape).fan_in)


@given(shapes.filter(lambda shape: len(shape) > 2))
def test_batch_axes_count_in_neither(shape: tuple[int, ...]) -> None:
    found = fans.from_axes(shape, (1,), (-1,), batch_axes=(0,))

    assert found == fans.from_axes(fans.without(shape, (0,)), (0,), (-1,))


def test_what_has_no_fans_is_refused() -> None:
    for shape in ((), (5,)):
        with pytest.raises(NoFansError, match="has no fans: at least two axes are needed"):
            fans.from_shape(shape)
        with pytest.raises(NoFansError):
            fans.from_connections(shape, 1, is_transposed=False)
    with pytest.raises(ValueError, match="4 groups do not divide the 6 channels of axis 0"):
        fans.from_connections((6, 3, 3), 4, is_transposed=False)
    with pytest.raises(ValueError, match=r"axis 3 does not exist in the shape \(4, 4, 4\)"):
        fans.axes_of((4, 4, 4), (0, 3))
    with pytest.raises(ValueError, match="axis 2 is named twice"):
        fans.axes_of((4, 4, 4), (2, -1))
