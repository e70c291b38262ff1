"""The slice of one parameter, held against its name and its shape."""

from __future__ import annotations

from ms_initkit.layouts.python import place, split
from tests.layouts.sharded import info, refused


def test_a_mesh_axis_that_names_cannot_cut() -> None:
    rule = place("layers.{i}.w", split(0, "tp"), to={"i": "i + 2 * tp_rank"})

    assert "the mesh axis 'tp' decides both the name and the slice" in refused(rule, info("layers.0.w", 4))


def test_a_global_shape_that_was_declared_is_held_against_the_cuts() -> None:
    assert "the cuts make a global tensor of 8x3, not of 9xany" in refused(
        place("w", split(0, "tp"), shape=(9, None)), info("w", 4, 3)
    )
