"""docs/initializers.md is what the formulas' own docstrings and fields say."""

from __future__ import annotations

from pathlib import Path

from tools import initializers_page

PAGE = Path(__file__).parents[2] / "docs" / "initializers.md"


def test_the_page_of_initializers_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == initializers_page.text(), (
        "run: python tools/initializers_page.py docs/initializers.md"
    )
