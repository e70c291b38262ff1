"""The step that takes a matrix apart, as it is written."""

from __future__ import annotations

import pytest

from ms_initkit.draws import functions
from tests.language.written import Matrix, refused_rule, rule


@pytest.mark.parametrize(
    ("arguments", "done", "shown"),
    [
        ("scheme: pissa, part: a, rank: 2, scale: 0.5", functions.LowRank("pissa", "a", 2, 0.5), "pissa's a by LAPACK"),
        ("scheme: olora, part: rest, rank: 2", functions.LowRank("olora", "rest", 2, 1.0), "olora's rest by LAPACK"),
    ],
)
def test_what_is_written_is_what_is_done(arguments: str, done: functions.Functions, shown: str) -> None:
    (found,) = rule(f"{{match: '**', init: zeros, then: [{{low_rank: {{{arguments}}}}}]}}").then

    assert found.resolve(Matrix()) == done  # type: ignore[arg-type]  # as much of it as this step asks
    assert str(found) == shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("scheme: pissa, part: a", "missing-key"),
        ("scheme: svd, part: a, rank: 2", "unknown-word"),
        ("scheme: pissa, part: c, rank: 2", "unknown-word"),
        ("scheme: pissa, part: a, rank: r", "unknown-variable"),
    ],
)
def test_what_cannot_be_is_refused(arguments: str, code: str) -> None:
    ((found, _),) = refused_rule(f"{{match: '**', init: zeros, then: [{{low_rank: {{{arguments}}}}}]}}")

    assert found == code
