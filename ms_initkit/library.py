"""The recipes that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(str(files("ms_initkit") / "recipes"))
_SUFFIXES: Final = (".yaml", ".yml")


def names() -> tuple[str, ...]:
    """Returns the names of the shipped recipes, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def find(name: str) -> Path | None:
    """Returns the file of the shipped recipe ``name``, or None."""
    return _FOLDER / f"{name}.yaml" if name in names() else None


def is_path(name_or_path: str) -> bool:
    """Returns whether a recipe is named by its file: it has a separator, or ends in .yaml or .yml."""
    return "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(_SUFFIXES)


def is_shipped(path: str) -> bool:
    """Returns whether the file is one of the shipped recipes."""
    return Path(path).resolve().parent == _FOLDER.resolve()
