"""The key `blocks`."""

from __future__ import annotations

import pytest

from tests.language.written import refused_rule


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**", init: zeros, blocks: {axis: 0}}', "missing-key", "{axis: 0}"),
        ('{match: "**", init: zeros, blocks: {axis: 0, parts: 2, sizes: [1]}}', "conflicting-keys", None),
    ],
)
def test_blocks_that_cannot_be_are_refused_where_they_are_wrong(lines: str, code: str, at: str | None) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert at is None or text == at
