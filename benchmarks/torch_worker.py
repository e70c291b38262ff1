"""torch's way of each case."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from cases import LARGE, LAYERS, SMALL_COUNT, SQUARE, STD, VOCABULARY, WIDTH
from serving import serve
from torch import nn


class Block(nn.Module):
    """A transformer layer's parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc, self.out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)


class Gpt(nn.Module):
    """GPT-2 medium's parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(1024, WIDTH)
        self.h = nn.ModuleList([Block() for _ in range(LAYERS)])
        self.ln_f = nn.LayerNorm(WIDTH)


def initialise(net: nn.Module) -> None:
    """Initialises as GPT-2 does, by the usual loop."""
    for module in net.modules():
        match module:
            case nn.Linear():
                nn.init.normal_(module.weight, 0, STD)
                nn.init.zeros_(module.bias)
            case nn.Embedding():
                nn.init.normal_(module.weight, 0, STD)
            case nn.LayerNorm():
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)


def deferred() -> None:
    """Constructs without storage, gives storage, initialises."""
    with torch.device("meta"):
        net = Gpt()
    initialise(net.to_empty(device="cpu"))


def prepare(name: str) -> Callable[[], object]:
    """Returns the work called ``name``."""
    kind, _, size = name.partition(":")
    match kind:
        case "reinitialise":
            net = Gpt()
            return lambda: initialise(net)
        case "deferred":
            return deferred
        case "small":
            layers = nn.ModuleList([nn.Linear(8, 8, bias=False) for _ in range(SMALL_COUNT)])
            return lambda: [nn.init.normal_(parameter, 0, STD) for parameter in layers.parameters()]
        case "orthogonal":
            square = torch.empty(SQUARE, SQUARE)
            return lambda: nn.init.orthogonal_(square)
    if kind == "nothing":
        raise KeyError(name)
    x = torch.zeros(int(size or LARGE), dtype=torch.bfloat16 if kind == "bfloat16" else torch.float32)
    match kind:
        case "normal" | "bfloat16":
            return lambda: nn.init.normal_(x, 0, STD)
        case "truncated":
            return lambda: nn.init.trunc_normal_(x, 0, STD, -2 * STD, 2 * STD)
        case "narrow":
            return lambda: nn.init.trunc_normal_(x, 0, 1, -0.05, 0.05)
        case "uniform":
            return lambda: nn.init.uniform_(x, -STD, STD)
        case "constant":
            return lambda: nn.init.constant_(x, STD)
    raise KeyError(name)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]))
    serve(prepare)
