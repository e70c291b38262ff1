"""Stretches of rows, as they are written and counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.findings import RecipeError
from ms_initkit.language.rows import Rows
from ms_initkit.syntax.expressions import Expression
from tests.recipes import recipe


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{match: a, init: keep, rows: 1}", "conflicting-keys"),
        ("{match: a, init: 1, rows: {1: 2}}", "wrong-type"),
        ("{match: a, init: 1, rows: 3:5}", "ambiguous-number"),
        ("{match: a, init: 1, rows: 'old:'}", "unknown-variable"),
        ("{match: a, init: 1, rows: []}", "wrong-type"),
    ],
)
def test_rows_that_are_written_wrongly_are_refused(rule: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(rule)
    assert [finding.code for finding in caught.value.findings] == [code]


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        ('rows: "5-8"', "'5-8' is arithmetic: row -3", 'write "5:9" for rows 5 to 8, "5:8" for rows up to 7'),
        ("rows: 5 - 8", "'5 - 8' is arithmetic: row -3", 'write "5:9" for rows 5 to 8, "5:8" for rows up to 7'),
        ('rows: [1, "8-5"]', "'8-5' is arithmetic: row 3", "write 3 for that row"),
        ('then: [{zero_rows: "2-4"}]', "'2-4' is arithmetic", '"2:5" for rows 2 to 4'),
        ('then: [{zero_columns: "2-4"}]', "'2-4' is arithmetic", '"2:5" for rows 2 to 4'),
        ('then: [{set: {at: ["2-4"], to: 0}}]', "'2-4' is arithmetic", '"2:5" for rows 2 to 4'),
    ],
)
def test_a_hyphen_between_two_rows_is_no_arithmetic(rule: str, message: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f"{{match: '**', init: {{normal: 1}}, {rule}}}")

    (finding,) = caught.value.findings
    assert message in finding.message
    assert hint in (finding.help or "")


def test_arithmetic_with_a_name_is_a_row() -> None:
    assert recipe("{match: '**', init: {normal: 1}, rows: ['shape[0] - 8', -3, '2:4']}").rules


def rows(written: object) -> Rows:
    (rule,) = recipe(f"{{match: '**', init: 1, rows: {written}}}").rules
    assert rule.rows is not None
    return rule.rows


def whole(value: Expression, what: str) -> int:
    del what
    number = value.evaluate({})
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("3", ((3, 4),)),
        ("-1", ((9, 10),)),
        ("'7:'", ((7, 10),)),
        ("':-7'", ((0, 3),)),
        ("':'", ((0, 10),)),
        ("[5, '3:5', 9, '4:6']", ((3, 6), (9, 10))),
        ("[2, 2]", ((2, 3),)),
        ("['6:8', 5]", ((5, 8),)),
    ],
)
def test_stretches_are_joined_in_order(written: str, pieces: object) -> None:
    assert rows(written).of(10, whole) == pieces


def test_rows_show_as_they_are_written() -> None:
    assert str(rows("[3, '5:', ':-2', -1]")) == "3, 5:, :-2, -1"
    assert rows("[3, -1]").are_single
    assert not rows("[3, '5:']").are_single


@given(st.lists(st.integers(-12, 12), min_size=1, max_size=6), st.integers(1, 12))
def test_single_rows_are_those_that_numpy_takes(numbers: list[int], length: int) -> None:
    written = rows(numbers)
    strangers = [number for number in numbers if not -length <= number < length]

    if strangers:
        with pytest.raises(ValueError, match="there is no row"):
            written.of(length, whole)
    else:
        taken = [row for start, stop in written.of(length, whole) for row in range(start, stop)]
        assert taken == sorted({number % length for number in numbers})
