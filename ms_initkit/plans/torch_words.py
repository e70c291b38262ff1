"""What MindSpore calls the classes and parameters that torch calls otherwise."""

from __future__ import annotations

from typing import Final

CLASSES: Final = {
    "Linear": "Dense",
    "Bilinear": "BiDense",
    "ConvTranspose1d": "Conv1dTranspose",
    "ConvTranspose2d": "Conv2dTranspose",
    "ConvTranspose3d": "Conv3dTranspose",
    "Sequential": "SequentialCell",
    "ModuleList": "CellList",
}
LEAVES: Final = {
    "weight": ("gamma", "embedding_table"),
    "bias": ("beta",),
    "running_mean": ("moving_mean",),
    "running_var": ("moving_variance",),
}
