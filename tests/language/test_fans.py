"""The key `fans`."""

from __future__ import annotations

import pytest

from tests.language.written import refused_rule


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ('{match: "**", init: zeros, fans: {in: 1, in_axes: [0]}}', "conflicting-keys", None),
        ('{match: "**", init: zeros, fans: {in_axes: [0]}}', "missing-key", None),
        ('{match: "**", init: zeros, fans: {}}', "missing-key", None),
        ('{match: "**", init: zeros, fans: shap}', "unknown-word", "shap"),
    ],
)
def test_fans_that_cannot_be_are_refused_where_they_are_wrong(lines: str, code: str, at: str | None) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert at is None or text == at
