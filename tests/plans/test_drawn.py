"""Draws of parts and blocks, each with its own fans."""

from __future__ import annotations

import math

import pytest

from ms_initkit.plans.bind import bind
from tests.recipes import info, recipe


def test_blocks_have_their_own_fans() -> None:
    fused = info("attn.qkv", (12, 4))

    whole = bind(recipe('{match: "**", init: xavier_uniform}'), [fused], strict=True)
    blocks = bind(recipe('{match: "**", init: xavier_uniform, blocks: {axis: 0, parts: 3}}'), [fused], strict=True)

    assert whole["attn.qkv"].moments.high == pytest.approx(math.sqrt(6 / 16))
    assert blocks["attn.qkv"].moments.high == pytest.approx(math.sqrt(6 / 8))
