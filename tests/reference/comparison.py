"""Holds a plan against what a reference implementation was seen to draw.

A family file names a MindSpore network and a table from its names to the reference's; ``execute.py`` has written what
the reference drew. Constants must be equal, tables equal element by element, distributions equal in mean, standard
deviation, kurtosis and bounds, within what the sizes of the samples can tell.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import yaml

from ms_initkit import draws, stream
from ms_initkit.draws import Draw
from ms_initkit.draws.moments import moments as moments_of
from ms_initkit.networks.construct import load_network
from ms_initkit.networks.manifest import read_manifest
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.plan import plan_infos
from tests.reference.records import kurtosis_error

HERE: Final = Path(__file__).parent
FAMILIES: Final = HERE / "families"
MANIFESTS: Final = HERE.parent / "manifests"
# Of the ten thousand comparisons made here, one in a thousand runs over all of them would fail by chance.
Z: Final = 5.5
# The reference's numbers are kept with seven digits.
DIGITS: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Family:
    """One family file."""

    name: str
    recipe: str
    vars: dict[str, float | int | str | bool]
    network: dict[str, Any]
    names: dict[str, str | None]
    reference_only: dict[str, str]
    differs: dict[str, str]

    @property
    def seen(self) -> dict[str, dict[str, Any]]:
        """What the reference drew, by its names."""
        document = json.loads((HERE / f"{self.name}.json").read_text(encoding="utf-8"))
        return document["parameters"]  # type: ignore[no-any-return]


def families() -> list[Family]:
    """Returns every family that names a network to compare."""
    found = []
    for path in sorted(FAMILIES.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if document.get("network") and "published" not in document["reference"]:
            found.append(
                Family(
                    path.stem,
                    document["recipe"],
                    document.get("vars") or {},
                    document["network"],
                    document["names"],
                    document.get("reference_only") or {},
                    document.get("differs") or {},
                )
            )
    return found


def plan_of(family: Family) -> Plan:
    """Returns the plan of the family's recipe for its MindSpore network."""
    return plan_infos(network_infos(json.dumps(family.network)), family.recipe, family.vars)


@lru_cache(maxsize=8)
def network_infos(network: str) -> tuple[ParamInfo, ...]:
    """Returns the parameters of a network given as a manifest's name, or as a factory with arguments."""
    spec = json.loads(network)
    if "manifest" in spec:
        return read_manifest(MANIFESTS / f"{spec['manifest']}.json")
    from ms_initkit.networks.describe import describe

    arguments = [f"{key}={json.dumps(value)}" for key, value in (spec.get("kwargs") or {}).items()]
    try:
        return describe(load_network(spec["factory"], arguments, is_deferred=True))
    except ValueError as error:
        # The layers of instance normalisation of MindSpore 2.7.0 ask for an operator that it does not have.
        if "'mindspore.ops' has no attribute 'InstanceNorm'" in str(error):
            pytest.skip(str(error))
        raise


def counterpart(names: dict[str, str | None], name: str) -> tuple[str, str | None]:
    """Returns the entry of the table that ``name`` falls under, and its name in the reference; None if it has none.

    In a pattern ``<p>`` stands for one or more whole segments and ``{i}`` for an index; the first pattern that fits the
    whole name counts.
    """
    for pattern, replacement in names.items():
        match = re.fullmatch(_compile(pattern), name)
        if match is None:
            continue
        if replacement is None:
            return pattern, None
        return pattern, re.sub(r"[<{](\w+)[>}]", lambda found, m=match: m.group(found.group(1)), replacement)  # type: ignore[misc]
    raise KeyError(f"no entry of the name table fits {name!r}")


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> str:
    parts = re.split(r"(<\w+>|\{\w+\})", pattern)
    return "".join(
        f"(?P<{part[1:-1]}>.+)"
        if part.startswith("<")
        else rf"(?P<{part[1:-1]}>\d+)"
        if part.startswith("{")
        else re.escape(part)
        for part in parts
    )


def differences(line: Assignment, seen: dict[str, Any]) -> Iterator[str]:
    """Yields in words where the plan's ``line`` is not what the reference drew."""
    if 0 in line.shape:
        return
    if line.is_kept:
        yield "it is kept"
        return
    if "constant" in seen:
        if line.moments.std != 0 or not _close(line.moments.mean, seen["constant"]):
            yield f"the reference is {seen['constant']} everywhere, the plan {line.initializer}"
        return
    if "table" in seen or "values" in seen:
        yield from _table_differences(line, seen)
        return
    yield from _padding_differences(line, seen)
    yield from _distribution_differences(line, seen)


def _close(value: float | None, seen: float) -> bool:
    return value is not None and math.isclose(value, seen, rel_tol=DIGITS, abs_tol=1e-12)


def _table_differences(line: Assignment, seen: dict[str, Any]) -> Iterator[str]:
    drawn = stream.sample(line.draw, line.shape, stream.key(0, line.stream)).reshape(-1)
    if not np.array_equal(drawn, stream.sample(line.draw, line.shape, stream.key(1, line.stream)).reshape(-1)):
        yield "the reference has fixed values, the plan draws"
        return
    if "table" in seen:
        wanted, found = np.asarray(seen["table"], np.float64), drawn
    else:
        wanted, found = np.asarray(seen["values"], np.float64), drawn[np.asarray(seen["indices"])]
    if wanted.shape != found.shape:
        yield f"{wanted.size} values in the reference, {found.size} here"
    # Both are float32 tables, the reference's computed in float32 throughout.
    elif not np.allclose(found, wanted, rtol=2e-4, atol=2e-4 * float(np.abs(wanted).max())):
        worst = int(np.abs(found - wanted).argmax())
        yield f"element {worst} is {found[worst]:.7g}, in the reference {wanted[worst]:.7g}"


def drawn_and_rows(line: Assignment) -> tuple[Draw, dict[int, float]]:
    """Returns what is drawn before rows are set, and the value of each row that is."""
    if not isinstance(line.draw, draws.Edited):
        return line.draw, {}
    rows = {row: edit.to for edit in line.draw.edits if isinstance(edit, draws.SetRows) for row in edit.rows}
    others = tuple(edit for edit in line.draw.edits if not isinstance(edit, draws.SetRows))
    return draws.Edited(line.draw.draw, others) if others else line.draw.draw, rows


def _padding_differences(line: Assignment, seen: dict[str, Any]) -> Iterator[str]:
    """Yields where other rows than the reference's are the same under every seed."""
    _, rows = drawn_and_rows(line)
    fixed = seen.get("fixed", {})
    if sorted(rows) != fixed.get("rows", []) or any(value != fixed.get("value") for value in rows.values()):
        yield f"rows {sorted(rows)} are fixed, in the reference {fixed or 'none'}"


def _distribution_differences(line: Assignment, seen: dict[str, Any]) -> Iterator[str]:
    # The reference's moments are of the elements that are drawn.
    moments, n = moments_of(drawn_and_rows(line)[0], line.shape), seen["n"]
    if moments.mean is None or not moments.std or moments.kurtosis is None:
        yield f"the plan's {line.initializer} has no known distribution"
        return
    if abs(seen["mean"] - moments.mean) > Z * moments.std / math.sqrt(n) + DIGITS:
        yield f"mean {seen['mean']:.6g}, the plan has {moments.mean:.6g}"
    error = Z * math.sqrt((moments.kurtosis - 1) / (4 * n)) + DIGITS
    if abs(seen["std"] / moments.std - 1) > error:
        yield f"std {seen['std']:.6g}, the plan has {moments.std:.6g}, which {n} values tell apart to {error:.2%}"
    if abs(seen["kurtosis"] - moments.kurtosis) > Z * kurtosis_error(moments.kurtosis) / math.sqrt(n) + 1e-3:
        yield f"kurtosis {seen['kurtosis']:.4g}, the plan has {moments.kurtosis:.4g}"
    slack = DIGITS * max(abs(seen["min"]), abs(seen["max"]))
    if moments.low is not None and seen["min"] < moments.low - slack:
        yield f"minimum {seen['min']:.6g} is below the plan's {moments.low:.6g}"
    if moments.high is not None and seen["max"] > moments.high + slack:
        yield f"maximum {seen['max']:.6g} is above the plan's {moments.high:.6g}"

    if "orthogonal" in seen and not _is_orthogonal(line.draw):
        yield f"the reference is orthogonal, the plan {line.initializer}"


def _is_orthogonal(draw: Draw) -> bool:
    if isinstance(draw, (draws.Edited, draws.Repeated)):
        return _is_orthogonal(draw.draw)
    if isinstance(draw, draws.Blocks):
        return all(_is_orthogonal(part) for part in draw.draws)
    return isinstance(draw, draws.Whole) and "orthogonal" in draw.name
