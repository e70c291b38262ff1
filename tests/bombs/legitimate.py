"""Recipes that are long because networks are: none of them is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final


def _recipe(rules: Iterable[str]) -> str:
    return "family: f\nrules:\n" + "".join(f"  - {{{rule}}}\n" for rule in rules)


def _each_layer() -> str:
    """Returns a rule for each of 8,000 layers, and two for the others."""
    rest = ['match: "**.{weight,bias}", init: {normal: 0.02}', 'match: "**.gamma", init: ones']
    return _recipe([*(f'match: "layers.{n}.**", init: {("ones", "zeros", 0.5)[n % 3]}' for n in range(8000)), *rest])


def _sensible() -> str:
    """Returns 2,000 rules as hands write them: by layer and leaf, by cell, by conditions on the index."""
    rules = []
    for n in range(497):
        rules += [
            f'match: "layers.{n}.attn.weight", init: {{normal: "0.02 / sqrt(2 * {n + 1})"}}',
            f'match: "layers.{n}.attn.bias", init: zeros',
            f'match: {{name: "layers.{n}.mlp.*.weight", cell: Dense}}, init: xavier_uniform',
            f'match: "layers.{n}.norm.gamma", init: ones',
        ]
    by_index = '"layers.{i}.mlp.{fc1,fc2}.weight"'
    rules += [f'match: {by_index}, where: i < {n}000, init: {{constant: "{n} / (i + 1)"}}' for n in range(1, 11)]
    return _recipe([*rules, 'match: "**.{weight,bias}", init: he_normal', "match: {cell: LayerNorm}, init: ones"])


def _nothing() -> str:
    """Returns 2,000 rules for layers that are not there."""
    return _recipe(f'match: "encoder.layers.{n}.attn.weight", init: ones' for n in range(2000))


def _backtracking() -> str:
    """Returns ten expressions each of which keeps Python's matcher busy for ever."""
    return _recipe(rf"match: {{regex: '(\w+\.?)+x{n}'}}, init: ones" for n in range(10))


LEGITIMATE: Final[dict[str, Callable[[], str]]] = {
    "8,000 rules for single layers": _each_layer,
    "2,000 rules as hands write them": _sensible,
    "2,000 rules that select nothing": _nothing,
    r"10 regular expressions such as `(\w+\.?)+x`": _backtracking,
}
