"""``rows``: some rows drawn again, the others kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.draws.valid import fault
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.plans.bind import bind
from ms_initkit.plans.plan import Plan
from tests.recipes import info, recipe

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class Table(nn.Cell):
    def __init__(self, rows: int = 40, columns: int = 300) -> None:
        super().__init__()
        values = np.random.default_rng(0).normal(size=(rows, columns)).astype(np.float32)
        self.table = Parameter(Tensor(values))
        self.copy = Parameter(Tensor(values * 0))


def held(parameter: Parameter) -> NDArray[np.float32]:
    return np.asarray(parameter.asnumpy()).copy()


@pytest.mark.parametrize(
    ("rows", "due"),
    [
        (3, [3]),
        (-1, [39]),
        ("30:", range(30, 40)),
        (":-35", range(5)),
        ([3, "5:8", -1, "7:9"], [3, 5, 6, 7, 8, 39]),
        ("shape[0] - 2:", [38, 39]),
    ],
)
def test_some_rows_are_drawn_and_the_others_kept(rows: object, due: object) -> None:
    net = Table()
    before = held(net.table)
    rules = [{"match": "table", "init": {"normal": 0.5}, "rows": rows}, ("**", 0)]

    report = mik.apply(net, rules, seed=3)

    drawn = stream.sample(draws.Normal(0.0, 0.5), (40, 300), stream.key(3, "table"))
    expected = before.copy()
    expected[list(due)] = drawn[list(due)]  # type: ignore[call-overload]
    assert np.array_equal(held(net.table), expected)
    assert Plan.from_json(report.plan.to_json()) == report.plan
    for seed in (3, None):
        assert mik.verify(net, report.plan, seed=seed) == ()
    net.table.asnumpy()[held(net.table)[:, 0] != before[:, 0], 0] += 100
    for seed in (3, None):
        assert mik.verify(net, report.plan, seed=seed)


def test_rows_of_whatever_a_rule_gives(tmp_path: Path) -> None:
    np.save(tmp_path / "old.npy", np.full((40, 300), 7, np.float32))
    net = Table()
    before = held(net.table)

    mik.apply(
        net,
        [
            {"match": "table", "from": f"{tmp_path}/old.npy", "then": [{"multiply": 2}], "rows": [0]},
            {"match": "copy", "like": "table", "rows": "1:3"},
        ],
        seed=3,
    )

    assert (held(net.table)[0] == 14).all()
    assert np.array_equal(held(net.table)[1:], before[1:])
    assert np.array_equal(held(net.copy)[1:3], before[1:3])
    assert (held(net.copy)[3:] == 0).all()


def test_rows_of_what_is_there_are_changed() -> None:
    net = Table()
    before = held(net.table)
    rules = [{"match": "table", "init": "keep", "then": [{"multiply": 0.5}], "rows": "10:20"}, ("**", "keep")]

    report = mik.apply(net, rules, seed=3)

    assert np.array_equal(held(net.table)[10:20], before[10:20] * np.float32(0.5))
    assert np.array_equal(held(net.table)[20:], before[20:])
    assert report.plan["table"].initializer == "keep, then multiply 0.5, in rows 10:20 alone"
    assert mik.verify(net, report, seed=3) == ()
    assert [finding.code for finding in mik.verify(net, report.plan, seed=3)] == ["unknown-values"]


def test_what_takes_rows_that_are_drawn_is_verified() -> None:
    net = Table()
    rules = [{"match": "table", "init": {"normal": 1}, "rows": "30:"}, {"match": "copy", "like": "table"}]

    report = mik.apply(net, rules, seed=3)

    assert np.array_equal(held(net.table), held(net.copy))
    assert mik.verify(net, report.plan, seed=3) == ()


def test_a_rank_draws_the_rows_that_it_has() -> None:
    layout = mik.layouts.layout({"tp": 2}, [mik.layouts.place("**", mik.layouts.split(0, over="tp"))])
    drawn = stream.sample(draws.Normal(0.0, 1.0), (80, 300), stream.key(3, "table"))
    for rank in range(2):
        net = Table()
        before = held(net.table)
        rules = [{"match": "table", "init": {"normal": 1}, "rows": [1, "70:"]}, ("**", 0)]
        mik.apply(net, rules, seed=3, layout=layout.at(rank))
        due = np.concatenate([before, before])
        due[1], due[70:] = drawn[1], drawn[70:]
        assert np.array_equal(held(net.table), due[40 * rank : 40 * rank + 40])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("[4]", "there is no row 4 among 4"),
        ("-5", "there is no row -5 among 4"),
        ("'4:'", "there are no rows 4: (4:4) among 4"),
        ("'2:1'", "there are no rows 2:1 (2:1) among 4"),
        ("1 / 2", "a row must be whole, not 0.5"),
    ],
)
def test_rows_that_are_not_there_are_a_finding(rows: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        bind(recipe(f"{{match: a, init: 1, rows: {rows}}}"), [info("a")], strict=True)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{match: a, init: keep, rows: 1}", "conflicting-keys"),
        ("{match: a, init: 1, rows: {1: 2}}", "wrong-type"),
        ("{match: a, init: 1, rows: 3:5}", "ambiguous-number"),
        ("{match: a, init: 1, rows: 'old:'}", "unknown-variable"),
        ("{match: a, init: 1, rows: []}", "wrong-type"),
    ],
)
def test_rows_that_are_written_wrongly_are_refused(rule: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(rule)
    assert [finding.code for finding in caught.value.findings] == [code]


def test_what_no_binding_makes_is_refused() -> None:
    one = draws.Constant(1.0)
    for rows in ((), ((2, 1),), ((0, 2), (1, 3)), ((3, 5),), ((-1, 2),)):
        assert "are not stretches of axis 0 of (4, 4)" in str(fault(draws.InRows(rows, one, draws.There()), (4, 4)))
    assert fault(draws.InRows(((1, 3),), draws.Keep(), one), (4, 4)) is not None
    assert fault(draws.InRows(((1, 3),), one, draws.There()), (4, 4)) is None


def test_plans_differ_by_numbers_of_what_is_not_known() -> None:
    rule = "{match: a, init: keep, then: [{multiply: f}]}"
    plans = [bind(recipe(rule, head=f"vars: {{f: {f}}}"), [info("a")], strict=True) for f in (0.4, 0.5, 0.4)]

    assert "multiply f" in plans[0]["a"].initializer
    assert "value=0.4" in plans[0].diff(plans[1])
    assert plans[0].diff(plans[2]) == ""
