"""Recipes of a test, in place of the shipped ones."""

from __future__ import annotations

from pathlib import Path

from ms_initkit.language import library
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.suggest import Classes, suggest
from ms_initkit.plans.suggestion import Suggestion
from tests.recipes import info

WEIGHT, BIAS, NORM = info("fc.weight", (8, 4)), info("fc.bias", (8,)), info("norm.gamma", (4,), "LayerNorm")
DENSE = "  - {id: dense, match: {cell: Dense}, init: {normal: 0.02}}\n"
ALL = '  - {match: "**", init: {normal: 0.02}}\n'
NET = Classes(("Net", "Base"), ("pkg.models.net", "pkg.models.base"))
OWN = Classes(("Mine", "Net", "Base"), ("mine", "pkg.models.net", "pkg.models.base"))


class Shelf:
    """Recipes of a test, in place of the shipped ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}

    def put(self, name: str, head: str = "", rules: str = DENSE) -> None:
        """Adds a recipe."""
        path = self.folder / f"{name.replace('/', '-')}.yaml"
        path.write_text(f"family: {name}\n{head}\nrules:\n{rules}", encoding="utf-8")
        self.paths[name] = path

    def load(self, name: str) -> Recipe:
        """Returns a recipe of this shelf."""
        return load_recipe(self.paths[name])

    def suggest(self, classes: Classes, *infos: ParamInfo) -> Suggestion:
        """Returns what is recommended of this shelf."""
        heads = [library.read_head(name, path) for name, path in self.paths.items()]
        return suggest(infos or (WEIGHT, BIAS), classes, heads, self.load)
