"""Steps of `then` that change values one by one, as they are written."""

from __future__ import annotations

import pytest

from ms_initkit.findings import RecipeError
from tests.recipes import recipe


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("{add: {nromal: 1}}", "unknown-initializer"),
        ("{add: {normal: -1}}", "bad-argument"),
        ("{add: {}}", "wrong-type"),
        ("mask", "unknown-word"),
        ("apply", "unknown-word"),
        ("{mask: {lower: 1, upper: 1}}", "conflicting-keys"),
        ("{mask: {path: a.npz, missing: next}}", "conflicting-keys"),
        ("{mask: {lower: a}}", "wrong-type"),
        ("{exp: 2}", "unknown-word"),
        ("{normalize: {axis: 0, except: 1}}", "conflicting-keys"),
        ("{normalize: {axis: 0, norm: spectral}}", "conflicting-keys"),
        ("{norm: {axes: 0}}", "unknown-key"),
        ("{multiply: -inf}", "wrong-type"),
    ],
)
def test_steps_that_are_written_wrongly_are_refused(step: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(f"{{match: a, init: 1, then: [{step}]}}")
    assert [finding.code for finding in caught.value.findings] == [code]
