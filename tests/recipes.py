"""Recipes written inside tests."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Final

from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.networks.plain import Options

_FOLDER: Final = Path(tempfile.mkdtemp(prefix="recipes-"))
_numbers = itertools.count()


def recipe(rules: str, *, head: str = "") -> Recipe:
    """Returns the recipe of these rules, written as the items of `rules`."""
    path = _FOLDER / f"{next(_numbers)}.yaml"
    lines = "\n".join(f"  - {rule.strip()}" for rule in rules.strip().splitlines())
    path.write_text(f"family: test\n{head}\nrules:\n{lines}\n", encoding="utf-8")
    return load_recipe(str(path))


def info(
    name: str,
    shape: tuple[int, ...] = (4, 4),
    cell: str = "Dense",
    *,
    dtype: str = "float32",
    is_trainable: bool = True,
    groups: int = 1,
    is_transposed: bool = False,
    weight_shape: tuple[int, ...] | None = None,
    options: Options = (),
) -> ParamInfo:
    """Returns a parameter as ``describe`` would."""
    leaf = name.rpartition(".")[2]
    siblings = {leaf: shape} if len(shape) > 1 else {}
    if weight_shape is not None:
        siblings["weight"] = weight_shape
    owner = Owner(name, leaf, (cell, "Cell"), groups, is_transposed, tuple(siblings.items()), options)
    return ParamInfo((owner,), shape, dtype, is_trainable)
