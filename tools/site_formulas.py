"""A hook of the site: the formulas of the pages of initializers have powers set high and signs of their own.

The page is made from docstrings, which are plain text; it stays so wherever it is read as it is.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

_PAGES: Final = ("initializers.md", "initializers.zh.md")
_CODE: Final = re.compile(r"(^```.*?^```$|`[^`]*`)", re.MULTILINE | re.DOTALL)
_TO_THE: Final = r"(?:\\\*\\\*|\^)"
_POWERS: Final = (re.compile(rf"{_TO_THE}(-?[\w.]*\w)"), re.compile(rf"{_TO_THE}\(([^()]*)\)"))  # the inner ones first


class _File(Protocol):
    src_uri: str


class _Page(Protocol):
    """As much of a page of mkdocs as is needed."""

    file: _File


def on_page_markdown(markdown: str, page: _Page, **_: object) -> str:
    """Returns the page as the site shows it; mkdocs calls it for every page."""
    return typeset(markdown) if page.file.src_uri in _PAGES else markdown


def typeset(markdown: str) -> str:
    """Returns the text with what is not code typeset: powers, roots, plus or minus."""
    parts = _CODE.split(markdown)
    parts[::2] = [_typeset_text(text) for text in parts[::2]]
    return "".join(parts)


def _typeset_text(text: str) -> str:
    for power in _POWERS:
        text = power.sub(r"<sup>\1</sup>", text)
    return text.replace("sqrt(", "√(").replace("+-", "±")
