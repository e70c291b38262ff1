from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_training_starts_from_the_recipe_and_the_loss_falls() -> None:
    run = subprocess.run([sys.executable, EXAMPLES / "train.py"], capture_output=True, text=True, check=True)

    losses = [float(text) for text in re.findall(r"loss (\S+)", run.stdout)]
    assert "4 tensors, 1,348 elements; 0 kept" in run.stdout
    assert losses[-1] < 0.5 * losses[0]
