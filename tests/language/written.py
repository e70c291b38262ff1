"""Recipes written to the current folder, which `conftest.py` makes a new one for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.language.calls import InitSpec
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.language.rules import Rule

WHOLE = """\
family: gpt2
reference: {paper: "Radford et al. 2019", year: 2019}
description: A language model
strip_prefixes: [network., _backbone.]
vars:
  sigma: 2e-2
  n_layers: {count: "**.blocks.{i}.**"}
  width: {extent: {of: "**.wte.weight", axis: 1}}
  act: "relu"
  is_deep: true
  std: sigma / sqrt(2 * n_layers)
rules:
  - id: residual
    match: "**.blocks.{i}.{attn,mlp}.proj.weight"
    init: {normal: {sigma: std / (i + 1)}}
    when: is_deep and act == "relu"
  - id: qkv
    match:
      name: ["**.{i}.qkv.weight", "**.{i}.kv.weight"]
      cell: [Dense, "*Linear"]
      ndim: 2
      shape: [any, 768]
      dtype: float32
      trainable: any
    blocks: {axis: 0, parts: 3}
    fans: {in: "shape[1]", out: "shape[0] / 3"}
    init: {normal: [sigma, 0.0]}
  - match: {param: [gamma, "weight*"], regex: '.*ln_(?P<k>\\d+).*'}
    init: 1
    then:
      - add: k
      - multiply: 0.5
      - set: {at: [0, "-1"], to: 42}
      - zero_rows: [0]
    optional: true
  - match: "**.wpe.weight"
    from: {path: weights.safetensors, key: "wpe"}
  - match: "moving_*"
    init: keep
"""


def load(text: str, **parents: str) -> Recipe:
    for name, content in {"recipe": text, **parents}.items():
        Path(f"{name}.yaml").write_text(content, encoding="utf-8")
    return load_recipe("recipe.yaml")


def rule(lines: str, variables: str = "sigma: 0.02") -> Rule:
    (only,) = load(f"family: x\nvars: {{{variables}}}\nrules:\n  - {lines}\n").rules
    return only


def init(text: str) -> InitSpec:
    action = rule(f'{{match: "**", init: {text}}}').action
    assert isinstance(action, InitSpec)
    return action


def refused(text: str, **parents: str) -> list[tuple[str, str]]:
    """Code and underlined text of everything that is wrong."""
    with pytest.raises(RecipeError) as caught:
        load(text, **parents)
    return [(finding.code, finding.span.text() if finding.span else "") for finding in caught.value.findings]


def refused_rule(lines: str) -> list[tuple[str, str]]:
    return refused(f"family: x\nvars: {{sigma: 0.02, act: 'relu'}}\nrules:\n  - {lines}\n")


class Matrix:
    """What a step is told of a matrix, whose expressions are numbers."""

    shape = (4, 6)
    stream = "then[0]"

    def number(self, value: object) -> float:
        """Returns a number that is written out."""
        return float(str(value))

    def index(self, value: object, what: str) -> int:
        """Returns a whole one."""
        del what
        return int(str(value))
