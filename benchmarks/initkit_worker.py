"""This project's way of each case: `apply` of a plan."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import mindspore
from cases import LARGE, SQUARE, STD
from networks import Gpt, One, Small
from serving import serve

import ms_initkit as mik
from ms_initkit import stream

_INITS: Final = {
    "orthogonal": "orthogonal",
    "normal": f"{{normal: {STD}}}",
    "bfloat16": f"{{normal: {STD}}}",
    "truncated": f"{{trunc_normal: {{std: {STD}, a: {-2 * STD}, b: {2 * STD}}}}}",
    "narrow": "{trunc_normal: {std: 1, a: -0.05, b: 0.05}}",
    "uniform": f"{{uniform: {STD}}}",
    "constant": str(STD),
    "mixture": (
        "{mixture: [[1/4, {uniform: {low: 5, high: 10}}], [1/2, zeros], [1/4, {uniform: {low: -10, high: -5}}]]}"
    ),
}
_GPT: Final = f"""
  - {{match: ["**.weight", "**.embedding_table"], init: {{normal: {STD}}}}}
  - {{match: "**.gamma", init: ones}}
  - {{match: "**", init: zeros}}
"""


def recipe(rules: str) -> mik.Recipe:
    """Returns the recipe of ``rules``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(f"family: bench\nrules:\n{rules}\n", encoding="utf-8")
        return mik.load_recipe(str(path))


def prepare(name: str) -> Callable[[], object]:
    """Returns the work called ``name``."""
    kind, _, size = name.partition(":")
    if kind == "nothing":
        raise KeyError(name)
    if kind == "deferred":
        rules = recipe(_GPT)

        def deferred() -> None:
            with mik.deferred():
                net = Gpt()
            mik.apply(net, rules, seed=1)

        return deferred
    if kind in ("reinitialise", "small"):
        net = Gpt() if kind == "reinitialise" else Small()
        rules = recipe(_GPT if kind == "reinitialise" else f'  - {{match: "**", init: {{normal: {STD}}}}}')
    else:
        shape = (SQUARE, SQUARE) if kind == "orthogonal" else (int(size or LARGE),)
        net = One(shape, mindspore.bfloat16 if kind == "bfloat16" else mindspore.float32)
        rules = recipe(f"  - {{match: weight, init: {_INITS[kind]}}}")
    plan = mik.plan(net, rules)
    return lambda: mik.apply(net, plan, seed=1)


if __name__ == "__main__":
    stream.set_threads(int(sys.argv[1]))
    serve(prepare)
