"""The recipes that come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from ms_initkit.syntax.source import Mapping, Scalar, read_file

_FOLDER: Final = Path(str(files("ms_initkit") / "recipes"))
_SUFFIXES: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped recipe, for lists."""

    name: str
    description: str


def shipped() -> tuple[Shipped, ...]:
    """Returns the shipped recipes by name."""
    return tuple(Shipped(name, _description(_FOLDER / f"{name}.yaml")) for name in names())


def names() -> tuple[str, ...]:
    """Returns the names of the shipped recipes, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def find(name: str) -> Path | None:
    """Returns the file of the shipped recipe ``name``, or None."""
    return _FOLDER / f"{name}.yaml" if name in names() else None


def is_path(name_or_path: str) -> bool:
    """Returns whether a recipe is named by its file: it has a separator, or ends in .yaml or .yml."""
    return "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(_SUFFIXES)


def portable_path(path: str) -> str:
    """Returns ``recipes/NAME.yaml`` for a shipped recipe wherever it is installed, other paths as they are."""
    file = Path(path)
    return f"recipes/{file.name}" if file.resolve().parent == _FOLDER.resolve() else path


def _description(path: Path) -> str:
    root = read_file(str(path)).root
    node = root.get("description") if isinstance(root, Mapping) else None
    return " ".join(node.text.split()) if isinstance(node, Scalar) else ""
