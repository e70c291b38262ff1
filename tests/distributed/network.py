"""A network with one parameter for each way of cutting, and how each number of ranks cuts it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mindspore import Parameter, nn
from mindspore.common.initializer import initializer

RECIPE = Path(__file__).with_name("recipe.yaml")
SEED = 42


class Sharded(nn.Cell):
    """Column and row parallel layers, a table cut along both axes and one that only the optimizer shards."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Parameter(initializer("normal", (64, 48)), name="table")
        self.rotation = Parameter(initializer("normal", (32, 32)), name="rotation")
        self.column = nn.Dense(32, 96)
        self.row = nn.Dense(96, 32)


class Cut(NamedTuple):
    """A device mesh, which of its axes (counted from the last) cuts each axis of a tensor, and into how many shards."""

    mesh: tuple[int, ...]
    tensor_map: tuple[int, ...]
    shards: int = 1


CUTS: dict[int, dict[str, Cut]] = {
    1: {
        "table": Cut((1,), (0, -1)),
        "rotation": Cut((1,), (-1, -1)),
        "column.weight": Cut((1,), (0, -1)),
        "column.bias": Cut((1,), (0,)),
        "row.weight": Cut((1,), (-1, 0)),
        "row.bias": Cut((1,), (-1,)),
    },
    2: {
        "table": Cut((2,), (-1, -1), shards=2),
        "rotation": Cut((2,), (0, -1)),
        "column.weight": Cut((2,), (0, -1)),
        "column.bias": Cut((2,), (0,)),
        "row.weight": Cut((2,), (-1, 0)),
        "row.bias": Cut((2,), (-1,)),
    },
    4: {
        "table": Cut((2, 2), (1, 0)),
        "rotation": Cut((2, 2), (0, 1)),
        "column.weight": Cut((2, 2), (0, -1), shards=2),
        "column.bias": Cut((2, 2), (0,)),
        "row.weight": Cut((2, 2), (-1, 0), shards=2),
        "row.bias": Cut((4,), (-1,), shards=4),
    },
}
