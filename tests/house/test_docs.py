"""Every code block of README.md and docs/ is run: Python, recipes, and commands of ms-initkit, page by page, in order.

A block that begins with ``# file: NAME`` is written to that file. Python blocks of a page share one namespace; in
them ``assert`` says what the page claims. Commands must exit with 0, or with N where the line ends in ``# exit N``.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ms_initkit import formulas
from ms_initkit.cli.main import app
from tools.site_links import with_excerpts

ROOT = Path(__file__).parents[2]
# docs/findings.md consists of the pages of tests/diagnostics, which are run there: most of what they show fails.
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if ".zh" not in page.name and page.stem != "findings"),
]


def blocks(page: Path) -> Iterator[tuple[str, str, int]]:
    """Yields language, text and first line of each fenced block."""
    text = with_excerpts(page.read_text(encoding="utf-8"))
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match[1], match[2], text[: match.start()].count("\n") + 2


@pytest.mark.usefixtures("own_initializers")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    namespace: dict[str, object] = {"__name__": page.stem}

    for language, text, line in blocks(page):
        match language:
            case "yaml":
                write_recipe(text)
            case "python":
                write_module(text, monkeypatch)
                padded = "\n" * (line - 1) + text
                exec(compile(padded, str(page), "exec"), namespace)
            case "bash":
                run_commands(text, f"{page.name}:{line}")


CHINESE = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.zh.md"))]


def in_english(page: Path) -> Path:
    return page.with_name(page.name.replace(".zh.md", ".md").replace(".zh-CN.md", ".md"))


def test_every_page_has_one_in_chinese() -> None:
    assert {in_english(page).name for page in CHINESE} == {*(page.name for page in PAGES), "findings.md"}


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.stem)
def test_a_page_in_chinese_has_the_code_of_the_english_one(page: Path) -> None:
    assert [block[:2] for block in blocks(page)] == [block[:2] for block in blocks(in_english(page))]


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.stem)
def test_a_page_in_chinese_has_the_headings_and_rows_of_the_english_one(page: Path) -> None:
    assert frame(page) == frame(in_english(page)), (
        f"{page.name} and {in_english(page).name} differ: translate what is new"
    )


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.stem)
def test_a_page_in_chinese_links_to_pages_in_chinese(page: Path) -> None:
    links = re.findall(r"\]\(([\w/-]+\.md)\)", page.read_text(encoding="utf-8"))
    chinese = [link for link in links if (page.parent / link).with_suffix(".zh.md").exists()]

    assert chinese == [], "PAGE.zh.md is the page in Chinese"


def frame(page: Path) -> list[str]:
    """Returns what a page consists of in any language: a mark for every heading, row, item and definition."""
    text = re.sub(
        r"^```\w+\n.*?^```$", "", with_excerpts(page.read_text(encoding="utf-8")), flags=re.MULTILINE | re.DOTALL
    )
    return re.findall(r"^(?:#+ |\|(?: \[`?[a-z0-9_-]+`?\]\(#)?|- |: )", text, re.MULTILINE)


def write_module(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    named = re.match(r"# file: (\S+)\n", text)
    if named:
        path = Path(named[1])
        path.write_text(text, encoding="utf-8")
        # Another test of this process may have imported a module of its own by this name.
        monkeypatch.delitem(sys.modules, path.stem, raising=False)


def write_recipe(text: str) -> None:
    named = re.match(r"# file: (\S+)\n", text)
    path = Path(named[1] if named else "block.yaml")
    path.write_text(text, encoding="utf-8")
    if path.suffix == ".yaml" and "rules:" in text and "family:" in text:
        result = CliRunner().invoke(app, ["check", f"./{path}"])
        assert result.exit_code == 0, result.stderr


def run_commands(text: str, place: str) -> None:
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["ms-initkit"]:
            continue
        if "--import" in words:
            forget_own_initializers()  # a command is a process of its own: it knows what it imports
        wanted = re.search(r"# exit (\d)$", line)
        result = CliRunner().invoke(app, words[1:])
        code = int(wanted[1]) if wanted else 0
        assert result.exit_code == code, f"{place}: {line}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"


def forget_own_initializers() -> None:
    for name in formulas.names():
        if formulas.known(name) not in formulas.SHIPPED:
            formulas.unregister(name)
