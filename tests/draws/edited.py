"""Draws with edits, that several tests ask about."""

from __future__ import annotations

import math
from typing import Final

from ms_initkit import draws

NOISE: Final = draws.AddDraw(draws.Normal(0.0, 0.5), "then[0]")
NOISY: Final = draws.Edited(draws.Uniform(-1.0, 1.0), (NOISE,))
SHAPE: Final = (400, 500)
LOWER: Final = draws.Masked(draws.Table("triangle", (("side", "lower"), ("diagonal", 0))))
BOX: Final = draws.SetBox((((2, 4), (300, 301)), ((0, 500),)), -math.inf)
