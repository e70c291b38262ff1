"""Every class's recommended recipe is held to what its reference draws; needs neither torch nor mindone."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import pytest

from ms_initkit.plans.suggestion import Suggestion
from tests import zoo
from tests.truth import data, table
from tests.truth.choices import explained
from tests.truth.recommending import suggestion

SAID: Final = table.read()
CLASSES: Final = [(package, name) for package in data.packages() for name in data.names(package)]
# The part of each package's classes that is whole at least; none is worse than as constructed.
WHOLE: Final = {"transformers": 0.99, "diffusers": 0.99, "mindcv": 0.98, "mindformers": 0.99, "mindyolo": 0.99}


@cache
def found(package: str, name: str) -> tuple[table.Row, Suggestion]:
    case = data.case(package, name)
    said = suggestion(case)
    return table.row(case, said.recipe), said


@pytest.mark.parametrize(("package", "name"), CLASSES)
def test_the_recommended_recipe_is_as_true_as_the_page_says(package: str, name: str) -> None:
    (row, suggested), said = found(package, name), SAID[package][name]

    assert row.compared == said.compared, "the page is not of these data: python -m tests.truth.table"
    assert row.equal >= said.equal, f"python -m tests.truth.score {row.recipe} {name}"
    assert row.recipe is None or suggested.candidates[0].fits, "a plan with it stops at what it leaves over"


@pytest.mark.parametrize("package", data.packages())
def test_as_many_classes_are_whole_as_are_promised(package: str) -> None:
    rows = [found(package, name)[0] for name in data.names(package)]

    assert sum(row.is_whole for row in rows) >= WHOLE[package] * len(rows)
    assert not [row for row in rows if row.is_worse]


@pytest.mark.parametrize("package", data.packages())
def test_what_is_not_whole_is_explained_with_the_references_line(package: str) -> None:
    partly = {name for name, one in SAID[package].items() if not one.is_whole}

    assert set(explained(package)) == partly
    assert all(re.search(r"\(\S+\.py:\d+\)$", why) for why in explained(package).values())


def test_the_page_is_of_these_scores() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(SAID)


def test_the_zoo_is_of_these_scores() -> None:
    assert zoo.PAGE.read_text(encoding="utf-8") == zoo.page(SAID)
