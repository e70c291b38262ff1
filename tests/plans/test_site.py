"""Where fans come from: a bias's cell, a named sibling, numbers, axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from ms_initkit import draws
from ms_initkit.findings import PlanError
from ms_initkit.formulas.fans import Fans
from ms_initkit.networks.manifest import with_siblings
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe


def parameter(*shape: int) -> Parameter:
    return Parameter(Tensor(np.zeros(shape, np.float32)))


class Layer(nn.Cell):
    """A cell whose parameters are whatever a test says."""

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        super().__init__()
        for name, shape in shapes.items():
            setattr(self, name, parameter(*shape))


def fans_of(cell: Layer, leaf: str, rule: str = "init: layer_default") -> Fans | None:
    rules = f'{{match: "{leaf}", {rule}}}\n{{match: "**", init: keep}}'
    return mik.plan(cell, recipe(rules))[leaf].fans


@pytest.mark.parametrize("shape", [(16,), (1, 16), (16, 1, 1), (16, 16)])
@pytest.mark.parametrize("weight", ["weight", "kernel", "weight_v", "embedding_table", "anything"])
def test_a_bias_has_its_cells_fans_whatever_its_shape_or_its_weights_name(shape: tuple[int, ...], weight: str) -> None:
    assert fans_of(Layer(**{weight: (16, 8)}, bias=shape), "bias") == Fans(8, 16)


@pytest.mark.parametrize(
    ("leaf", "shapes"),
    [
        ("in_proj_bias", {"in_proj_weight": (16, 8), "out_weight": (3, 3)}),
        ("bias_hh", {"weight_ih": (16, 4), "weight_hh": (16, 8)}),
        ("gate_up_proj_bias", {"gate_up_proj": (16, 8), "down_proj": (3, 3)}),
        ("out_bias", {"weight": (16, 8), "mask": (3, 3)}),
    ],
)
def test_one_bias_of_several_has_the_weight_of_its_name(leaf: str, shapes: dict[str, tuple[int, ...]]) -> None:
    assert fans_of(Layer(**shapes, **{leaf: (16,)}), leaf) == Fans(8, 16)


def test_a_bias_beside_two_weights_of_other_names_has_no_fans_until_one_is_named() -> None:
    cell = Layer(left=(16, 8), right=(16, 4), bias=(16,))

    with pytest.raises(PlanError, match="has no fans"):
        fans_of(cell, "bias")
    assert fans_of(cell, "bias", "init: layer_default, fans: {of: right}") == Fans(4, 16)


def test_weight_normalisation_has_its_directions_fans() -> None:
    cell = Layer(weight_g=(16, 1), weight_v=(16, 8), bias=(16,))

    assert fans_of(cell, "weight_g", "init: layer_default, fans: {of: weight_v}") == Fans(8, 16)
    with pytest.raises(PlanError, match=r"no such parameter of two or more axes; it has 'weight_g', 'weight_v'"):
        fans_of(cell, "weight_g", "init: layer_default, fans: {of: weight}")


def test_a_table_that_only_sounds_like_a_bias_has_its_own_fans() -> None:
    cell = Layer(weight=(16, 8), relative_position_bias_table=(49, 3))

    assert fans_of(cell, "relative_position_bias_table", "init: xavier_normal") == Fans(3, 49)


def test_mindspores_layers_biases_have_their_weights_bounds() -> None:
    net = nn.SequentialCell(
        nn.Dense(8, 16), nn.Conv2d(4, 6, 3, has_bias=True), nn.Conv2dTranspose(4, 6, 3, has_bias=True)
    )

    plan = mik.plan(net, recipe('{match: "**", init: layer_default}'))

    for line, fan_in in (("0.bias", 8), ("1.bias", 36), ("2.bias", 54)):
        assert plan[line].moments.high == pytest.approx(1 / math.sqrt(fan_in))


def test_siblings_are_found_by_name_where_there_is_no_network() -> None:
    shapes = {"a.kernel": (16, 8), "a.bias": (16,), "b.kernel": (3, 3), "bias": (5,)}
    infos = [ParamInfo((Owner(name, name.rpartition(".")[2]),), shape) for name, shape in shapes.items()]

    found = {one.name: one.owners[0].weight_shape for one in with_siblings(infos)}

    assert found["a.bias"] == (16, 8)
    assert found["bias"] is None


def test_a_fan_that_was_not_given_is_missing() -> None:
    vector = info("scale", (64,))

    plan = bind(recipe('{match: "**", init: he_normal, fans: {in: 64}}'), [vector], strict=True)
    assert plan["scale"].fans == Fans(64, None)
    assert plan["scale"].draw == draws.Normal(0.0, math.sqrt(2 / 64))
    assert mik.Plan.from_json(plan.to_json())["scale"].fans == Fans(64, None)
    assert "fans 64/?" in str(plan)

    for init in ("xavier_normal", "{he_normal: {mode: fan_out}}", "{he_normal: {mode: fan_geo_avg}}"):
        with pytest.raises(PlanError, match=r"is not known: `fans` gives one fan .* add `out` to it") as caught:
            bind(recipe(f'{{match: "**", init: {init}, fans: {{in: 64}}}}'), [vector], strict=True)
        assert caught.value.findings[0].code == "undefined-fan"
    with pytest.raises(PlanError, match="add `in` to it"):
        bind(recipe('{match: "**", init: he_normal, fans: {out: 64}}'), [vector], strict=True)
    with pytest.raises(PlanError, match="fan_out is not known: `fans` gives the other one"):
        bind(recipe('{match: "**", init: {normal: 1 / fan_out}, fans: {in: 64}}'), [vector], strict=True)


def test_batch_axes_alone_leave_the_rest_to_the_convention() -> None:
    plan = bind(
        recipe('{match: "**", init: he_normal, fans: {batch_axes: [0]}}'), [info("w", (8, 32, 16, 3))], strict=True
    )

    assert plan["w"].fans == Fans(48, 96)


def test_an_experts_bias_counts_its_weights_axes() -> None:
    cell = Layer(weight=(8, 16, 32), bias=(8, 32))

    rule = "init: layer_default, fans: {in_axes: [1], out_axes: [2], batch_axes: [0]}"
    assert fans_of(cell, "bias", rule) == Fans(16, 32)


def test_no_axes_are_a_list_too() -> None:
    table = info("w", (100, 16))

    plan = bind(recipe('{match: "**", init: lecun_normal, fans: {in_axes: [], out_axes: [1]}}'), [table], strict=True)

    assert plan["w"].fans == Fans(100, 1600)
    plan = bind(recipe('{match: "**", init: he_normal, fans: {batch_axes: []}}'), [table], strict=True)
    assert plan["w"].fans == Fans(16, 100)


@pytest.mark.parametrize("init", ["he_normal", "layer_default", "orthogonal", "{normal: 1 / sqrt(fan_in)}"])
@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0,)])
def test_where_there_is_nothing_to_draw_nothing_is_needed(init: str, shape: tuple[int, ...]) -> None:
    plan = bind(recipe(f'{{match: "**", init: {init}}}'), [info("w", shape)], strict=True)

    assert mik.draw(plan, "w", seed=1).shape == shape


def test_an_initializer_fills_an_array_of_nothing() -> None:
    fill: Any = mik.initializers.HeNormal()

    fill(np.zeros((3, 0), np.float32))
