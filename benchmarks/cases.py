"""What is measured, by name: the same work in each of the three peers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

QUICK: Final = os.environ.get("BENCH") == "quick"
LARGE: Final = 1 << (20 if QUICK else 26)
SMALL_COUNT: Final = 2_000 if QUICK else 20_000
LAYERS: Final = 2 if QUICK else 24
WIDTH: Final = 128 if QUICK else 1024
VOCABULARY: Final = 1_000 if QUICK else 50_257
SQUARE: Final = 256 if QUICK else 2048
STD: Final = 0.02


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    Args:
        name: What the workers call it.
        title: What the table calls it.
        beside_torch: How many times as fast as torch it must be; None where the issue asks for nothing.
        beside_mindspore: The same beside MindSpore's own way.
        runs: Timed runs of each peer.
        repeats: How often the work is done in each run, of which the mean counts.
    """

    name: str
    title: str
    beside_torch: float | None = None
    beside_mindspore: float | None = None
    runs: int = 5
    repeats: int = 1


# Sizes below the large one, and how often each is drawn in a run.
SIZES: Final = {64: 200, 4096: 200, 1 << 18: 20}
DISTRIBUTIONS: Final = ("normal", "truncated", "uniform", "constant", "bfloat16")
CASES: Final = (
    Case(f"normal:{LARGE}", f"normal, {LARGE >> 20} Mi float32, storage present", 3, 25),
    Case(f"truncated:{LARGE}", "truncated normal at 2 sigma", 5, 50),
    Case(f"uniform:{LARGE}", "uniform", 5, 8),
    Case(f"bfloat16:{LARGE}", "bfloat16 normal", 4, 20),
    Case(f"constant:{LARGE}", "constant"),
    Case(f"narrow:{LARGE}", "truncated normal at a twentieth of a sigma", runs=3),
    Case(f"mixture:{LARGE}", "mixture of two uniforms and zero", runs=3),
    *(
        Case(f"{name}:{size}", f"{name}, one parameter of {size:,}", repeats=repeats)
        for name in DISTRIBUTIONS
        for size, repeats in SIZES.items()
    ),
    Case("orthogonal", f"orthogonal {SQUARE} x {SQUARE}", 1, 1, 3),
    Case("reinitialise", f"re-initialise a GPT ({LAYERS} layers, d {WIDTH}, {VOCABULARY:,} tokens)", 2.5, 20, 3),
    Case("deferred", "construct deferred and initialise the same network", 1, 5, 3),
    Case("small", f"{SMALL_COUNT:,} parameters of 8 x 8", 1, 4, 11),
)
