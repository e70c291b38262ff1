"""The lines of a plan as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.draws.moments import Moments
from ms_initkit.layouts.python import layout, place, split
from ms_initkit.plans.bind import bind
from ms_initkit.plans.text import assignment_cells, folded, moments_text, shape_text, table
from ms_initkit.stages.plan import plan_infos
from tests.recipes import info, recipe

cells = st.lists(st.text("ab", max_size=9), max_size=8)


@pytest.mark.parametrize(
    ("moments", "text"),
    [
        (Moments(mean=0.5, std=0.0, kurtosis=None, low=0.5, high=0.5), "= 0.5"),
        (Moments(mean=0.0, std=1 / 3, kurtosis=3.0, low=None, high=None), "mean 0 std 0.333333"),
        (Moments(mean=0.0, std=1.0, kurtosis=3.0, low=-math.inf, high=math.inf), "mean 0 std 1"),
        (Moments(mean=0.0, std=1.0, kurtosis=3.0, low=-2.0, high=2.0), "mean 0 std 1 in [-2, 2]"),
        (Moments(mean=None, std=None, kurtosis=None, low=None, high=None), "mean ? std ?"),
        (Moments(mean=None, std=None, kurtosis=None, low=0.0, high=None), "mean ? std ? in [0, ?]"),
    ],
)
def test_moments_are_as_much_as_is_known(moments: Moments, text: str) -> None:
    assert moments_text(moments) == text


def test_a_line_has_its_cells() -> None:
    plan = bind(
        recipe("{id: all, match: a, init: orthogonal}\n{match: b, init: keep}"), [info("a"), info("b", ())], strict=True
    )

    assert assignment_cells(plan["a"]) == (
        "a",
        "4x4",
        "float32",
        "orthogonal [drawn whole]",
        "mean 0 std 0.5 in [-1, 1]",
        "fans 4/4",
        "all",
    )
    assert assignment_cells(plan["b"])[1:5] == ("scalar", "float32", "keep", "")


def test_a_part_says_of_what_it_is_one() -> None:
    made = layout({"tp": 2}, [place("w", split(0, "tp"))])

    plan = plan_infos([info("w", (2, 3))], recipe("{match: w, init: ones}"), layout=made.at(1))

    assert shape_text(plan["w"]) == "2x3 = w[2:4, :] of 4x3"


@given(cells, st.integers(5, 30))
def test_folding_breaks_no_cell_and_keeps_to_the_width(parts: list[str], width: int) -> None:
    rows = folded(parts, width)

    assert [cell for row in rows for cell in row.split()] == [part for part in parts if part]
    assert all(len(row) <= width or len(row.split()) == 1 for row in rows)


def test_columns_are_padded() -> None:
    assert table([("a", "1", "x"), ("bcd", "22", "")], right=[1]) == ["a     1  x", "bcd  22"]
    assert table([]) == []


def test_a_row_is_as_long_as_the_width() -> None:
    assert folded(("ab", "", "cd"), 6) == ["ab  cd"]
    assert folded(("ab", "", "cd"), 5) == ["ab", "    cd"]
