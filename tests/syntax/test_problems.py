"""Attempts: one bad part hides no other, and no value is had of what failed."""

from __future__ import annotations

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.findings.spans import Span
from ms_initkit.syntax.problems import AlreadySaidError, Problems, failure

SPAN = Span("r.yaml", 1, 1, 2)


def read(number: int) -> int:
    if number < 0:
        raise failure("wrong-type", f"{number} is negative", span=SPAN)
    return number


def test_every_failure_is_raised_at_once() -> None:
    problems = Problems()
    for number in (1, -2, -3):
        problems.attempt(read, number)
    problems.add("missing-key", "there is no key", span=SPAN)

    with pytest.raises(RecipeError) as caught:
        problems.settle()

    assert [finding.message for finding in caught.value.findings] == [
        "-2 is negative",
        "-3 is negative",
        "there is no key",
    ]


def test_what_succeeded_has_its_value() -> None:
    problems = Problems()
    attempt = problems.attempt(read, 4)

    problems.settle()

    assert attempt.value == attempt.or_else(0) == 4


def test_what_failed_has_none() -> None:
    attempt = Problems().attempt(read, -4)

    assert attempt.or_else(0) == 0
    with pytest.raises(ValueError, match="unpack"):
        _ = attempt.value


def test_the_whole_fails_even_without_findings() -> None:
    def fail() -> int:
        raise AlreadySaidError

    problems = Problems()
    problems.attempt(fail)

    with pytest.raises(RecipeError):
        problems.settle()


def test_a_part_hands_on_what_is_wrong_with_it() -> None:
    whole, part = Problems(), Problems()
    part.attempt(read, -1)

    whole.take(part)

    assert whole.has_failed
    assert [finding.code for finding in whole.findings] == ["wrong-type"]
