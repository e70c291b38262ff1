"""A hook of the site: what a page links to outside of docs/ (sources, tests) is named there, and not linked."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Returns the page with links out of the folder as plain text; mkdocs calls it for every page."""
    return _OUTSIDE.sub(r"\1", markdown)
