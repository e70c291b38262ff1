"""docs/conformance.md is what the conformance test compares."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.cases import CASES
from tools import conformance_page

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def test_the_page_of_conformance_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == conformance_page.text(), (
        "run: python -m tools.conformance_page docs/conformance.md"
    )


def test_no_case_stands_twice() -> None:
    assert len({str(case) for case in CASES}) == len(CASES)
