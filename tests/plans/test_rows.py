"""``rows``: some rows drawn again, the others kept."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.findings import PlanError
from ms_initkit.plans.bind import bind
from ms_initkit.plans.plan import Plan
from tests.recipes import info, recipe


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
    ("step", "said"),
    [
        ({"normalize": {"to": 2}}, "`normalize` takes all rows together, and `rows: 5:` keeps some of them"),
        ({"normalize": {"axis": 0}}, "take each row by itself, as `normalize: {axis: 1}` does"),
        ({"normalize": {"norm": "spectral"}}, "`normalize` takes all rows together"),
        ({"low_rank": {"scheme": "pissa", "part": "rest", "rank": 2}}, "`low_rank` takes all rows together"),
        ({"zero_rows": [0]}, "`zero_rows` is about row 0, which `rows: 5:` keeps: write it in `rows`, too"),
        ({"zero_rows": [0, 7]}, "`zero_rows` is about row 0"),
        ({"zero_rows": ":5"}, "`zero_rows` is about rows 0:5"),
        ({"set": {"at": [0], "to": 1}}, "`set` is about row 0"),
        ({"set": {"at": [4, 3], "to": 1}}, "`set` is about row 4"),
        ({"set": {"at": ["1:3", 3], "to": 1}}, "`set` is about rows 1:3"),
    ],
)
@pytest.mark.parametrize("init", ["keep", {"normal": 1}])
def test_steps_that_are_not_about_the_rows_are_refused(step: object, said: str, init: object) -> None:
    rules = [{"match": "table", "init": init, "rows": "5:", "then": [step]}, ("**", "zeros")]

    with pytest.raises(PlanError, match=re.escape(said)):
        mik.plan(Table(), rules)

    mik.plan(Table(), [{"match": "table", "init": init, "rows": ":", "then": [step]}, ("**", "zeros")])


def test_steps_of_rows_by_themselves_are_taken() -> None:
    net = Table()
    before = held(net.table)
    then = [{"normalize": {"axis": 1}}, {"set": {"at": [":", 3], "to": 9}}, {"zero_rows": ["0:7"]}]

    mik.apply(net, [{"match": "table", "init": {"normal": 1}, "rows": "5:", "then": then}, ("**", 0)], seed=1)

    table = held(net.table)
    assert np.array_equal(table[:5], before[:5])
    assert not table[5:7].any()
    table[:, 3] = 0
    assert np.linalg.norm(table[7:], axis=1) == pytest.approx(1, abs=0.05)


def test_norms_of_another_tensor_are_of_all_its_rows() -> None:
    net = Table(40, 40)
    net.gains = Parameter(Tensor(np.zeros(40, np.float32)))
    rule = {"match": "gains", "like": "table", "then": [{"norm": {"axis": 0}}, {"multiply": 2}], "rows": "5:"}

    mik.apply(net, [rule, ("**", "keep")], seed=1)

    norms = 2 * np.linalg.norm(held(net.table).astype(np.float64), axis=0)
    assert np.allclose(held(net.gains)[5:], norms[5:], rtol=2.0**-22, atol=0)
    assert not held(net.gains)[:5].any()


@pytest.mark.parametrize("seed", [3, None])
def test_a_report_knows_the_rows_that_are_kept(seed: int | None) -> None:
    net = Table()
    report = mik.apply(net, [{"match": "table", "init": {"normal": 1}, "rows": "5:"}, ("**", 0)], seed=3)
    assert mik.verify(net, report, seed=seed) == ()

    net.table.asnumpy()[2, 7] += 1

    (finding,) = mik.verify(net, report, seed=seed)
    assert finding.code == "different-values"
    assert finding.parameter == "table"
    assert "its values are not those that the apply left" in finding.message
    assert mik.verify(net, report.plan, seed=seed) == ()  # a plan does not know what was there


def test_what_is_wrong_beside_kept_rows_is_told_once() -> None:
    net = Table()
    report = mik.apply(net, [{"match": "table", "init": {"normal": 1}, "rows": "5:"}, ("**", 0)], seed=3)

    net.table.asnumpy()[7, 7] += 1

    (finding,) = mik.verify(net, report, seed=3)
    assert "1 of 12,000 values are not those of seed 3, the first at [7, 7]" in finding.message
