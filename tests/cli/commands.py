"""Commands as tests give them, with a recipe that is right and one that is not."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from ms_initkit.cli.main import app

NET = ("--net", "tests.networks:Mlp")
GOOD = """family: good
vars: {sigma: 0.01}
rules:
  - {id: weights, match: {param: weight}, init: {normal: sigma}}
  - {id: biases, match: {param: bias}, init: zeros}
"""
# Everything that DESIGN promises to answer, in one file.
BAD = """family: bad
vars: {a: 1e-3, b: 0.001, c: 1.0e-3, d: 1E-3, e: .001}
rules:
  - {id: misspelt, match: output.weight, init: {nromal: 0.02}}
  - {id: idle, match: "layer9.**.weight", init: zeros}
  - id: twice
    match: hidden.weight
    init: ones
    init: {normal: a + b + c + d + e}
"""

NETS = """
from mindspore import nn

def two():
    return nn.SequentialCell(nn.Dense(4, 4), nn.Dense(4, 2))
"""
RECIPE = """
family: mine
vars: {sigma: {config: std, default: 1}}
rules:
  - {match: "**", init: {normal: sigma}}
"""


def run(*words: str) -> Result:
    """Returns what the command answers."""
    return CliRunner().invoke(app, list(words), catch_exceptions=False)
