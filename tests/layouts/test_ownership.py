"""Whether all ranks together hold the model."""

from __future__ import annotations

from pathlib import Path

from ms_initkit.layouts.ownership import check_ownership
from ms_initkit.layouts.python import layout, place, split, stretch
from ms_initkit.stages.plan import plan_infos
from tests.layouts.sharded import info


def test_several_parameters_can_be_parts_of_one(anything: Path) -> None:
    made = layout(
        {"tp": 2},
        [
            place("wq", stretch(0, "4 * tp_rank", "4 * tp_rank + 4", 12), to="wqkv", shape=(12, None)),
            place("wkv", stretch(0, "8 + 2 * tp_rank", "10 + 2 * tp_rank", 12), to="wqkv"),
        ],
    )
    infos = [info("wq", 4, 3), info("wkv", 2, 3)]
    model = [info("wqkv", 12, 3)]

    assert check_ownership(made, lambda _: infos, model) == ()


def test_stages_that_forget_their_offset_leave_layers_without_an_owner() -> None:
    model = [info(f"layers.{i}.w", 4) for i in range(4)]
    made = layout({"pp": 2}, [place("layers.{i}.w")])

    found = check_ownership(made, lambda _: [info("layers.0.w", 4), info("layers.1.w", 4)], model)

    assert [finding.message for finding in found] == [
        "no rank holds a part of 'layers.2.w' (4,)",
        "no rank holds a part of 'layers.3.w' (4,)",
    ]


def test_experts_of_each_rank_are_their_own(anything: Path) -> None:
    rule = place("experts.{e}.w", split(1, "tp"), to={"e": "e + ep_rank * 2"})
    made = layout({"ep": 2, "tp": 2}, [rule])
    infos = [info("experts.0.w", 6, 2), info("experts.1.w", 6, 2)]
    model = [info(f"experts.{e}.w", 6, 4) for e in range(4)]

    plan = plan_infos(infos, anything, layout=made.at(ep_rank=1, tp_rank=1))

    assert [(line.stream, line.window) for line in plan.assignments] == [
        ("experts.2.w", (((0, 6),), ((2, 4),))),
        ("experts.3.w", (((0, 6),), ((2, 4),))),
    ]
    assert check_ownership(made, lambda _: infos, model) == ()
