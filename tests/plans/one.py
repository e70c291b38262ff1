"""A network of one parameter of any type and shape, and a recipe for it."""

from __future__ import annotations

import mindspore
import numpy as np
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from tests.recipes import recipe

SENTINEL = {"bool": True, "complex64": 1 + 2j}


class One(nn.Cell):
    """One parameter ``w``, and one beside it that would be written first."""

    def __init__(self, dtype: str, shape: tuple[int, ...] = (4, 6)) -> None:
        super().__init__()
        kind = getattr(mindspore, "bool_" if dtype == "bool" else dtype)
        self.first = Parameter(Tensor(np.full((3,), 7.0, np.float32)), name="first")
        values = np.full(shape, SENTINEL.get(dtype, 1), np.complex64 if dtype.startswith("complex") else np.float32)
        self.w = Parameter(Tensor(values).astype(kind), name="w")


def rules(w: str) -> mik.Recipe:
    return recipe(f"{{match: first, init: zeros}}\n{{match: {{name: w, trainable: any}}, {w}}}")
