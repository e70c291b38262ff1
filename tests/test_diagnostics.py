"""Every page of ``diagnostics/`` shows a recipe that is wrong, what is said of it to the character, and a right one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ms_initkit
from ms_initkit.findings import InitKitError
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind

if TYPE_CHECKING:
    from ms_initkit.findings import Finding

FOLDER = Path(__file__).parent / "diagnostics"
PAGES = sorted(FOLDER.glob("*.md"))
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# What is said before there is a network; the findings of later stages have pages where they are made of a recipe.
LOADING = ("syntax/*.py", "language/*.py")


@dataclass(frozen=True)
class Block:
    kind: str
    file: str
    text: str


@dataclass(frozen=True)
class Page:
    """A page: files of a bad recipe, perhaps a network, what is said of it, and a good recipe."""

    bad: tuple[Block, ...]
    network: tuple[ParamInfo, ...] | None
    said: str
    good: Block | None


def read_page(path: Path) -> Page:
    blocks = [
        Block(match["kind"], match["file"] or "recipe.yaml", match["text"])
        for match in BLOCK.finditer(path.read_text(encoding="utf-8"))
    ]
    end = next(number for number, block in enumerate(blocks) if block.kind == "text")
    network = next((read_network(block.text) for block in blocks if block.kind == "network"), None)
    good = next((block for block in blocks[end:] if block.kind == "yaml"), None)
    return Page(
        tuple(block for block in blocks[:end] if block.kind in ("yaml", "hex")), network, blocks[end].text, good
    )


def read_network(text: str) -> tuple[ParamInfo, ...]:
    """Reads lines of name, shape, dtype, cell and whether it is trainable; a bias takes its cell's weight along."""
    rows = [line.split() for line in text.splitlines()]
    shapes = {name: tuple(int(extent) for extent in shape.split("x")) for name, shape, *_ in rows}
    infos = []
    for name, _, dtype, cell, trainable in rows:
        parent, _, leaf = name.rpartition(".")
        weight = shapes.get(f"{parent}.weight", ())
        owner = Owner(name, leaf, (cell, "Cell"), siblings=(("weight", weight),) if len(weight) > 1 else ())
        infos.append(ParamInfo((owner,), shapes[name], dtype, trainable == "trainable"))
    return tuple(infos)


def write(block: Block) -> None:
    content = bytes.fromhex(block.text) if block.kind == "hex" else block.text.encode()
    Path(block.file).write_bytes(content)


def findings(network: tuple[ParamInfo, ...] | None) -> tuple[Finding, ...]:
    try:
        recipe = load_recipe("recipe.yaml")
        return () if network is None else bind(recipe, network).findings
    except InitKitError as error:
        return error.findings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_what_is_said(path: Path) -> None:
    page = read_page(path)
    for block in page.bad:
        write(block)

    found = findings(page.network)

    assert "\n\n".join(map(str, found)) + "\n" == page.said
    assert path.stem in {finding.code for finding in found}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_a_page_says_to_type_instead_is_right(path: Path) -> None:
    page = read_page(path)
    for block in (*page.bad, *([page.good] if page.good else [])):
        write(block)

    if page.good is not None:
        assert [finding for finding in findings(page.network) if finding.severity == "error"] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_its_title_and_sections(path: Path) -> None:
    prose = BLOCK.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ .*$", prose, re.MULTILINE)

    assert headings == [f"# {path.stem}", "## Why it matters", "## Example", "## Instead"]


def test_every_code_that_loading_has_is_documented() -> None:
    package = Path(ms_initkit.__file__).parent
    texts = [file.read_text(encoding="utf-8") for pattern in LOADING for file in package.glob(pattern)]
    codes = {code for text in texts for code in re.findall(r'(?:Finding\.\w+|failure|add)\(\s*"([a-z0-9-]+)"', text)}

    assert len(codes) > 20
    assert codes <= {path.stem for path in PAGES}
