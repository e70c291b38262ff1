"""Hooks of the site: links out of docs/ become plain text, and pages take excerpts of others.

Pages in Chinese link to pages in Chinese, ``PAGE.zh.md``, as those who read the files want it; on the site the page is
``PAGE.md`` in every language.

A page in Chinese does not repeat what is measured or generated. A line ``[...](PAGE.md "from 'TEXT'")`` of its own is a
link wherever the page is read as it is; on the site it becomes the lines of that page from the first that begins with
TEXT, to its end or as far as ``to 'TEXT'`` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./[^)]*\)")
_CHINESE = re.compile(r"(\]\([a-z-]+)\.zh(\.md[)#])")
_EXCERPT = re.compile(r"""^\[[^\]]*\]\((\S+) "from '(.+?)'(?: to '(.+?)')?"\)$""", re.MULTILINE)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Returns the page as the site shows it; mkdocs calls it for every page."""
    return _CHINESE.sub(r"\1\2", _OUTSIDE.sub(r"\1", with_excerpts(markdown)))


def on_post_build(config: Mapping[str, object], **_: object) -> None:
    """Puts the map of the site into the folder of each language, where the theme's language switch looks for it."""
    site = Path(str(config["site_dir"]))
    for home in site.glob("*/index.html"):
        home.with_name("sitemap.xml").write_bytes((site / "sitemap.xml").read_bytes())


def with_excerpts(markdown: str) -> str:
    """Returns the page with the excerpts that it asks for in their places."""
    return _EXCERPT.sub(_excerpt, markdown)


def _excerpt(found: re.Match[str]) -> str:
    page, first, beyond = found.groups()
    text = (DOCS / page).read_text(encoding="utf-8")
    begin = text.index(f"\n{first}") + 1
    end = text.index(f"\n{beyond}", begin) if beyond else len(text)
    return text[begin:end].rstrip()
