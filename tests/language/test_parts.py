from __future__ import annotations

import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit import draws
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe

PARTS = "[{size: 'shape[1]', init: zeros}, {size: 2, init: {constant: i}}, {rest: he_normal}]"


def test_each_part_has_its_own_initializer_and_its_own_fans() -> None:
    line = bind(
        recipe(f"{{match: '{{i}}.w', blocks: {{axis: 0, parts: {PARTS}}}}}"), [info("3.w", (12, 4))], strict=True
    )["3.w"]

    assert isinstance(line.draw, draws.Blocks)
    assert line.draw.sizes == (4, 2, 6)
    assert line.draw.draws[:2] == (draws.Constant(0.0), draws.Constant(3))
    assert line.initializer == "parts of axis 0: 4 zeros, 2 constant(value=3), 6 he_normal"


def test_parts_are_written_and_verified() -> None:
    net = nn.Dense(4, 12, has_bias=False)
    rule = {"match": "**", "blocks": {"axis": 0, "parts": [{"size": 4, "init": 1}, {"rest": {"normal": 0.5}}]}}

    report = mik.apply(net, [rule], seed=1)

    values = net.weight.asnumpy()
    assert (values[:4] == 1).all()
    assert 0.2 < values[4:].std() < 0.9
    assert mik.verify(net, report.plan, seed=1) == ()
    assert np.array_equal(mik.draw(report.plan, "weight", seed=1, index=(slice(2, 6),)), values[2:6])


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("[{size: 5, init: zeros}, {size: 6, init: ones}]", "parts of (5, 6) do not make up axis 0 of length 12"),
        ("[{size: 12, init: zeros}, {rest: ones}]", "parts of (12, 0) do not make up"),
    ],
)
def test_parts_that_do_not_make_up_the_axis_are_a_finding(parts: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        bind(recipe(f"{{match: '**', blocks: {{axis: 0, parts: {parts}}}}}"), [info("w", (12, 4))], strict=True)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{match: '**', init: ones, blocks: {axis: 0, parts: [{rest: zeros}]}}", "conflicting-keys"),
        ("{match: '**', blocks: {axis: 0, parts: [{rest: zeros}, {rest: ones}]}}", "conflicting-keys"),
        ("{match: '**', blocks: {axis: 0, parts: [{rest: zeros}], sizes: [1]}}", "conflicting-keys"),
        ("{match: '**', blocks: {axis: 0, parts: [{size: 3}]}}", "missing-key"),
        ("{match: '**', blocks: {axis: 0, parts: [{size: 3, rest: zeros}]}}", "missing-key"),
        ("{match: '**', blocks: {axis: 0, parts: [{rest: keep}]}}", "unknown-initializer"),
        ("{match: '**', blocks: {axis: 0, parts: [{rest: onse}]}}", "unknown-initializer"),
        ("{match: '**', blocks: {axis: 0, parts: [{size: fan_in, init: zeros}]}}", "unknown-variable"),
        ("{match: '**', blocks: {axis: 0, parts: 3}}", "missing-key"),
    ],
)
def test_parts_that_are_written_wrongly_are_refused(rule: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe(rule)

    assert [finding.code for finding in caught.value.findings] == [code]
