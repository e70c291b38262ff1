"""Values made of those that are there: ``init: keep`` with ``then``, and ``like`` of what is kept."""

from __future__ import annotations

from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import write

PERTURB = [{"match": "**", "init": "keep", "then": [{"multiply": 0.4}, {"add": {"normal": 0.1}}]}]


class Adapted(nn.Cell):
    """A weight with the norms of its rows, and a number for its scale."""

    def __init__(self, rows: int = 64, columns: int = 48, dtype: object = mindspore.float32) -> None:
        super().__init__()
        values = np.random.default_rng(1).normal(size=(rows, columns)).astype(np.float32)
        self.weight = Parameter(Tensor(values, dtype))
        self.magnitude = Parameter(Tensor(np.zeros((rows, 1), np.float32), dtype))
        self.step = Parameter(Tensor(np.float32(0.0), dtype))


def held(parameter: Parameter) -> NDArray[np.float32]:
    values = parameter.asnumpy()
    return np.asarray(values.astype(np.float32)).copy()


def test_shrink_and_perturb_what_is_there() -> None:
    net = nn.SequentialCell(nn.Dense(512, 512))
    before = held(net[0].weight)

    report = mik.apply(net, PERTURB, seed=2)

    line = report.plan["0.weight"]
    assert line.initializer == "keep, then multiply 0.4, then add normal(sigma=0.1)"
    noise = stream.sample(draws.Normal(0.0, 0.1), (512, 512), stream.key(stream.key(2, "0.weight"), "then[1]"))
    assert np.array_equal(held(net[0].weight), before * np.float32(0.4) + noise)
    assert Plan.from_json(report.plan.to_json()) == report.plan
    assert "order: what is drawn, then what is changed where it lies (0.weight, 0.bias)" in str(report.plan)


def test_verify_knows_again_what_it_cannot_draw() -> None:
    net = nn.SequentialCell(nn.Dense(64, 64), nn.Dense(64, 64))
    report = mik.apply(net, [{**PERTURB[0], "match": "0.*"}, ("**.weight", "xavier_normal"), ("**", 0)], seed=2)

    assert mik.verify(net, report, seed=2) == ()
    assert mik.verify(net, report) == ()
    (said,) = mik.verify(net, report.plan, seed=2)
    assert (said.code, said.severity) == ("unknown-values", "note")
    assert "2 parameters cannot be drawn again, the first '0.weight'" in said.message

    net[0].weight.asnumpy()[0, 0] += 1
    net[1].bias.asnumpy()[0] += 1
    found = [(one.code, one.parameter) for one in mik.verify(net, report, seed=2)]
    assert found == [("different-values", "0.weight"), ("different-values", "1.bias")]
    assert "digests" in report.to_json()


@pytest.mark.parametrize("dtype", [mindspore.float32, mindspore.float16, mindspore.bfloat16])
def test_a_magnitude_is_the_norm_of_the_weight_that_is_kept(dtype: object) -> None:
    net = Adapted(dtype=dtype)
    rules = [
        {"match": "magnitude", "like": "weight", "then": [{"norm": {"axis": 1}}]},
        {"match": "step", "like": "weight", "then": ["abs_mean", {"multiply": "2 / sqrt(127)"}]},
        {"match": "weight", "init": "keep"},
    ]

    report = mik.apply(net, rules, seed=2)

    weight = held(net.weight).astype(np.float64)
    rounding = {"Float32": 1e-6, "Float16": 2**-10, "BFloat16": 2**-8}[str(dtype)]
    assert held(net.magnitude)[:, 0] == pytest.approx(np.linalg.norm(weight, axis=1), rel=rounding)
    assert held(net.step) == pytest.approx(2 * np.abs(weight).mean() / 127**0.5, rel=rounding)
    assert mik.verify(net, report.plan, seed=2) == ()
    assert mik.verify(net, report.plan) == ()

    Parameter.set_data(net.magnitude, Tensor(held(net.magnitude) * 2, dtype))
    for seed in (2, None):
        assert [one.code for one in mik.verify(net, report.plan, seed=seed)] == ["different-values"]


def test_what_is_taken_is_taken_before_it_is_written_over() -> None:
    net = Adapted()
    before = held(net.weight)
    rules = [
        {"match": "weight", "init": "keep", "then": [{"multiply": 3}]},
        {"match": "magnitude", "like": "weight", "then": [{"norm": {"axis": 1}}]},
        {"match": "step", "init": "ones"},
    ]

    report = mik.apply(net, rules, seed=2)

    assert np.array_equal(held(net.weight), before * np.float32(3))
    assert held(net.magnitude)[:, 0] == pytest.approx(3 * np.linalg.norm(before, axis=1), rel=1e-6)
    order = "order: what is drawn, then what takes values that are there (magnitude of weight), then what is changed"
    assert order in str(report.plan)
    assert mik.verify(net, report, seed=2) == ()


@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_there_is_normalized_where_it_lies(axis: int) -> None:
    net = nn.SequentialCell(nn.Dense(700, 600, has_bias=False))
    before = held(net[0].weight).astype(np.float64)

    mik.apply(net, [{"match": "**", "init": "keep", "then": [{"normalize": {"axis": axis, "to": 2}}]}], seed=1)

    expected = 2 * before / np.linalg.norm(before, axis=axis, keepdims=True)
    assert held(net[0].weight) == pytest.approx(expected, rel=1e-6)


def test_deferred_parameters_are_constructed_first() -> None:
    with mik.deferred():
        net = nn.SequentialCell(nn.BatchNorm2d(8))
    variance = {"name": "**.moving_variance", "trainable": "any"}
    tripled = {"match": variance, "init": "keep", "then": [{"multiply": 3}]}

    mik.apply(net, [("**.gamma", "ones"), tripled, ("**", "keep")], seed=1)

    assert (net[0].moving_variance.asnumpy() == 3).all()
    assert (net[0].gamma.asnumpy() == 1).all()


def test_what_the_plan_does_not_know_is_not_drawn_from_it(tmp_path: Path) -> None:
    plan = mik.plan(nn.SequentialCell(nn.Dense(4, 4)), PERTURB)

    with pytest.raises(ValueError, match=r"'0\.weight' is made of values that a network holds"):
        mik.draw(plan, "0.weight", seed=1)
    with pytest.raises(mik.ApplyError, match=r"2 parameters are kept, the first '0\.weight'"):
        mik.materialize(plan, tmp_path / "out", seed=1)


def test_nothing_is_attached_that_takes_what_is_not_there_yet() -> None:
    with mik.deferred():
        net = nn.SequentialCell(nn.Dense(4, 4), nn.Dense(4, 4))
    rules = [{"match": "0.weight", "like": "1.weight", "then": [{"multiply": 2}]}, ("**", "keep")]

    with pytest.raises(mik.ApplyError, match=r"'0\.weight' takes values of '1\.weight' that are there"):
        mik.attach(net, mik.plan(net, rules), seed=1)

    net.init_parameters_data()
    mik.attach(net, mik.plan(net, rules), seed=1)
    assert np.array_equal(held(net[0].weight), held(net[1].weight) * 2)


def test_an_interrupted_apply_says_what_would_be_changed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise MemoryError("no more")

    net = nn.SequentialCell(nn.Dense(4, 4))
    monkeypatch.setattr(write, "fill_line", fail)

    with pytest.raises(mik.ApplyError, match="but 2 parameters may have been changed where they lie") as caught:
        mik.apply(net, PERTURB, seed=1)
    assert caught.value.findings[0].code == "interrupted-apply"


def test_what_would_not_fit_is_found_before_anything_is_written() -> None:
    net = nn.SequentialCell(nn.Dense(8, 8, has_bias=False, dtype=mindspore.float16), nn.Dense(8, 8, has_bias=False))
    before = held(net[0].weight)
    rules = [{"match": "0.weight", "init": "keep", "then": [{"multiply": 1e6}]}, ("**", 1)]
    plan = mik.plan(net, rules)

    with pytest.raises(mik.ApplyError, match="do not fit: float16 ends at 65504") as caught:
        mik.apply(net, plan, seed=1)

    assert [finding.code for finding in caught.value.findings] == ["out-of-range"]
    assert np.array_equal(held(net[0].weight), before)
    assert not (held(net[1].weight) == 1).any()
    net[0].weight.set_data(Tensor(np.full((8, 8), 0.01, np.float16)))
    mik.apply(net, plan, seed=1)
    assert (held(net[0].weight) > 9000).all()


def test_what_is_not_finite_is_changed_all_the_same() -> None:
    net = nn.SequentialCell(nn.Dense(8, 8, has_bias=False))
    net[0].weight.asnumpy()[0, 0] = -np.inf

    mik.apply(net, [{"match": "**", "init": "keep", "then": [{"multiply": 2}]}], seed=1)

    assert np.isneginf(held(net[0].weight)[0, 0])


def test_whole_numbers_are_copied_as_they_are() -> None:
    class Counters(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.online = Parameter(Tensor(np.array([2**62 + 1, -3], np.int64)), requires_grad=False)
            self.target = Parameter(Tensor(np.zeros(2, np.int64)), requires_grad=False)

    net = Counters()
    report = mik.apply(net, [{"match": "target", "like": "online"}], seed=1)

    assert net.target.asnumpy().tolist() == [2**62 + 1, -3]
    assert mik.verify(net, report.plan, seed=1) == ()
    net.target.asnumpy()[0] = 0
    assert len(mik.verify(net, report.plan, seed=1)) == 1
