"""Plans from JSON are held to what a binding makes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ms_initkit as mik
from tests.plans.small import Net

POOL: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**63,
    -(2**70),
    0.5,
    -0.0,
    1e39,
    1e308,
    float("inf"),
    "",
    "a",
    "float16",
    [],
    [0],
    [[0, 1]],
    {},
    {"kind": "Keep"},
    {"kind": "Normal", "mean": 0.0, "std": 1.0},
    {"kind": "Custom", "name": "x"},
    {"kind": "Loaded", "path": "/nowhere.npy", "key": "a"},
    {"kind": "Constant", "value": 1e30},
]


def line(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: next(line for line in document["assignments"] if line["name"] == name)


def altered(document: dict[str, Any], name: str, path: str, value: object) -> str:
    """Returns the plan's text with one value of a line, at a dotted path, replaced."""
    changed = copy.deepcopy(document)
    place: Any = line(name)(changed) if name else changed
    *before, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in before:
        place = place[step]
    place[last] = value
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("name", "path", "value", "problem"),
    [
        ("", "format", 2, "of format 2"),
        ("", "format", True, "of format True"),
        ("", "family", 5, "`family` must be text"),
        ("", "assignments", {}, "no lists"),
        ("", "variables", [], "no lists"),
        ("", "variables", {"n": None}, "variables"),
        ("", "rules", 3, "`rules` must be a list"),
        ("", "rules.0", {"id": "1"}, "has no"),
        ("", "rules.1.id", "1", "two rules are called '1'"),
        ("", "rules.0.is_active", False, "rules that the plan does not have"),
        ("", "surprise", 1, "unknown 'surprise'"),
        ("", "findings", [{}], "finding"),
        ("a", "name", "b", "two parameters are called 'b'"),
        ("a", "aliases", ["b"], "two parameters are called 'b'"),
        ("a", "name", "", "has no name"),
        ("a", "stream", "b", "two streams are called 'b'"),
        ("a", "shape", [6, -6], "is not one"),
        ("a", "shape", [6.0, 6], "must be a whole number"),
        ("a", "shape", [2**62, 2**62], "more than any memory"),
        ("a", "dtype", "float33", "no element type"),
        ("a", "rule", "7", "not the first"),
        ("a", "candidates", ["nobody"], "does not have"),
        ("a", "candidates", [], "not the first"),
        ("a", "window", [[[0, 7]], [[0, 6]]], "window"),
        ("a", "window", [[[0, 6]]], "window"),
        ("a", "window", [[[0, 6], [3]], [[0, 6]]], "must be a list of 2"),
        ("a", "fans.fan_in", -1.0, "fans"),
        ("a", "fans.fan_in", "six", "fan_in"),
        ("a", "moments.std", 0.5, "moments are not those"),
        ("a", "moments", {"sum": 1}, "unknown 'sum'"),
        ("a", "moments.std", 10**400, "beyond 64 bits"),
        ("b", "draw.edits.0.value", -(10**30), "beyond 64 bits"),
        ("d", "draw", {"kind": "Table", "name": "rows", "arguments": [["values", [1.0]]]}, "one for each of"),
        ("d", "draw", {"kind": "Table", "name": "rows", "arguments": [["values", [1.0] * 99]]}, "one for each of"),
        ("a", "name", "\ud800", "half a character"),
        ("a", "draw.weights", [0.5, 0.6], "mixture"),
        ("a", "draw.weights", [1.5, -0.5], "mixture"),
        ("a", "draw.weights", [1.0], "mixture"),
        ("a", "draw.weights", [float("nan"), 0.5], "NaN"),
        ("a", "draw.draws.0.std", -1.0, "standard deviation"),
        ("a", "draw.draws.0.std", float("inf"), "standard deviation"),
        ("a", "draw.draws.1.high", -2.0, "no distribution"),
        ("a", "draw.draws.0", {"kind": "Keep"}, "cannot be kept"),
        ("a", "draw", {"kind": "Gaussian"}, "no kind of these"),
        ("a", "draw", 5, "must be one of"),
        ("b", "draw.draw.name", "unitary", "no draw of a whole tensor"),
        ("b", "draw.draw.arguments", [["gain", "one"]], "cannot be drawn"),
        ("b", "shape", [36], "axes"),
        ("b", "draw.edits.0.name", "divide", "must be one of"),
        ("b", "draw.edits.0.value", float("-inf"), "finite"),
        ("b", "draw.edits.1.rows", [6], "rows"),
        ("b", "draw.edits.2.at", [1, 6], "not a place"),
        ("b", "draw.edits.2.at", [1], "not a place"),
        ("c", "draw", {"kind": "Blocks", "axis": 0, "sizes": [2, 3], "draws": []}, "blocks"),
        ("c", "draw", {"kind": "Repeated", "axis": 0, "times": 4, "draw": {"kind": "Constant", "value": 1.0}}, "times"),
        ("d", "draw.name", "parabola", "parabola"),
        ("d", "draw.arguments", [], "cannot be made"),
        ("d", "draw.arguments", [["axis", 9], ["start", 0.0], ["stop", 1.0]], "cannot be made"),
        ("e", "draw.low", 3.0, "no number lies"),
        ("e", "draw.std", None, "must be a number"),
        ("f", "draw.value", float("inf"), "finite"),
        ("g", "rule", "", "not the first"),
    ],
)
def test_what_no_binding_makes_is_refused(
    document: dict[str, Any], name: str, path: str, value: object, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"not a plan: .*{problem}"):
        mik.Plan.from_json(altered(document, name, path, value))


def test_a_deep_draw_is_refused(document: dict[str, Any]) -> None:
    draw: dict[str, Any] = {"kind": "Constant", "value": 1.0}
    for _ in range(200):
        draw = {"kind": "Edited", "draw": draw, "edits": []}
    with pytest.raises(ValueError, match="nested too deeply"):
        mik.Plan.from_json(altered(document, "a", "draw", draw))


def mutated(document: dict[str, Any], chance: random.Random) -> str:
    """Returns the plan's text with one to three values replaced, removed or doubled."""
    changed = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        place: Any = changed
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.85:
                place = place[key]
                continue
            match chance.randrange(3):
                case 0:
                    place[key] = copy.deepcopy(chance.choice(POOL))
                case 1:
                    del place[key]
                case _ if isinstance(place, list):
                    place.append(copy.deepcopy(place[key]))
                case _:
                    place[f"{key}_"] = place[key]
            break
    return json.dumps(changed)


def test_no_mutation_of_a_plan_raises_anything_else_or_writes_what_is_not_finite(document: dict[str, Any]) -> None:
    chance = random.Random(7)
    net = Net()
    refused = 0
    for _ in range(3000):
        text = mutated(document, chance)
        before = net.a.asnumpy().copy()
        try:
            plan = mik.Plan.from_json(text)
            mik.apply(net, plan, seed=1)
        except (mik.ApplyError, ValueError) as error:
            refused += 1
            is_ours = isinstance(error, mik.ApplyError) or str(error).startswith("not a plan: ")
            assert is_ours
            np.testing.assert_array_equal(net.a.asnumpy(), before)
        else:
            assert all(np.isfinite(parameter.asnumpy()).all() for parameter in net.get_parameters())
    assert refused > 1500
