"""Kinds of arguments: told from types, checked, taken from other names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from ms_initkit import draws, formulas
from ms_initkit.formulas import elementary, scaling, structured
from ms_initkit.formulas.base import Formula, Site
from ms_initkit.formulas.kinds import Range


@pytest.mark.parametrize("value", ["0.02", True, None, (1.0,)])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"sigma is .*: must be a number"):
        elementary.Normal(value)  # type: ignore[arg-type]  # that is what is tested


def test_lists_become_tuples_and_integers_floats() -> None:
    assert structured.BlockOrthogonal([2, 3]).split_sizes == (2, 3)  # type: ignore[arg-type]  # as YAML gives it
    assert repr(elementary.Normal(1, 0)) == "Normal(sigma=1.0, mean=0.0)"


@dataclass(frozen=True)
class Everything(Formula):
    """Has an argument of every kind."""

    number: Annotated[float, Range(0.0, 1.0)]
    integer: int
    flag: bool
    word: Literal["a", "b"]
    text: str
    numbers: tuple[float, ...]
    integers: tuple[int, ...]
    formula: Formula
    formulas: tuple[Formula, ...]
    parts: tuple[tuple[float, Formula], ...]
    nothing: float | None = None

    def resolve(self, site: Site) -> draws.Draw:
        return self.formula.resolve(site)


def test_kinds_follow_from_the_types() -> None:
    found = formulas.arguments(Everything)

    assert [argument.kind for argument in found] == [
        "number",
        "integer",
        "flag",
        "word",
        "text",
        "numbers",
        "integers",
        "formula",
        "formulas",
        "mixture parts",
        "number",
    ]
    assert found[0].range == Range(0.0, 1.0)
    assert found[3].choices == ("a", "b")
    assert [argument.is_required for argument in found] == [True] * 10 + [False]
    assert found[-1].is_nullable


def test_arguments_answer_to_other_frameworks_names() -> None:
    assert formulas.build("normal", {"std": 0.5}) == elementary.Normal(0.5)
    assert formulas.build("kaiming_normal", {"a": 0.2}) == scaling.HeNormal(0.2)
    assert formulas.build("uniform_", {"a": 5, "b": 10}) == elementary.Uniform(low=5.0, high=10.0)


def test_an_argument_that_is_not_there_or_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="normal has no argument 'sigmas': it has sigma, std, stddev, mean"):
        formulas.build("normal", {"sigmas": 1})
    with pytest.raises(ValueError, match="'std' is another name of 'sigma', which is given too"):
        formulas.build("normal", {"sigma": 1, "std": 1})
