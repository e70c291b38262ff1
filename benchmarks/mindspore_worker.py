"""MindSpore's own way of each case: `set_data(initializer(...))` over the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import mindspore
from cases import LARGE, SQUARE, STD
from mindspore import nn
from mindspore.common.initializer import Constant, Normal, Orthogonal, TruncatedNormal, Uniform, initializer
from networks import Gpt, One, Small
from serving import serve

if TYPE_CHECKING:
    from mindspore.common.initializer import Initializer


def initialise(net: nn.Cell) -> None:
    """Initialises as GPT-2 does, by the usual loop."""
    for name, parameter in net.parameters_and_names():
        match name.rpartition(".")[2]:
            case "weight" | "embedding_table":
                chosen: Initializer | str = Normal(STD)
            case "gamma":
                chosen = "ones"
            case _:
                chosen = "zeros"
        parameter.set_data(initializer(chosen, parameter.shape, parameter.dtype))


def construct_and_initialise() -> None:
    """Constructs, which draws every value once, and draws every value again."""
    initialise(Gpt())


def prepare(name: str) -> Callable[[], object]:
    """Returns the work called ``name``."""
    kind, _, size = name.partition(":")
    if kind in ("mixture", "nothing"):
        raise KeyError(name)
    if kind == "deferred":
        return construct_and_initialise
    if kind in ("reinitialise", "small"):
        net = Gpt() if kind == "reinitialise" else Small()
        return lambda: initialise(net)
    chosen = {
        "orthogonal": Orthogonal(),
        "normal": Normal(STD),
        "bfloat16": Normal(STD),
        "truncated": TruncatedNormal(STD, 0, -2 * STD, 2 * STD),
        "narrow": TruncatedNormal(1, 0, -0.05, 0.05),
        "uniform": Uniform(STD),
        "constant": Constant(STD),
    }[kind]
    shape = (SQUARE, SQUARE) if kind == "orthogonal" else (int(size or LARGE),)
    weight = One(shape, mindspore.bfloat16 if kind == "bfloat16" else mindspore.float32).weight
    return lambda: weight.set_data(initializer(chosen, weight.shape, weight.dtype))


if __name__ == "__main__":
    serve(prepare)
