"""Draws as data: what they tell of themselves, and JSON."""

from __future__ import annotations

import pytest

from ms_initkit import draws
from ms_initkit.draws.functions import Norm, SpectralNormalize
from tests.draws.edited import NOISY
from tests.laws import EXAMPLES

NORMAL = draws.Normal(0.0, 1.0)
ORTHOGONAL = draws.Whole("orthogonal", (("gain", 1.0), ("column_axis", "first")))
SPECTRAL = draws.Made(NORMAL, (4, 4), SpectralNormalize(1.0))
FILE = draws.Loaded("a.npz", "w")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_draw_comes_back_from_json(name: str) -> None:
    example = EXAMPLES[name]
    draw = example.formula.resolve(example.site)

    assert draws.from_json(draws.to_json(draw)) == draw


def test_what_is_added_comes_back_from_json() -> None:
    assert draws.from_json(draws.to_json(NOISY)) == NOISY


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (draws.Constant(1.0), {"is_elementwise"}),
        (NORMAL, {"is_elementwise", "is_random"}),
        (draws.Mixture((0.5, 0.5), (NORMAL, draws.Constant(0.0))), {"is_elementwise", "is_random"}),
        (draws.Table("eye"), set()),
        (ORTHOGONAL, {"is_random", "is_drawn_whole"}),
        (draws.Custom("mine"), {"is_random", "is_drawn_whole", "is_users_own"}),
        (draws.Blocks(0, (2, 2), (draws.Constant(0.0), ORTHOGONAL)), {"is_random", "is_drawn_whole"}),
        (draws.Repeated(0, 2, NORMAL), {"is_random"}),
        (draws.Edited(draws.Constant(0.0), (draws.AddDraw(NORMAL, "a"),)), {"is_random"}),
        (draws.Edited(draws.Constant(0.0), (draws.SetRows((0,)),)), set()),
        (SPECTRAL, {"is_random", "is_drawn_whole", "is_by_lapack"}),
        (draws.Made(NORMAL, (4, 4), Norm((1,))), {"is_random"}),
        (draws.InRows(((0, 2),), draws.Constant(0.0), SPECTRAL), {"is_random", "is_drawn_whole", "is_by_lapack"}),
        (draws.There(), set()),
        (draws.Keep(), set()),
    ],
)
def test_a_draw_tells_what_its_parts_are(draw: draws.Draw, told: set[str]) -> None:
    asked = ("is_elementwise", "is_random", "is_drawn_whole", "is_by_lapack", "is_users_own")

    assert {name for name in asked if getattr(draw, name)} == told


def test_parts_have_the_shapes_in_which_they_are_drawn() -> None:
    assert draws.Blocks(1, (1, 3), (NORMAL, NORMAL)).shapes((2, 4)) == ((2, 1), (2, 3))
    assert draws.Repeated(0, 4, NORMAL).shapes((8, 3)) == ((2, 3),)
    assert draws.Made(NORMAL, (4, 9), Norm((1,))).shapes((4,)) == ((4, 9),)
    assert draws.Edited(NORMAL, (draws.AddDraw(NORMAL, "a"),)).shapes((2, 3)) == ((2, 3), (2, 3))


def test_what_a_file_has_is_found_wherever_it_is_a_part() -> None:
    deep = draws.InRows(((0, 1),), draws.Edited(FILE, (draws.Step("abs"),)), draws.Blocks(0, (4,), (FILE,)))

    assert deep.loaded == (FILE, FILE)
    assert NORMAL.loaded == ()


def test_of_rows_that_are_kept_what_was_there_is_there_still() -> None:
    changed = draws.Edited(draws.There(), (draws.Step("abs"),))

    assert draws.InRows(((0, 1),), draws.There("x"), draws.There()).takes == {"x", ""}
    assert draws.InRows(((0, 1),), draws.There("x"), draws.There()).loses == {"x"}
    assert draws.InRows(((0, 1),), draws.Constant(0.0), changed).loses == {""}


def test_other_names_reach_every_part_that_is_there() -> None:
    def made(name: str) -> draws.Draw:
        there = draws.There(name)
        return draws.InRows(
            ((0, 1),),
            draws.Made(draws.Edited(there, (draws.Step("abs"),)), (4, 9), Norm((1,))),
            draws.Blocks(0, (2, 2), (there, NORMAL)),
        )

    assert draws.renamed(made("old"), {"old": "new"}) == made("new")
    assert draws.renamed(made("old"), {"other": "new"}) == made("old")
