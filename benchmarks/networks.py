"""The networks that are initialised, in MindSpore."""

from __future__ import annotations

import mindspore
import numpy as np
from cases import LAYERS, SMALL_COUNT, VOCABULARY, WIDTH
from mindspore import Parameter, Tensor, nn


class Block(nn.Cell):
    """A transformer layer's parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm((WIDTH,)), nn.LayerNorm((WIDTH,))
        self.qkv, self.proj = nn.Dense(WIDTH, 3 * WIDTH), nn.Dense(WIDTH, WIDTH)
        self.fc, self.out = nn.Dense(WIDTH, 4 * WIDTH), nn.Dense(4 * WIDTH, WIDTH)


class Gpt(nn.Cell):
    """GPT-2 medium's parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(1024, WIDTH)
        self.h = nn.CellList([Block() for _ in range(LAYERS)])
        self.ln_f = nn.LayerNorm((WIDTH,))


class Small(nn.Cell):
    """Many parameters of 64 elements."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.CellList([nn.Dense(8, 8, has_bias=False) for _ in range(SMALL_COUNT)])


class One(nn.Cell):
    """One parameter with storage."""

    def __init__(self, shape: tuple[int, ...], dtype: mindspore.Type = mindspore.float32) -> None:
        super().__init__()
        self.weight = Parameter(Tensor(np.zeros(shape, np.float32)).astype(dtype), name="weight")
