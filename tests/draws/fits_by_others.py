"""Writes fits_by_others.json: what torch and timm make of small tensors. Run where they are installed.

python tests/draws/fits_by_others.py > tests/draws/fits_by_others.json
"""

from __future__ import annotations

import json
import sys

import torch
from timm.models import adapt_input_conv
from torch.nn import functional

GRIDS = [((3, 3), (5, 5)), ((4, 3), (2, 7)), ((7, 7), (3, 4)), ((5, 5), (5, 8)), ((2, 2), (1, 1))]
CHANNELS = [1, 2, 4, 7]


def plain(*shape: int) -> torch.Tensor:
    """The tensor that the tests make, too: quarters in no order; double, so that rounding hides nothing."""
    size = torch.Size(shape).numel()
    return (((torch.arange(size) * 37) % 101) / 4.0 - 12.0).reshape(shape).double()


def resized(old: tuple[int, int], new: tuple[int, int], *, antialias: bool) -> list[list[float]]:
    grid = plain(1, *old, 2).permute(0, 3, 1, 2)
    out = functional.interpolate(grid, size=new, mode="bicubic", align_corners=False, antialias=antialias)
    values: list[list[float]] = out.permute(0, 2, 3, 1).reshape(-1, 2).tolist()
    return values


grids = [
    {"old": old, "new": new, "antialias": antialias, "values": resized(old, new, antialias=antialias)}
    for old, new in GRIDS
    for antialias in (False, True)
]
channels = [{"count": count, "values": adapt_input_conv(count, plain(2, 3, 2, 1)).tolist()} for count in CHANNELS]
versions = f"torch {torch.__version__}"
json.dump({"made_with": versions, "grids": grids, "channels": channels}, sys.stdout, indent=None)
