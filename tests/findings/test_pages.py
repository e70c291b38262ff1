"""Every page of ``diagnostics/`` shows what is wrong, what is said of it to the character, and what is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ms_initkit.findings import Finding, codes
from tests.findings.pages import INSTEAD, PAGES, Run, read_page, with_said

pytestmark = pytest.mark.usefixtures("own_initializers")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert [path.stem for path in PAGES] == list(codes())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_what_is_said_and_what_it_says_to_type_is_right(path: Path, update_golden: bool) -> None:
    page = read_page(path)
    run = Run()

    said = run.run(page.wrong)
    wrong = len(run.found)
    run.exits.clear()
    found: list[Finding] = []
    for block in page.right:
        said += run.run([block])
        found += run.loaded() if block.is_recipe else ()
    found += run.found[wrong:]
    if update_golden:
        path.write_text(with_said(path.read_text(encoding="utf-8"), said), encoding="utf-8")
    else:
        for one in said:
            assert one.actual == one.expected

    assert [finding for finding in found if finding.severity == "error"] == []
    assert not any(run.exits)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_its_code_as_severe_as_the_table_has_it(path: Path) -> None:
    shown = "".join(block.text for block in read_page(path).wrong if block.kind in ("text", "console"))

    severities = set(re.findall(rf"^(\w+)\[{path.stem}\]: ", shown, re.MULTILINE))

    assert severities
    assert severities <= set(codes()[path.stem].severities)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_its_headings(path: Path) -> None:
    assert read_page(path).headings == (f"# {path.stem}", INSTEAD)
