"""What once broke something, and a few changes of it: taken, or refused in the library's own words."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.campaign import TooSlowError, outcome
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS, seeds

CHANGES = 40


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_and_changes_of_it_are_answered(target: str) -> None:
    kept = seeds(target)
    random = Random(1)

    for content in [*kept, *(mutated(random.choice(kept), kept, random) for _ in range(CHANGES))]:
        error = outcome(TARGETS[target], content)
        if error is not None:
            raise AssertionError(content) from error


def test_an_exception_and_a_hang_would_be_found() -> None:
    def broken(_content: bytes) -> None:
        raise KeyError("a")

    def hanging(_content: bytes) -> None:
        while True:
            pass

    assert isinstance(outcome(broken, b""), KeyError)
    assert isinstance(outcome(hanging, b"", seconds=0.1), TooSlowError)
