"""Every class's recommended recipe is held to what its reference draws; needs neither torch nor mindone."""

from __future__ import annotations

from functools import cache
from typing import Final

import pytest

from tests.truth import data, table
from tests.truth.recommending import recommended

SAID: Final = table.read()
CLASSES: Final = [(package, name) for package in data.packages() for name in data.names(package)]
# The part of each package's classes that is whole at least, and worse than as constructed at most. Of mindcv,
# resnetv2_50 is: it is constructed as the class that ResNet is, with parameters of the same names.
WHOLE: Final = {"transformers": 0.94, "diffusers": 0.95, "mindcv": 0.91, "mindformers": 0.99, "mindyolo": 0.99}
WORSE: Final = {"transformers": 0.0, "diffusers": 0.0, "mindcv": 0.02, "mindformers": 0.0, "mindyolo": 0.0}


@cache
def found(package: str, name: str) -> table.Row:
    case = data.case(package, name)
    return table.row(case, recommended(case))


@pytest.mark.parametrize(("package", "name"), CLASSES)
def test_the_recommended_recipe_is_as_true_as_the_page_says(package: str, name: str) -> None:
    row, said = found(package, name), SAID[package][name]

    assert row.compared == said.compared, "the page is not of these data: python -m tests.truth.table"
    assert row.equal >= said.equal, f"python -m tests.truth.score {row.recipe} {name}"


@pytest.mark.parametrize("package", data.packages())
def test_as_many_classes_are_whole_as_are_promised(package: str) -> None:
    rows = [found(package, name) for name in data.names(package)]

    assert sum(row.is_whole for row in rows) >= WHOLE[package] * len(rows)
    assert sum(row.is_worse for row in rows) <= WORSE[package] * len(rows)


def test_the_page_is_of_these_scores() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(SAID)
