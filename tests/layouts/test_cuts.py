"""Cuts of axes over meshes, held against NumPy."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.findings import PlanError
from ms_initkit.layouts.cuts import Cut, Split
from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, split, stretch
from ms_initkit.layouts.rules import Position
from ms_initkit.stages.draw import draw
from ms_initkit.stages.plan import plan_infos
from tests.layouts.sharded import any_recipe, info, refused

Integers = NDArray[np.int64]


@st.composite
def cut_tensors(drawing: st.DrawFn) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...], list[Cut]]:
    """A global shape, a mesh, and cuts that come out even."""
    mesh = tuple((axis, drawing(st.integers(1, 4))) for axis in ("a", "b", "c"))
    sizes = dict(mesh)
    shape = [1] * drawing(st.integers(1, 3))
    cuts: list[Cut] = []
    choices: list[list[str | tuple[str, ...]]] = [
        [],
        ["a"],
        ["a", "b"],
        ["b", "a", "c"],
        [("a", "b")],
        [("c", "a"), "b"],
    ]
    for axes in drawing(st.sampled_from(choices)):
        over = (axes,) if isinstance(axes, str) else axes
        parts = int(np.prod([sizes[one] for one in over]))
        axis = drawing(st.integers(0, len(shape) - 1))
        blocks = drawing(st.sampled_from([None, 2, (1, 2), (4, 1, 1)]))
        divisors = [n for n in range(1, parts + 1) if parts % n == 0]
        copies: int | tuple[int, ...] = drawing(st.sampled_from(divisors))
        if isinstance(blocks, tuple):
            copies = tuple(drawing(st.sampled_from(divisors)) for _ in blocks)
        total = sum(blocks) if isinstance(blocks, tuple) else blocks or 1
        shape[axis] *= parts * total
        cuts.append(split(axis, over, blocks=blocks, copies=copies))
    for axis in range(len(shape)):
        shape[axis] *= drawing(st.integers(1, 2 if shape[axis] > 16 else 5))
    return tuple(shape), mesh, cuts


def cut_by_numpy(whole: Integers, cut: Split, ranks: dict[str, int], sizes: dict[str, int]) -> Integers:
    """Returns what ``cut`` leaves of ``whole``: blocks, each in parts, the same part of each."""
    index, parts = 0, 1
    for axis in cut.over:
        index, parts = index * sizes[axis] + ranks[axis], parts * sizes[axis]
    ratio = [1]
    if isinstance(cut.blocks, tuple):
        ratio = [int(weight.text) for weight in cut.blocks]
    elif cut.blocks is not None:
        ratio = [1] * int(cut.blocks.text)
    copies = [int(times.text) for times in cut.copies] * (len(ratio) if len(cut.copies) == 1 else 1)
    unit = whole.shape[cut.axis] // sum(ratio)
    blocks = np.split(whole, np.cumsum(np.array(ratio) * unit)[:-1], axis=cut.axis)
    held = [
        np.split(block, parts // times, axis=cut.axis)[index // times]
        for block, times in zip(blocks, copies, strict=True)
    ]
    return np.concatenate(held, axis=cut.axis)


@given(cut_tensors(), st.data())
def test_any_cut_on_any_mesh_is_numpys(
    case: tuple[tuple[int, ...], tuple[tuple[str, int], ...], list[Cut]], data: st.DataObject
) -> None:
    shape, mesh, cuts = case
    sizes = dict(mesh)
    made = layout(sizes, [place("w", *cuts)])
    numbers = np.arange(np.prod(shape)).reshape(shape)
    held: dict[Position, Integers] = {}
    for coordinates in product(*(range(size) for size in sizes.values())):
        ranks = dict(zip(sizes, coordinates, strict=True))
        part = numbers
        for cut in cuts:
            assert isinstance(cut, Split)
            part = cut_by_numpy(part, cut, ranks, sizes)
        held[Position(made, coordinates)] = part
    position = data.draw(st.sampled_from(list(held)))
    own = held[position]
    slices = tuple(
        slice(start, data.draw(st.integers(start, extent)))
        for extent in own.shape
        for start in [data.draw(st.integers(0, extent))]
    )

    plan = plan_infos([info("w", *own.shape)], any_recipe(), layout=position)

    everything = stream.sample(plan["w"].draw, shape, stream.key(5, "w")).reshape(-1)
    assert plan["w"].shape == shape
    np.testing.assert_array_equal(draw(plan, "w", seed=5), everything[own])
    np.testing.assert_array_equal(draw(plan, "w", seed=5, index=slices), everything[own[slices]])
    assert check_ownership(made, lambda at: [info("w", *held[at].shape)], [info("w", *shape)]) == ()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.integers(1, 3))
def test_uneven_stretches_tile_or_are_found(lengths: list[int], cells: int) -> None:
    edges = [0, *np.cumsum(lengths).tolist()]
    starts = " + ".join(f"min(max(rank - {n}, 0), 1) * {length}" for n, length in enumerate(lengths[:-1]))
    stops = " + ".join(f"min(max(rank - {n - 1}, 0), 1) * {length}" for n, length in enumerate(lengths))
    rule = place("w", stretch(0, starts or 0, stops, edges[-1]))
    made = layout({"dp": len(lengths)}, [rule])
    gap = layout({"dp": len(lengths) + 1}, [rule])

    for rank, length in enumerate(lengths):
        plan = plan_infos([info("w", length, cells)], any_recipe(), layout=made.at(rank))
        assert plan["w"].local_shape == (length, cells)
        assert plan["w"].shape == (edges[-1], cells)
    with pytest.raises(PlanError, match=r"does not lie inside|ranks hold the element"):
        plan_infos([info("w", lengths[0], cells)], any_recipe(), layout=gap.at(0))


def test_copies_declare_that_neighbours_hold_the_same() -> None:
    made = layout({"tp": 4}, [place("kv", split(0, "tp", copies=2))])

    windows = [plan_infos([info("kv", 2, 3)], any_recipe(), layout=made.at(n))["kv"].window for n in range(4)]

    assert windows == [(((0, 2),), ((0, 3),))] * 2 + [(((2, 4),), ((0, 3),))] * 2


def test_blocks_that_do_not_come_out_even_are_refused() -> None:
    assert "cannot be one of 2 parts of blocks in the ratio (1, 2)" in refused(
        place("w", split(0, "tp", blocks=(1, 2), copies=(2, 1))), info("w", 3)
    )


def test_a_thousand_million_blocks_are_refused_before_they_are_counted_out() -> None:
    assert "there are 1,000,000,000 blocks, and at most 4,096 are read" in refused(
        place("w", split(0, "tp", blocks=10**9)), info("w", 4)
    )


def test_an_axis_that_is_not_there_is_refused() -> None:
    assert "a tensor of 1 axes has no axis 1" in refused(place("w", split(1, "tp")), info("w", 4))


def test_gated_mlps_are_cut_gate_and_up_each(anything: Path) -> None:
    made = layout({"tp": 2}, [place("gate_up.weight", split(0, "tp", blocks=2))])
    whole = plan_infos([info("gate_up.weight", 8, 3)], anything)

    parts = [
        draw(plan_infos([info("gate_up.weight", 4, 3)], anything, layout=made.at(n)), "gate_up.weight", seed=1)
        for n in (0, 1)
    ]

    everything = draw(whole, "gate_up.weight", seed=1)
    gate, up = np.split(everything, 2)
    np.testing.assert_array_equal(np.concatenate([part[:2] for part in parts]), gate)
    np.testing.assert_array_equal(np.concatenate([part[2:] for part in parts]), up)
