"""What happens where the kernels were not compiled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ms_initkit import stream
from ms_initkit.draws import Normal

ROOT = Path(__file__).parents[2]


WITHOUT = """
import sys, warnings
sys.modules["ms_initkit.stream.kernels"] = None  # an import of it fails
from ms_initkit import stream
from ms_initkit.draws import Normal
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    sums = [float(stream.sample(Normal(0.0, 1.0), (999,), 1).sum()) for _ in range(2)]
print([w.category.__name__ for w in caught], sums[0] == sums[1], sums[0].hex())
print(caught[0].message)
"""


def test_without_the_kernels_numpy_draws_the_same_and_says_so_once() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True)

    expected = float(stream.sample(Normal(0.0, 1.0), (999,), 1).sum())
    said, message = run.stdout.splitlines()
    assert said == f"['SlowDrawsWarning'] True {expected.hex()}"
    assert "times more slowly" in message
    assert "install a C compiler" in message
