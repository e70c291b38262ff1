"""Data classes from JSON: what fits the types of the fields comes back, all else is refused with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.draws import typed_json


@dataclass(frozen=True)
class Leaf:
    """One of a union."""

    name: str
    size: int | None = None


@dataclass(frozen=True)
class Branch:
    """The other, which holds more of them."""

    parts: tuple[Leaf | Branch, ...]
    ends: tuple[float, float] = (0.0, 1.0)
    way: Literal["up", "down"] = "up"
    is_open: bool = False


numbers = st.floats(allow_nan=False, allow_infinity=False)
leaves = st.builds(Leaf, st.text(), st.none() | st.integers())
trees = st.recursive(
    leaves,
    lambda parts: st.builds(
        Branch,
        st.lists(parts, max_size=3).map(tuple),
        st.tuples(numbers, numbers),
        st.sampled_from(["up", "down"]),
        st.booleans(),
    ),
    max_leaves=6,
)

LEAF = {"kind": "Leaf", "name": "a"}


@given(trees)
def test_what_is_written_is_read_again(tree: Leaf | Branch) -> None:
    written = typed_json.write(tree, is_told=True)

    assert typed_json.read(Leaf | Branch, written, "a tree") == tree  # type: ignore[arg-type]  # a union is a type


def test_a_class_that_is_known_needs_no_name() -> None:
    assert typed_json.write(Leaf("a", 3)) == {"name": "a", "size": 3}
    assert typed_json.read(Leaf, {"name": "a"}, "a leaf") == Leaf("a")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "a tree: must be one of Leaf, Branch, not 3"),
        ({"name": "a"}, "a tree: no kind of these is called None: Leaf, Branch"),
        ({"kind": "Twig"}, "a tree: no kind of these is called 'Twig': Leaf, Branch"),
        ({"kind": "Leaf"}, "a tree: has no 'name'"),
        (LEAF | {"age": 1}, "a tree: has an unknown 'age'"),
        (LEAF | {"size": 1.0}, "a tree: `size` must be a whole number, not 1.0"),
        (LEAF | {"size": True}, "a tree: `size` must be a whole number, not True"),
        (LEAF | {"name": None}, "a tree: `name` must be text, not None"),
        ({"kind": "Branch", "parts": LEAF}, "a tree: `parts` must be a list, not "),
        ({"kind": "Branch", "parts": [], "ends": [1.0]}, r"a tree: `ends` must be a list of 2, not \[1.0\]"),
        ({"kind": "Branch", "parts": [], "ends": [1.0, float("nan")]}, "a tree: `ends` must be a number, not nan"),
        ({"kind": "Branch", "parts": [], "way": "left"}, "a tree: `way` must be one of up, down, not 'left'"),
        ({"kind": "Branch", "parts": [], "is_open": 1}, "a tree: `is_open` must be true or false, not 1"),
        ({"kind": "Branch", "parts": [{"kind": "Leaf"}]}, "a tree: `parts` has no 'name'"),
        (LEAF | {"name": ["x" * 100]}, r"not \['x{58}\.\.\.$"),
    ],
)
def test_what_is_not_of_its_type_is_refused_where_it_stands(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        typed_json.read(Leaf | Branch, value, "a tree")  # type: ignore[arg-type]


def test_depth_is_bounded() -> None:
    value: object = LEAF
    for _ in range(40):
        value = {"kind": "Branch", "parts": [value]}

    with pytest.raises(ValueError, match="nested too deeply"):
        typed_json.read(Leaf | Branch, value, "a tree")  # type: ignore[arg-type]
