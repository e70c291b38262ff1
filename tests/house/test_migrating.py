"""docs/migrating.md: what other libraries' users write, each beside ours, which is no longer."""

from __future__ import annotations

import re

import pytest

from tests.house.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "migrating.md"
PARTS = re.split(r"^## (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
SECTIONS = dict(zip(PARTS[1::2], PARTS[2::2], strict=True))


def lines_of(section: str, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    lines = [line for language, text in found if language in languages for line in text.splitlines()]
    return [line for line in lines if line.strip() and not line.startswith("# file:")]


@pytest.mark.parametrize("title", SECTIONS)
def test_ours_is_no_longer_than_theirs(title: str) -> None:
    theirs = lines_of(SECTIONS[title], "py")
    ours = lines_of(SECTIONS[title], "python", "yaml")

    assert 0 < len(ours) <= len(theirs)
    assert max(map(len, ours)) <= 120


def test_all_of_those_that_people_come_from_are_there() -> None:
    text = " ".join(SECTIONS)

    for name in ("MindSpore", "Dive into Deep Learning", "Gluon", "AllenNLP", "mmengine", "MXNet", "torch", "Hugging"):
        assert name in text


def test_the_page_has_blocks_at_all() -> None:
    assert {language for language, _, _ in blocks(PAGE)} == {"py", "python", "yaml"}
