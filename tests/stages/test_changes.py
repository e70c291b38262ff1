"""What a recipe would change of a network's values, in words."""

from __future__ import annotations

import ms_initkit as mik
from ms_initkit.stages.changes import changes
from tests.networks import Mlp


def test_what_differs_is_said_by_kind_and_the_rest_counted() -> None:
    net = Mlp()
    mik.apply(net, {"**.weight": {"normal": 0.05}, "**.bias": "zeros"}, seed=1)
    due = mik.plan(net, {"**.weight": {"normal": 0.02}, "**.bias": "zeros"})

    *wrong, rest = changes(net, due)

    assert len(wrong) == 1
    assert wrong[0].startswith(f"{len(due.assignments) // 2} Dense weights, std 0.05")
    assert wrong[0].endswith(" -> 0.02")
    assert rest.startswith("the rest is already so: ")


def test_a_network_that_is_as_planned_is_said_to_be_so() -> None:
    net = Mlp()
    plan = mik.apply(net, "torch/default", seed=1).plan

    assert changes(net, plan) == (f"everything is already so: {len(plan.assignments)} parameters",)


def test_constants_are_said_as_they_are() -> None:
    net = Mlp()
    mik.apply(net, {"**": "ones"}, seed=1)

    assert any("Dense biases, 1 -> 0" in line for line in changes(net, mik.plan(net, {"**": "zeros"})))


def test_what_is_due_in_two_ways_is_said_in_two_lines() -> None:
    net = Mlp()
    mik.apply(net, {"**": "ones"}, seed=1)

    said = changes(net, mik.plan(net, {"hidden.weight": {"normal": 0.02}, "**.weight": {"normal": 0.5}, "**": "ones"}))

    assert said[0] == "1 Dense weight, 1 -> std 0.02"
    assert said[1].endswith(", 1 -> std 0.5")
