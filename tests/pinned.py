"""The draws whose bits are pinned in ``tests/golden``: every elementwise law, and every way to compose them."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ms_initkit import stream
from ms_initkit.draws import (
    AddDraw,
    Blocks,
    Draw,
    Edited,
    InRows,
    Made,
    Masked,
    Mixture,
    Normal,
    Repeated,
    SetBox,
    SetElement,
    SetRows,
    Step,
    Table,
    TruncatedNormal,
    Uniform,
)
from ms_initkit.draws.functions import AbsMean, Norm, Normalize

GOLDEN = Path(__file__).parent / "golden" / "stream_v1.json"
KEY = stream.key(42, "layer1.0.conv1.weight")
SHAPE = (40, 258)

PINNED: dict[str, Draw] = {
    "uniform": Uniform(-0.25, 0.75),
    "normal": Normal(0.5, 0.02),
    "truncated": TruncatedNormal(0.0, 0.02, -0.04, 0.04),
    "truncated, asymmetric": TruncatedNormal(0.1, 1.0, -0.5, 3.0),
    "truncated, far out": TruncatedNormal(0.0, 1.0, 5.0, 6.0),
    "truncated, half-open": TruncatedNormal(0.0, 1.0, -math.inf, -8.0),
    "mixture": Mixture((0.25, 0.75), (Normal(-1.0, 0.1), Uniform(0.0, 1.0))),
    "blocks": Blocks(0, (10, 30), (Normal(0.0, 1.0), Repeated(1, 2, Uniform(0.0, 1.0)))),
    "edited": Edited(
        Uniform(0.001, 0.1), (Step("inverse_softplus"), Step("add", 1.0), SetElement((1, 2), 42.0), SetRows((3,), 0.0))
    ),
    "added": Edited(Normal(0.0, 1.0), (AddDraw(Uniform(-0.5, 0.5), "then[0]"), Step("abs"))),
    "masked": Edited(
        TruncatedNormal(0.0, 1.0, -2.0, 2.0),
        (Masked(Table("triangle", (("side", "lower"), ("diagonal", 3)))), SetBox((((2, 5), (7, 8)), ((0, 100),)), 2.5)),
    ),
    "rows": InRows(((0, 3), (30, 40)), Normal(0.0, 1.0), Uniform(0.0, 1.0)),
    "norms": Made(Normal(0.0, 1.0), (40, 258, 7), Norm((2,))),
    "means of magnitudes": Made(Edited(Uniform(-1.0, 3.0), (Step("exp"),)), (5, 40, 3, 258), AbsMean((0, 2))),
    "rows of unit norm": Made(Normal(0.0, 1.0), SHAPE, Normalize((1,), 1.0)),
    "columns of a norm": Edited(Made(Uniform(-1.0, 1.0), SHAPE, Normalize((0,), 3.0)), (Step("add", 0.5),)),
    "all of a norm": Made(Made(Normal(0.0, 1.0), SHAPE, Normalize((1,), 1.0)), SHAPE, Normalize((0, 1), 40.0)),
    "logarithm": Edited(Uniform(1.0, 16.0), (Step("log"), Step("exp"), Step("multiply", 0.5), Step("at_least", 0.6))),
}


def digest(values: NDArray[np.generic]) -> str:
    """SHA-256 of the float32 values, least significant byte first."""
    return hashlib.sha256(np.ascontiguousarray(values).astype("<f4", copy=False).tobytes()).hexdigest()
