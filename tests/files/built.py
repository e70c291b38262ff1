"""Checkpoints, made by MindSpore's own messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mindspore.train import checkpoint_pb2

FLOAT = np.zeros(4, np.float32).tobytes()


def built(path: Path, *values: tuple[str, list[int], str, bytes]) -> str:
    """Writes a checkpoint of tensors, each with its name, shape, type and bytes, and returns its path."""
    checkpoint = checkpoint_pb2.Checkpoint()
    for tag, dims, kind, content in values:
        value = checkpoint.value.add()
        value.tag = tag
        value.tensor.dims.extend(dims)
        value.tensor.tensor_type = kind
        value.tensor.tensor_content = content
    path.write_bytes(checkpoint.SerializeToString())
    return str(path)
