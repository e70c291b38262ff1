"""Small networks with names chosen for the edges of what rules can select."""

from __future__ import annotations

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, nn


class Mlp(nn.Cell):
    """Two layers, as in the tutorials."""

    def __init__(self, sizes: tuple[int, int, int] = (20, 256, 10)) -> None:
        super().__init__()
        self.hidden = nn.Dense(sizes[0], sizes[1], activation="relu")
        self.output = nn.Dense(sizes[1], sizes[2])

    def construct(self, x: Tensor) -> Tensor:
        return self.output(self.hidden(x))


class Tied(nn.Cell):
    """An embedding whose table is also the weight of the output layer."""

    def __init__(self, words: int = 50, width: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.head = nn.Dense(width, words, has_bias=False)
        self.head.weight = self.embedding.embedding_table


class Stack(nn.Cell):
    """Numbered blocks with a norm, and a buffer that passes for a parameter."""

    def __init__(self, depth: int = 3, width: int = 8) -> None:
        super().__init__()
        self.blocks = nn.CellList([_Block(width) for _ in range(depth)])
        self.norm = nn.BatchNorm1d(width)
        self.steps = Parameter(Tensor(np.zeros(1, np.int32)), requires_grad=False)


class _Block(nn.Cell):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc = nn.Dense(width, 3 * width)
        self.proj = nn.Dense(3 * width, width)


class Mixed(nn.Cell):
    """One parameter of each element type."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        types = (mindspore.float16, mindspore.bfloat16, mindspore.float32, mindspore.float64)
        for kind in types:
            name = str(kind).lower()
            setattr(self, name, Parameter(Tensor(np.zeros((width, width), np.float32)).astype(kind), name=name))
