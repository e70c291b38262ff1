"""From a network and a recipe to a plan: what is wrong is told in one go, and what follows from a fault is not told."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik


class Three(nn.Cell):
    """A matrix and two vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = Parameter(Tensor(np.ones((4, 6), np.float32)), name="matrix")
        self.first = Parameter(Tensor(np.ones(3, np.float32)), name="first")
        self.second = Parameter(Tensor(np.ones(4, np.float32)), name="second")


def told(text: str, **options: object) -> list[str]:
    """Returns the codes of all that is wrong with a recipe, in order."""
    with pytest.raises(mik.InitKitError) as raised:
        mik.apply(Three(), "family: t\n" + text, seed=1, **options)  # type: ignore[arg-type]
    return [finding.code for finding in raised.value.findings if finding.severity == "error"]


FAULTS = {
    "unknown-initializer": "{match: matrix, init: nromal}",
    "unknown-argument": "{match: matrix, init: {normal: {sgima: 1}}}",
    "undefined-fan": "{match: first, init: he_normal}",
    "unusable-initializer": "{match: second, init: dirac}",
    "unused-rule": "{match: nothing, init: 0}",
    "out-of-range": "{match: matrix, init: 1e39}",
    "unreadable-file": "{match: first, from: /nowhere/v.npy}",
    "shape-mismatch": "{match: second, from: v.npy}",
    "cyclic-values": "{match: matrix, like: matrix}",
}


# Of two rules that select one parameter the second would have none.
PAIRS = [
    (one, other)
    for one, other in product(FAULTS, repeat=2)
    if FAULTS[one].partition(",")[0] != FAULTS[other].partition(",")[0]
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_faults_of_every_stage_are_told_together(
    first: str, second: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "v.npy", np.ones((5, 5), np.float32))
    monkeypatch.chdir(tmp_path)

    codes = told(f"rules:\n  - {FAULTS[first]}\n  - {FAULTS[second]}\n  - {{match: '**', init: 0}}\n")

    assert codes == [first, second]


def test_what_is_left_over_is_told_beside_what_cannot_be_written() -> None:
    assert told("rules:\n  - {match: matrix, init: 1e39}\n  - {match: first, init: 0}\n") == [
        "out-of-range",
        "unmatched-parameter",
    ]


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ("extends: nope\nrules: [{match: matrix, init: 0}]\n", "unknown-recipe"),
        ("extends: [base]\nrules: [{match: matrix, init: {constant: sigma}}]\n", "wrong-type"),
        ("extends: {a: b}\nrules: [{match: matrix, init: 0}]\n", "wrong-type"),
        ("extends: true\nrules: [{match: matrix, init: 0}]\n", "wrong-type"),
        ("extends: ''\nrules: [{match: matrix, init: 0}]\n", "wrong-type"),
        ("rules:\n", "wrong-type"),
        ("rules: {match: matrix, init: 0}\n", "wrong-type"),
        ("rules: [{match: 'a b', init: 0}]\n", "bad-glob"),
        ("rules: [{match: '**', init: 0, where: '1 +'}, {match: first, init: 1}]\n", "bad-expression"),
        ("rules: [{match: '**', init: 0, when: '1 +'}, {match: first, init: 1}]\n", "bad-expression"),
        (
            "rules: [{match: '**', from: {path: v.npy, kye: x, missing: next}}, {match: first, init: 1}]\n",
            "unknown-key",
        ),
        ("vars: {n: 0}\nrules: [{match: '**', init: 0, when: 1 / n > 1}, {match: first, init: 1}]\n", "bad-expression"),
    ],
)
def test_what_follows_from_a_fault_is_not_told(recipe: str, code: str) -> None:
    assert told(recipe) == [code]


def test_a_variable_without_a_value_is_told_once_and_hides_nothing_else() -> None:
    codes = told(
        "vars: {n: {extent: {of: x, axis: 0}}, m: 2 * n, k: m + 1}\n"
        "rules:\n"
        "  - {match: matrix, init: {constant: k}}\n"
        "  - {match: first, init: he_normal}\n"
        "  - {match: nothing, init: 0}\n"
        "  - {match: second, init: {constant: m}, where: ndim == 1}\n"
    )

    assert codes == ["undefined-variable", "undefined-fan", "unused-rule"]


def test_a_condition_without_a_value_makes_nothing_of_what_it_might_have_taken() -> None:
    codes = told(
        "vars: {n: {extent: {of: x, axis: 0}}}\n"
        "rules:\n"
        "  - {match: '**', init: 0, when: n > 1}\n"
        "  - {match: matrix, init: ones}\n"
    )

    assert codes == ["undefined-variable"]


def test_a_value_for_no_variable_is_told_beside_the_rest() -> None:
    codes = told("rules:\n  - {match: first, init: he_normal}\n  - {match: '**', init: 1e39}\n", vars={"sgima": 1})

    assert sorted(codes) == ["out-of-range", "undefined-fan", "unknown-variable"]


def test_entries_of_python_are_named_where_lines_of_files_are() -> None:
    with pytest.raises(mik.RecipeError) as raised:
        mik.plan(Three(), [("matrix", "zeros"), ("matrix", "ones"), ("a b", 0)])

    text = str(raised.value)
    assert "the first stands at rules[0]" in text
    assert "--> rules[2].match" in text
    assert "line" not in text
