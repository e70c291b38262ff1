"""What does not stop a plan reaches whoever made it: warnings by ``warnings``, and all of it with plan and report."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit.findings.codes import codes
from ms_initkit.layouts import layout, place
from tests.recipes import recipe

Given = tuple[nn.Cell, Any, Mapping[str, Any]]


def layers() -> nn.Cell:
    return nn.SequentialCell(nn.Dense(4, 4), nn.Dense(4, 4))


class Tied(nn.Cell):
    """Two layers with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.CellList([nn.Dense(4, 4, has_bias=False), nn.Dense(4, 4, has_bias=False)])
        self.layers[1].weight = self.layers[0].weight


class Momentum(nn.Cell):
    """A network and a frozen copy of it."""

    def __init__(self) -> None:
        super().__init__()
        self.online = nn.Dense(4, 4, has_bias=False)
        self.target = nn.Dense(4, 4, has_bias=False)
        self.target.weight.set_data(self.online.weight)
        self.target.weight.requires_grad = False


class Hashed(nn.Cell):
    """A layer and a hash table."""

    def __init__(self) -> None:
        super().__init__()
        from mindspore.experimental import MapParameter

        self.layer = nn.Dense(4, 4)
        self.table = MapParameter(value_shape=(3,), default_value="zeros", name="table")


class Recurrent(nn.Cell):
    """The two biases of a recurrent layer."""

    def __init__(self) -> None:
        super().__init__()
        self.bias_ih_l0 = Parameter(Tensor(np.zeros(16, np.float32)), name="bias_ih_l0")
        self.bias_hh_l0 = Parameter(Tensor(np.zeros(16, np.float32)), name="bias_hh_l0")


def stored(folder: Path) -> str:
    np.savez(folder / "v.npz", **{"0.weight": np.ones((4, 4), np.float32), "other": np.ones(3, np.float32)})
    return str(folder / "v.npz")


def two_ranks() -> Any:  # noqa: ANN401 (a position)
    return layout({"dp": 2}, [place("**")]).at(0)


# Each code below an error that `plan` and `apply` may tell of, with what brings it up.
CASES: dict[tuple[str, str], Callable[[Path], Given]] = {
    ("unmatched-parameter", "warning"): lambda _: (layers(), {"**.weight": 0}, {"strict": False}),
    ("unused-rule", "warning"): lambda _: (layers(), {"**.wieght": 1, "**": 0}, {"strict": False}),
    ("unused-rule", "note"): lambda _: (layers(), {"**.wieght": 1, "**": 0}, {"layout": two_ranks()}),
    ("shadowed-rule", "warning"): lambda _: (layers(), {"**": 0, "**.weight": 1}, {"strict": False}),
    ("shadowed-rule", "note"): lambda _: (
        layers(),
        recipe("{match: '**', init: 0}\n{match: 0.*, init: 1, optional: true}"),
        {},
    ),
    ("foreign-recipe", "note"): lambda _: (layers(), "timm/resnet", {"strict": False}),
    ("hash-table", "note"): lambda _: (Hashed(), {"**": 0}, {}),
    ("kept-copy", "note"): lambda _: (Momentum(), {"**.weight": "normal"}, {}),
    ("layout", "note"): lambda _: (layers(), {"**": 0}, {"layout": two_ranks()}),
    ("stripped-prefix", "note"): lambda _: (
        layers(),
        recipe("{match: '**', init: 0}", head="strip_prefixes: '0.'"),
        {},
    ),
    ("summed-biases", "note"): lambda _: (Recurrent(), {"**": {"lstm_forget_bias": {}}}, {}),
    ("tied-index", "note"): lambda _: (Tied(), recipe("{match: 'layers.{i}.weight', init: {constant: i}}"), {}),
    ("unused-entries", "note"): lambda folder: (
        nn.SequentialCell(nn.Dense(4, 4, has_bias=False)),
        recipe(f"{{match: '**', from: '{stored(folder)}'}}"),
        {},
    ),
}
# Only `verify` has it.
OF_VERIFY = {("unknown-values", "note")}


def test_every_code_below_an_error_is_brought_up() -> None:
    below = {(name, one) for name, code in codes().items() for one in code.severities if one != "error"}

    assert below == CASES.keys() | OF_VERIFY


@pytest.mark.parametrize(("code", "severity"), CASES)
@pytest.mark.parametrize("stage", ["plan", "apply"])
def test_it_reaches_the_caller(code: str, severity: str, stage: str, tmp_path: Path) -> None:
    net, given, options = CASES[code, severity](tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", mik.InitKitWarning)
        plan = mik.plan(net, given, **options)
        if stage == "apply":
            caught.clear()
            report = mik.apply(net, given, seed=1, **options)
            plan = report.plan

    (_,) = (one for one in plan.findings if (one.code, one.severity) == (code, severity))
    of_plan = [one for one in plan.findings if one.severity == "warning"]
    assert [str(one.message) for one in caught] == [str(one) for one in of_plan]
    assert {one.category for one in caught} <= {mik.InitKitWarning}
    assert {one.filename for one in caught} <= {__file__}
    said = [str(plan), str(mik.Plan.from_json(plan.to_json()))]
    if stage == "apply":
        report.to_html(tmp_path / "report.html")
        said += [str(report), (tmp_path / "report.html").read_text(encoding="utf-8")]
        assert code in {one["code"] for one in json.loads(report.to_json())["plan"]["findings"]}
    assert all(code in text for text in said)
    assert mik.Plan.from_json(plan.to_json()).findings == plan.findings


def test_what_verify_does_not_know_is_among_what_it_returns() -> None:
    net = layers()
    plan = mik.apply(net, [{"match": "**", "init": "keep", "then": [{"multiply": 2}]}], seed=1).plan

    assert [(one.code, one.severity) for one in mik.verify(net, plan, seed=1)] == [("unknown-values", "note")]
