"""Recipes that other packages bring: a folder of YAML files for each entry point of the group ``ms_initkit.recipes``.

Whoever asks waits for the metadata of every package that is installed: it is asked for names that are not found
otherwise, and for lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ms_initkit.basis.records import record
from ms_initkit.findings import Finding, RecipeError

GROUP: Final = "ms_initkit.recipes"


@record
class Package:
    """A package that brings recipes.

    Args:
        name: Its distribution's name and version.
        source: Its recipes are called ``source/NAME``.
        module: The package in which their files lie.
    """

    name: str
    source: str
    module: str

    def recipes(self) -> Mapping[str, Path]:
        """Returns the files of its recipes by name.

        Raises:
            RecipeError: If they cannot be had.
        """
        return _recipes(self)


@cache
def packages() -> tuple[Package, ...]:
    """Returns the packages that bring recipes, by source."""
    from importlib.metadata import entry_points

    found = {
        Package(f"{point.dist.name} {point.dist.version}" if point.dist else "?", point.name, point.value)
        for point in entry_points(group=GROUP)
    }
    return tuple(sorted(found, key=lambda package: (package.source, package.name)))


def find(name: str) -> Path | None:
    """Returns the file of the recipe ``name``, None if no package has it.

    Raises:
        RecipeError: If a package promises recipes of its source, and they cannot be had.
    """
    package = require_one(name.partition("/")[0])
    return None if package is None else package.recipes().get(name)


def require_one(source: str) -> Package | None:
    """Returns the package whose recipes are called ``source/NAME``, None if there is none.

    Raises:
        RecipeError: If there are several.
    """
    found = [package for package in packages() if package.source == source]
    if len(found) > 1:
        names = " and ".join(package.name for package in found)
        raise RecipeError([_unreadable(f"{names} both call their recipes {source!r}", "uninstall one of them")])
    return found[0] if found else None


@cache
def _recipes(package: Package) -> Mapping[str, Path]:
    said = f"the package {package.name} promises recipes in {package.module!r}"
    try:
        spec = find_spec(package.module)  # imports the packages that it lies in
    except (Exception, SystemExit) as error:
        message = f"{said}, which cannot be imported: {type(error).__name__}: {error}"
        raise RecipeError([_unreadable(message)]) from error
    folders = [] if spec is None else [Path(folder) for folder in spec.submodule_search_locations or ()]
    if not folders:
        raise RecipeError([_unreadable(f"{said}, and there is no such package")])
    return MappingProxyType(
        {
            f"{package.source}/{file.relative_to(folder).with_suffix('').as_posix()}": file
            for folder in folders
            for file in sorted(folder.rglob("*.yaml"))
        }
    )


def _unreadable(message: str, hint: str | None = None) -> Finding:
    note = f"by an entry point of the group `{GROUP}`"
    return Finding.error("unreadable-recipe", message, note, help=hint)
