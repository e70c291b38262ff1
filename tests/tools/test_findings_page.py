"""docs/findings.md is what the table of codes and the pages of diagnostics say."""

from __future__ import annotations

from pathlib import Path

from tools import findings_page

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"


def test_the_page_of_findings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == findings_page.text(), (
        "run: python tools/findings_page.py docs/findings.md"
    )
