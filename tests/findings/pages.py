"""The pages of ``tests/diagnostics``: one for each code, run from top to bottom in an empty folder.

A page has an example of what is wrong, what is said of it, and under ``## Instead`` what to write. Its blocks are

- ``yaml``, ``json`` and ``hex``: a file, named after the kind, ``recipe.yaml`` where it is not;
- ``network``: a network without MindSpore, a line a parameter: name, shape, type, cell and whether it is trainable;
- ``python``: run in one namespace for the whole page;
- ``console``: commands after ``$``, each with what it answers;
- ``text``: what is said of the blocks before it: by Python where there is some, otherwise of ``recipe.yaml`` and the
  network.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from ms_initkit.cli.main import app
from ms_initkit.findings import Finding, InitKitError
from ms_initkit.language.load import load_recipe
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind

FOLDER: Final = Path(__file__).parents[1] / "diagnostics"
PAGES: Final = sorted(FOLDER.glob("*.md"))
BLOCK: Final = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPE: Final = "recipe.yaml"
INSTEAD: Final = "## Instead"


@dataclass(frozen=True)
class Block:
    kind: str
    file: str
    text: str

    @property
    def is_recipe(self) -> bool:
        return self.kind == "yaml" and self.file == RECIPE


@dataclass(frozen=True)
class Page:
    """A page: its headings, what is wrong, and what is right."""

    headings: tuple[str, ...]
    wrong: tuple[Block, ...]
    right: tuple[Block, ...]

    @property
    def right_recipes(self) -> tuple[Block, ...]:
        return tuple(block for block in self.right if block.is_recipe)


@dataclass(frozen=True)
class Said:
    """What a page says is said, and what is."""

    expected: str
    actual: str


def read_page(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    headings = tuple(re.findall(r"^#+ .*$", BLOCK.sub("", text), re.MULTILINE))
    wrong, _, right = text.partition(INSTEAD)
    return Page(headings, _blocks(wrong), _blocks(right))


def with_said(text: str, said: Sequence[Said]) -> str:
    """Returns the text of a page with what is really said in the place of what it says."""
    actual = iter(said)

    def replaced(match: re.Match[str]) -> str:
        return match[0] if match["kind"] not in ("text", "console") else _fenced(match["kind"], next(actual).actual)

    return BLOCK.sub(replaced, text)


def _fenced(kind: str, text: str) -> str:
    return f"```{kind}\n{text}```"


def _blocks(text: str) -> tuple[Block, ...]:
    return tuple(Block(match["kind"], match["file"] or RECIPE, match["text"]) for match in BLOCK.finditer(text))


@dataclass
class Run:
    """Runs blocks in the current folder, and keeps what they say."""

    network: tuple[ParamInfo, ...] | None = None
    namespace: dict[str, object] = field(default_factory=lambda: {"__name__": "page"})
    found: list[Finding] = field(default_factory=list)
    output: str | None = None
    exits: list[int] = field(default_factory=list)

    def run(self, blocks: Sequence[Block]) -> list[Said]:
        """Returns each text of ``blocks`` beside what is really said there."""
        said = []
        for block in blocks:
            match block.kind:
                case "text":
                    said.append(Said(block.text, self._saying()))
                case "console":
                    said.append(Said(block.text, self._commanded(block.text)))
                case "python":
                    self.output = (self.output or "") + self._executed(block.text)
                case "network":
                    self.network = read_network(block.text)
                case "hex":
                    Path(block.file).write_bytes(bytes.fromhex(block.text))
                case "yaml" | "json":
                    Path(block.file).write_text(block.text, encoding="utf-8")
                case kind:
                    raise ValueError(f"a page has no blocks of kind {kind}")
        return said

    def loaded(self) -> tuple[Finding, ...]:
        """Returns what is wrong with ``recipe.yaml``, and between it and the network."""
        try:
            recipe = load_recipe(RECIPE)
            return () if self.network is None else bind(recipe, self.network, strict=True).findings
        except InitKitError as error:
            return error.findings

    def _saying(self) -> str:
        if self.output is not None:
            text, self.output = self.output, None
            return text
        found = self.loaded()
        self.found += found
        return "\n\n".join(map(str, found)) + "\n"

    def _executed(self, text: str) -> str:
        """Returns what ``text`` prints, and the findings that it raises."""
        stream = StringIO()
        try:
            with redirect_stdout(stream):
                exec(compile(text, "page", "exec"), self.namespace)
        except InitKitError as error:
            self.found += error.findings
            return stream.getvalue() + "\n\n".join(map(str, error.findings)) + "\n"
        return stream.getvalue()

    def _commanded(self, text: str) -> str:
        """Returns the commands of ``text``, each with what it really answers."""
        lines = []
        for line in text.splitlines():
            if line.startswith("$ ms-initkit "):
                result = CliRunner().invoke(app, shlex.split(line)[2:])
                self.exits.append(result.exit_code)
                lines.append("\n".join([line, *(part for part in (result.stdout, result.stderr) if part)]).rstrip("\n"))
        return "\n".join(lines) + "\n"


def read_network(text: str) -> tuple[ParamInfo, ...]:
    """Returns the parameters; a bias takes its cell's weight along."""
    rows = [line.split() for line in text.splitlines()]
    shapes = {name: tuple(int(extent) for extent in shape.split("x")) for name, shape, *_ in rows}
    infos = []
    for name, _, dtype, cell, trainable in rows:
        parent, _, leaf = name.rpartition(".")
        weight = shapes.get(f"{parent}.weight", ())
        owner = Owner(name, leaf, (cell, "Cell"), siblings=(("weight", weight),) if len(weight) > 1 else ())
        infos.append(ParamInfo((owner,), shapes[name], dtype, trainable == "trainable"))
    return tuple(infos)
