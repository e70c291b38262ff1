"""What networks are large for is not refused: work is counted, so that this holds on every machine or on none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bombs.answers import answer, network
from tests.bombs.legitimate import LEGITIMATE


@pytest.mark.parametrize("name", LEGITIMATE)
def test_long_recipes_are_held_against_50_000_parameters(name: str, tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(LEGITIMATE[name](), encoding="utf-8")

    assert "too-large" not in answer(str(path), network(50_000))
