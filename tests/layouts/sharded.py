"""A network of ranks, its recipe and its layout, and what tests of layouts ask for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray

from ms_initkit.findings import PlanError
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.layouts.python import layout
from ms_initkit.layouts.rules import PlaceRule
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.stages.plan import plan_infos

RECIPE = """
family: demo
vars: {n_layers: {count: "layers.{i}.**"}}
rules:
  - {match: "**.qkv.weight", init: xavier_normal, blocks: {axis: 0, sizes: [16, 8, 8]}}
  - {match: "**.out.weight", init: {normal: {sigma: 0.02 / sqrt(2 * n_layers)}}}
  - {match: "embedding.weight", init: {normal: 0.02}}
  - {match: "**.bias", init: {uniform: {scale: 0.1}}}
"""
LAYOUT = """
layout: demo
mesh: {pp: 2, dp: 2, tp: 2}
vars: {n_layers: 4, layers_per_stage: n_layers / pp_size}
names:
  - match: "layers.{i}.**"
    global: {i: i + pp_rank * layers_per_stage}
rules:
  - id: qkv
    match: "layers.{i}.qkv.{weight,bias}"
    split: {axis: 0, over: tp, blocks: [4, 2, 2]}
  - match: "layers.{i}.out.weight"
    split: [{axis: 1, over: tp}, {axis: 0, over: dp}]
  - match: "embedding.weight"
    when: pp_rank == 0
    split: {axis: 0, over: tp}
  - {match: "**.out.bias", whole: true}
"""
ANY = "family: any\nrules: [{match: '**', init: {normal: 1.0}}]\n"


class Layer(nn.Cell):
    """A layer of one rank."""

    def __init__(self, tp: int, dp: int) -> None:
        super().__init__()
        self.qkv = nn.Dense(16, 32 // tp)
        self.out = nn.Dense(16 // tp, 16 // dp)
        self.out.bias = Parameter(Tensor(np.zeros(16, np.float32)))


class Net(nn.Cell):
    """A network of one rank: all of it without arguments."""

    def __init__(self, tp: int = 1, dp: int = 1, layers: int = 4, *, is_first: bool = True) -> None:
        super().__init__()
        if is_first:
            self.embedding = nn.Dense(16, 64 // tp, has_bias=False)
        self.layers = nn.CellList([Layer(tp, dp) for _ in range(layers)])


def values(net: nn.Cell) -> dict[str, NDArray[np.float32]]:
    """Returns the values of every parameter."""
    return {name: parameter.asnumpy() for name, parameter in net.parameters_and_names()}


def info(name: str, *shape: int, dtype: str = "float32") -> ParamInfo:
    """Returns a parameter that one cell holds."""
    return ParamInfo((Owner(name, name.rpartition(".")[2]),), shape, dtype)


def write(folder: Path, text: str) -> Path:
    """Writes a layout into ``folder``."""
    (folder / "layout.yaml").write_text(text)
    return folder / "layout.yaml"


@cache
def any_recipe() -> Recipe:
    """Returns the recipe that draws everything."""
    return load_recipe(ANY)


def refused(rule: PlaceRule, *infos: ParamInfo, mesh: dict[str, int] | None = None) -> str:
    """Returns what is said of a rule that does not fit rank 0."""
    made = layout(mesh or {"dp": 2, "tp": 2}, [rule])
    with pytest.raises(PlanError) as caught:
        plan_infos(infos, any_recipe(), layout=made.at(0))
    return str(caught.value)
