"""Transformers for images that no MindSpore package in reach has, or not under their authors' names.

They hold what the reference's networks hold, in classes called as there; nothing here is run.
"""

from __future__ import annotations

import numpy as np
from mindcv.models.vit import VisionTransformer
from mindspore import Parameter, Tensor, nn


def _table(*shape: int, is_trainable: bool = True) -> Parameter:
    return Parameter(Tensor(np.zeros(shape, np.float32)), requires_grad=is_trainable)


class VisionTransformerDistilled(VisionTransformer):
    """DeiT-Tiny with a distillation token and a second head."""

    def __init__(self, embed_dim: int = 192, num_heads: int = 3, depth: int = 12, num_classes: int = 1000) -> None:
        super().__init__(embed_dim=embed_dim, num_heads=num_heads, depth=depth, num_classes=num_classes)
        self.dist_token = _table(1, 1, embed_dim)
        self.pos_embed = _table(1, 198, embed_dim)
        self.head_dist = nn.Dense(embed_dim, num_classes)


class PatchEmbed(nn.Cell):
    """Patches by a convolution."""

    def __init__(self, channels: int, hidden_size: int, patch_size: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, hidden_size, patch_size, stride=patch_size, has_bias=True)


class TimestepEmbedder(nn.Cell):
    """A perceptron over the sinusoids of the time."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.mlp = nn.SequentialCell(nn.Dense(256, hidden_size), nn.SiLU(), nn.Dense(hidden_size, hidden_size))


class LabelEmbedder(nn.Cell):
    """A row per class, and one for none."""

    def __init__(self, num_classes: int, hidden_size: int) -> None:
        super().__init__()
        self.embedding_table = nn.Embedding(num_classes + 1, hidden_size)


class Attention(nn.Cell):
    """Self-attention with queries, keys and values in one matrix."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.qkv = nn.Dense(hidden_size, 3 * hidden_size)
        self.proj = nn.Dense(hidden_size, hidden_size)


class Mlp(nn.Cell):
    """Two layers."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.fc1 = nn.Dense(hidden_size, 4 * hidden_size)
        self.fc2 = nn.Dense(4 * hidden_size, hidden_size)


def _modulation(hidden_size: int, parts: int) -> nn.SequentialCell:
    return nn.SequentialCell(nn.SiLU(), nn.Dense(hidden_size, parts * hidden_size))


class DiTBlock(nn.Cell):
    """A block whose norms have no parameters: the modulation has them."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.attn = Attention(hidden_size)
        self.mlp = Mlp(hidden_size)
        self.adaLN_modulation = _modulation(hidden_size, 6)


class FinalLayer(nn.Cell):
    """From tokens to patches."""

    def __init__(self, hidden_size: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Dense(hidden_size, outputs)
        self.adaLN_modulation = _modulation(hidden_size, 2)


class DiT(nn.Cell):
    """A Diffusion Transformer under its authors' names."""

    def __init__(self, hidden_size: int = 8, depth: int = 2, grid: int = 2, num_classes: int = 5) -> None:
        super().__init__()
        self.x_embedder = PatchEmbed(4, hidden_size, 2)
        self.t_embedder = TimestepEmbedder(hidden_size)
        self.y_embedder = LabelEmbedder(num_classes, hidden_size)
        self.pos_embed = _table(1, grid * grid, hidden_size, is_trainable=False)
        self.blocks = nn.CellList([DiTBlock(hidden_size) for _ in range(depth)])
        self.final_layer = FinalLayer(hidden_size, 32)
