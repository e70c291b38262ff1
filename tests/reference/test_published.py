"""Recipes whose reference has no package are held to its published rule, resolved to numbers for one network."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest
import yaml

from ms_initkit import stream
from ms_initkit.draws.moments import moments
from ms_initkit.plans.lines import Assignment
from ms_initkit.stages.plan import plan_infos
from tests.reference.comparison import FAMILIES, counterpart, drawn_and_rows, network_infos

TOLERANCE: Final = 1e-6
MOMENTS: Final = ("mean", "std", "kurtosis", "low", "high")


def published() -> dict[str, dict[str, Any]]:
    """Returns every family that says what its published rule comes to."""
    documents = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FAMILIES.glob("*.yaml")}
    return {name: documents[name] for name in sorted(documents) if "expected" in documents[name]}


def mistakes(line: Assignment, expected: dict[str, Any] | None) -> Iterator[str]:
    """Yields in words where the plan's ``line`` is not what was published; None stands for a parameter that is kept.

    ``first`` are the first values of a table; ``zero_rows`` the rows that are zero, which the moments leave out.
    """
    if line.is_kept or expected is None:
        if line.is_kept != (expected is None):
            yield f"{line.name} is {'kept' if line.is_kept else line.initializer}, published {expected}"
        return
    unknown = expected.keys() - {*MOMENTS, "constant", "first", "zero_rows"}
    if unknown or not expected:
        yield f"{line.name}: nothing is known of {sorted(unknown)}"
    wanted = dict(expected)
    if "constant" in wanted:
        wanted |= {"mean": wanted.pop("constant"), "std": 0}
    draw, rows = drawn_and_rows(line)
    found = moments(draw, line.shape)
    if rows != dict.fromkeys(expected.get("zero_rows", ()), 0.0):
        yield f"{line.name}: rows {rows} are fixed, published {expected.get('zero_rows', 'none')}"
    for key in MOMENTS:
        if key in wanted and not _is_close(getattr(found, key), wanted[key]):
            yield f"{line.name}: {key} {getattr(found, key)}, published {wanted[key]}"
    if "first" in expected:
        values = stream.sample(line.draw, line.shape, stream.key(0, line.stream)).reshape(-1)
        count = len(expected["first"])
        if not np.allclose(values[:count], expected["first"], rtol=TOLERANCE, atol=TOLERANCE):
            yield f"{line.name}: begins with {values[:count]}, published {expected['first']}"


def _is_close(value: float | None, wanted: float) -> bool:
    return value is not None and math.isclose(value, wanted, rel_tol=TOLERANCE, abs_tol=1e-12)


PUBLISHED: Final = published()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_plan_is_what_was_published(name: str) -> None:
    family = PUBLISHED[name]
    table = dict.fromkeys(family["expected"])
    plan = plan_infos(network_infos(json.dumps(family["network"])), family["recipe"], family.get("vars") or {})
    wrong: list[str] = []
    used = set()

    for line in plan.assignments:
        entry, _ = counterpart(table, line.stream)
        used.add(entry)
        wrong += mistakes(line, family["expected"][entry])

    assert not wrong, "\n".join(wrong)
    assert used == set(table), "entries that no parameter falls under"


def test_a_wrong_number_is_found() -> None:
    line = _line("fixup", "layer2.0.conv2.weight")
    std = PUBLISHED["fixup"]["expected"]["layer2.{i}.conv2.weight"]["std"]

    assert list(mistakes(line, {"mean": 0, "std": std})) == []
    assert len(list(mistakes(line, {"mean": 1e-3, "std": std * 1.001}))) == 2
    assert len(list(mistakes(line, {"constant": 0}))) == 1
    assert len(list(mistakes(line, {"sigma": 1}))) == 1
    assert len(list(mistakes(line, None))) == 1


def _line(name: str, parameter: str) -> Assignment:
    family = PUBLISHED[name]
    plan = plan_infos(network_infos(json.dumps(family["network"])), family["recipe"], family.get("vars") or {})
    return next(line for line in plan.assignments if line.name == parameter)
