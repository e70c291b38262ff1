"""Draws of which every element is drawn by itself, and a key to draw them with."""

from __future__ import annotations

from typing import Final

from ms_initkit import stream
from ms_initkit.draws import Constant, Draw, Normal, TruncatedNormal, Uniform

KEY: Final = stream.key(3, "a.weight")
PLAIN: Final[list[Draw]] = [
    Constant(0.3),
    Uniform(-1.0, 2.0),
    Normal(0.1, 0.02),
    TruncatedNormal(0.0, 1.0, -2.0, 2.0),
    TruncatedNormal(0.0, 1.0, 5.0, 6.0),
    TruncatedNormal(0.0, 1.0, -41.0, -36.0),
    TruncatedNormal(1.0, 2.0, 1.0, 1.1),
]
