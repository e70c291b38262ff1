"""Layouts from YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.layouts.load import load_layout
from tests.layouts.sharded import write


def test_every_problem_of_a_layout_is_said_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """layout: bad
mesh: {pp: 2, tp: 0}
vars: {tp_size: 3, n: {count: "layers.{i}.**"}}
naems: []
names:
  - {match: "layers.{i}.**", global: {j: i + pp_rank}}
rules:
  - {match: "a", split: {axis: 0, ovr: tp}}
  - {match: "b", split: {axis: 0, over: tq}}
  - {match: "c", split: {axis: 0, parts: 2}}
  - {match: "d", split: {axis: 0, parts: tp_sice, index: 0}}
  - {match: "e"}
  - {match: "f", whole: true, split: {axis: 0, over: tp}}
  - {match: "g.{i}", global: "h.{i + ofset}"}
""",
    )

    with pytest.raises(RecipeError) as caught:
        load_layout(path)

    found = {(finding.span.line, finding.code) for finding in caught.value.findings if finding.span}
    assert found == {
        (2, "wrong-type"),
        (3, "wrong-type"),
        (4, "unknown-key"),
        (8, "unknown-key"),
        (8, "missing-key"),
        (10, "missing-key"),
        (12, "missing-key"),
        (13, "conflicting-keys"),
    }


def test_unknown_names_are_guessed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """layout: bad
mesh: {pp: 2, tensor: 2}
vars: {tensor_size: 3}
names:
  - {match: "g.{i}", global: {j: i + 1}}
rules:
  - {match: "b", split: {axis: 0, over: tenser}}
  - {match: "d", split: {axis: 0, parts: tensor_sice, index: 0}}
  - {match: "g.{i}", global: "h.{i + pp_rnk}"}
""",
    )

    with pytest.raises(RecipeError) as caught:
        load_layout(path)

    found = [(f.span.line, f.code, f.help) for f in caught.value.findings if f.span]
    assert found == [
        (3, "reserved-name", "choose another name"),
        (5, "unknown-variable", None),
        (7, "unknown-word", "did you mean 'tensor'?"),
        (8, "unknown-variable", "did you mean 'tensor_size'?"),
        (9, "unknown-variable", "did you mean 'pp_rank'?"),
    ]


def test_a_layout_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no file"):
        load_layout(tmp_path / "nowhere.yaml")
