"""Lines of a plan by their kinds."""

from __future__ import annotations

import numpy as np
import pytest

from ms_initkit import stream
from ms_initkit.plans.bind import bind
from ms_initkit.plans.columns import Columns
from tests.recipes import info, recipe

RULES = """
{match: "*.w", init: {normal: 1}}
{match: "o*", init: orthogonal}
{match: "i*", init: 3}
{match: "c*", init: keep, then: [abs]}
{match: "**", init: keep}
"""
INFOS = [
    info("0.w"),
    info("k"),
    info("1.w"),
    info("o", (6, 2)),
    info("2.w", dtype="bfloat16"),
    info("c"),
    info("i", (5,), dtype="int64"),
]


@pytest.fixture
def columns() -> Columns:
    return Columns.of(bind(recipe(RULES), INFOS, strict=True).assignments)


def test_lines_of_one_draw_type_and_shape_are_of_one_kind(columns: Columns) -> None:
    kinds = columns.kind_of_each.tolist()

    assert kinds[0] == kinds[2]
    assert len(set(kinds)) == len(columns.kinds) == 6
    assert [columns.kinds[kind].dtype for kind in kinds] == columns.dtypes
    assert columns.names == [one.name for one in INFOS]


def test_shapes_and_bytes_are_each_lines_own(columns: Columns) -> None:
    assert columns.local_shapes == [one.shape for one in INFOS]
    assert columns.bytes.tolist() == [64, 64, 64, 48, 32, 64, 40]


def test_what_stays_and_what_is_made_of_it_is_not_drawn(columns: Columns) -> None:
    assert [columns.names[number] for number in columns.spared] == ["k", "c"]
    assert columns.drawn.names == ["0.w", "1.w", "o", "2.w", "i"]
    assert columns.takes_any
    assert not columns.drawn.takes_any
    assert columns.drawn.drawn is columns.drawn


def test_one_call_draws_what_is_plain(columns: Columns) -> None:
    plain = columns.plain

    assert plain.names == ["0.w", "1.w", "2.w"]
    assert plain.plain is plain
    assert plain.batch.sizes.tolist() == [16, 16, 16]
    assert plain.batch.dtypes.tolist() == [stream.DTYPES[name] for name in ("float32", "float32", "bfloat16")]
    assert np.array_equal(plain.batch.parameters[0], plain.batch.parameters[1])
