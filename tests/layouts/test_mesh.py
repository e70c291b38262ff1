"""What expressions know of a place in a mesh, and on which of its axes they depend."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.layouts.mesh import Mesh, Uses, along, ranks_along
from ms_initkit.layouts.python import layout
from ms_initkit.syntax.expressions import Expression


@dataclass
class Counted:
    """What has expressions."""

    expressions: tuple[Expression, ...]


def mesh(sizes: dict[str, int], **variables: str) -> Mesh:
    made = layout(sizes, [], vars=variables)
    return Mesh(made.mesh, made.variables)


def test_a_place_has_ranks_sizes_and_variables() -> None:
    made = mesh({"pp": 2, "tp": 4}, first="8 * pp_rank", last="first + 7")

    assert made.values_at((1, 3)) == {
        "pp_size": 2,
        "pp_rank": 1,
        "tp_size": 4,
        "tp_rank": 3,
        "rank": 7,
        "world_size": 8,
        "first": 8,
        "last": 15,
    }


def test_expressions_depend_on_the_axes_of_what_they_name() -> None:
    made = mesh({"pp": 2, "tp": 4}, first="8 * pp_rank", last="first + 7", wide="tp_size * 2")

    # They are told by identity, so they have to live on.
    counted = [Counted(tuple(map(Expression, texts))) for texts in (["last + i"], ["wide", "pp_size"], ["rank"])]

    assert [made.uses_of(one) for one in counted] == [
        Uses((0,), frozenset({"i"})),
        Uses((), frozenset()),
        Uses((0, 1), frozenset()),
    ]
    assert made.shared_values((1, 3)) == {"wide": 8}


def test_places_along_some_axes_are_at_0_along_the_others() -> None:
    made = mesh({"pp": 2, "dp": 3, "tp": 2})

    assert list(made.places_along((0, 2))) == [(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1)]
    assert list(made.places_along(())) == [(0, 0, 0)]
    assert along((2, 0), (5, 6, 7)) == (7, 5)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data())
def test_ranks_along_all_axes_are_the_ranks(sizes: list[int], data: st.DataObject) -> None:
    names = [f"m{number}" for number in range(len(sizes))]
    made = mesh(dict(zip(names, sizes, strict=True)))
    values = made.values_at(tuple(data.draw(st.integers(0, size - 1)) for size in sizes))

    parts, index = ranks_along(names)

    assert (parts.evaluate(values), index.evaluate(values)) == (values["world_size"], values["rank"])


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(ValueError, match="variable 'first' has no value: 8 is divided by zero"):
        mesh({"pp": 2}, first="8 / pp_rank").values_at((0,))
