"""Every code that a finding can have is explained in docs/findings.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def codes_in_the_code() -> set[str]:
    """Texts in kebab-case that stand where a finding's code does."""
    made = r"(?:Finding\.\w+|_finding|failure|add)\(\s*\"([a-z]+(?:-[a-z0-9]+)+)\""
    yielded = r"yield \(?\s*(?:_finding\()?\"([a-z]+(?:-[a-z0-9]+)+)\""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "ms_initkit").rglob("*.py")]
    return {code for text in texts for pattern in (made, yielded) for code in re.findall(pattern, text)}


def test_every_code_is_on_the_page() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")

    codes = codes_in_the_code()

    assert len(codes) > 40
    assert not {code for code in codes if code not in page}
