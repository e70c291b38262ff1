"""What is known of a parameter without its values."""

from __future__ import annotations

import pytest

from ms_initkit.networks.params import Owner, ParamInfo, Shapes, is_bias


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ("bias", True),
        ("in_proj_bias", True),
        ("bias_hh", True),
        ("biased", False),
        ("weight", False),
        ("unbias", False),
    ],
)
def test_a_bias_is_told_by_its_name(leaf: str, expected: bool) -> None:
    assert is_bias(leaf) == expected


@pytest.mark.parametrize(
    ("leaf", "siblings", "expected"),
    [
        ("bias", (("weight", (8, 4)),), (8, 4)),
        ("bias_hh", (("weight_ih", (8, 2)), ("weight_hh", (8, 4))), (8, 4)),
        ("in_proj_bias", (("in_proj", (8, 3)), ("out_proj", (8, 4))), (8, 3)),
        ("bias", (("kernel", (8, 4)),), (8, 4)),
        ("bias", (("whatever", (8, 4)),), (8, 4)),
        ("bias", (("one", (8, 4)), ("other", (8, 5))), None),
        ("bias", (("one", (8, 4)), ("other", (8, 4))), (8, 4)),
        ("bias", (), None),
        ("gain", (("weight", (8, 4)),), (8, 4)),
        ("gain", (("kernel", (8, 4)),), None),
    ],
)
def test_a_vector_has_the_weight_that_stands_beside_it(
    leaf: str, siblings: Shapes, expected: tuple[int, ...] | None
) -> None:
    assert Owner(f"a.{leaf}", leaf, siblings=siblings).weight_shape == expected


def test_a_tied_parameter_has_all_its_names() -> None:
    tied = ParamInfo((Owner("a.w", "w"), Owner("b.w", "w")), (2, 3))

    assert (tied.name, tied.names, tied.size) == ("a.w", ("a.w", "b.w"), 6)
    assert ParamInfo((Owner("s", "s"),), ()).size == 1
