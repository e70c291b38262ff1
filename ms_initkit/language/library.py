"""Recipes by name: those that come with the package, a folder for each source, those of one's own, and of packages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, RecipeError
from ms_initkit.language import packages
from ms_initkit.language.audience import Audience, read_audience
from ms_initkit.syntax.nodes import Mapping, Scalar
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.reading import Fields, read_text
from ms_initkit.syntax.source import read_file
from ms_initkit.syntax.source import read_text as read_source

_FOLDER: Final = Path(str(files("ms_initkit") / "recipes"))
_ALIASES: Final = "aliases.yaml"
_SUFFIXES: Final = (".yaml", ".yml")
_VARIABLE: Final = "MS_INITKIT_RECIPES"
_own: Final[list[Path]] = []
# These are long, and say nothing of which networks a recipe is for.
_BODY: Final = re.compile(r"^(?:vars|rules):.*(?:\n(?![a-z]).*)*", re.MULTILINE)


@record
class Shipped:
    """What a shipped recipe says of itself beside its variables and rules.

    Args:
        name: ``source/name``.
        description: One line.
        aliases: Names without a source under which it is known too.
        audience: The networks it is for.
        package: The package that brings it, with its version; empty for what is shipped, and for one's own.
    """

    name: str
    description: str
    aliases: tuple[str, ...]
    audience: Audience
    package: str = ""

    @property
    def source(self) -> str:
        """Whose initialisation it is."""
        return self.name.partition("/")[0]

    def is_about(self, word: str) -> bool:
        """Returns whether ``word`` stands in its names, its description, its topics or the classes it is for."""
        audience = self.audience
        classes = [name for one in (*audience.networks, *audience.alternatives) for name in one.names]
        texts = (self.name, *self.aliases, self.description, *audience.topics, *classes)
        return any(word.lower() in text.lower() for text in texts)


@cache
def shipped() -> tuple[Shipped, ...]:
    """Returns the shipped recipes by name, without reading their rules."""
    return tuple(read_head(name, _file(name)) for name in names())


def read_head(name: str, path: Path) -> Shipped:
    """Returns what the recipe at ``path`` says of itself, without reading its variables and rules."""
    head = _BODY.sub("", path.read_text(encoding="utf-8"))
    root = read_source(head, str(path)).root
    fields = Fields({key.text: node for key, node in root.entries} if isinstance(root, Mapping) else {}, Problems())
    return Shipped(
        name=name,
        description=" ".join(fields.optional("description", read_text, "").split()),
        aliases=tuple(alias for alias, at in aliases().items() if at == name),
        audience=read_audience(fields),
    )


@cache
def names() -> tuple[str, ...]:
    """Returns the names of the shipped recipes, ``source/name``, sorted."""
    return tuple(sorted(_name(file) for file in _FOLDER.glob("*/*.yaml")))


@cache
def aliases() -> Table[str, str]:
    """Returns the names without a source that recipes go by, each with the recipe's own."""
    root = read_file(str(_FOLDER / _ALIASES)).root
    assert isinstance(root, Mapping)
    return MappingProxyType({key.text: node.text for key, node in root.entries if isinstance(node, Scalar)})


def use_folders(folders: Iterable[str | Path]) -> None:
    """Makes the recipes in ``folders`` known by their names, in the place of those that were named before."""
    _own.clear()
    _own.extend(map(Path, folders))


def own() -> Table[str, Path]:
    """Returns the recipes in folders of one's own, by name; those of ``MS_INITKIT_RECIPES`` come last."""
    folders = [*_own, *(Path(path) for path in os.environ.get(_VARIABLE, "").split(os.pathsep) if path)]
    found: dict[str, Path] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.yaml")):
            found.setdefault(file.relative_to(folder).with_suffix("").as_posix(), file)
    return found


def others() -> tuple[list[Shipped], list[Finding]]:
    """Returns the recipes in folders of one's own and those that packages bring, and what of them cannot be read."""
    found: list[Shipped] = []
    findings: list[Finding] = []
    for name, path in own().items():
        with _collecting(findings):
            found.append(_foreign_head(name, path, ""))
    for package in packages.packages():
        with _collecting(findings):
            packages.require_one(package.source)
            for name, path in package.recipes().items():
                with _collecting(findings):
                    found.append(_foreign_head(name, path, package.name))
    return found, findings


def _foreign_head(name: str, path: Path, package: str) -> Shipped:
    document = read_file(str(path))
    if document.findings:
        raise RecipeError(document.findings)
    return replace(read_head(name, path), package=package)


@contextmanager
def _collecting(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except RecipeError as error:
        findings += [finding for finding in error.findings if finding not in findings]


def every_name() -> tuple[str, ...]:
    """Returns all that ``find`` finds: names and aliases."""
    return (*names(), *aliases(), *(entry.name for entry in others()[0]))


def find(name: str) -> Path | None:
    """Returns the file of the recipe ``name``, or None; what is shipped cannot be replaced.

    Raises:
        RecipeError: If a package promises it, and its recipes cannot be had.
    """
    known = aliases().get(name, name)
    return _file(known) if known in names() else own().get(name) or packages.find(name)


def is_path(name_or_path: str) -> bool:
    """Returns whether a recipe is named by its file.

    Such a name ends in .yaml or .yml, or has a separator and does not begin with a source of recipes.
    """
    if name_or_path.endswith(_SUFFIXES) or "\\" in name_or_path:
        return True
    source, slash, _ = name_or_path.partition("/")
    if not slash or source in {name.partition("/")[0] for name in names()} or name_or_path in own():
        return False
    return source not in {package.source for package in packages.packages()}


def shipped_name(path: str) -> str | None:
    """Returns the name of the shipped recipe at ``path``, None if none lies there."""
    return _shipped_name(str(Path(path).absolute()))


@lru_cache(maxsize=1024)
def _shipped_name(path: str) -> str | None:
    file = Path(path).resolve()
    return _name(file) if file.parent.parent == _FOLDER.resolve() else None


def portable_path(path: str) -> str:
    """Returns ``recipes/SOURCE/NAME.yaml`` for a shipped recipe wherever it is installed, other paths as they are."""
    name = shipped_name(path)
    return path if name is None else f"recipes/{name}.yaml"


def of_portable(path: str) -> str:
    """Returns the name of the shipped recipe that ``portable_path`` gave ``path`` for, other paths as they are."""
    name = path.removeprefix("recipes/").removesuffix(".yaml")
    return name if path == f"recipes/{name}.yaml" and name in names() else path


def _file(name: str) -> Path:
    return _FOLDER / f"{name}.yaml"


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"
