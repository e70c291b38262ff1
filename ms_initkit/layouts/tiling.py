"""Whether the slices that ranks hold make up a tensor: every element held as often as it is declared to be."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import TypeAlias

import numpy as np

Claim: TypeAlias = tuple[int, int, int]  # start, stop, and how many ranks are declared to hold it
Claims: TypeAlias = tuple[tuple[Claim, ...], ...]  # those of one rank along every axis


def misfit(shape: tuple[int, ...], held: Iterable[Claims]) -> str | None:
    """Returns what is wrong with what is ``held``, the claims of each rank that holds a part; None if nothing is.

    The tensor is looked at in cells between the edges of pieces, so the work does not depend on its size.
    """
    ranks = list(held)
    edges = []
    for axis, extent in enumerate(shape):
        cuts = {edge for claims in ranks for start, stop, _ in claims[axis] for edge in (start, stop)}
        edges.append(np.array(sorted({0, extent, *cuts}), np.int64))
        if edges[-1][0] < 0 or edges[-1][-1] > extent:
            return f"a slice from {edges[-1][0]} to {edges[-1][-1]} lies outside of axis {axis} of length {extent}"
    count = np.zeros(tuple(len(edge) - 1 for edge in edges), np.int64)
    declared = np.zeros_like(count)
    for claims in ranks:
        for one in product(*claims):
            cells = tuple(
                slice(*np.searchsorted(edge, (start, stop))) for edge, (start, stop, _) in zip(edges, one, strict=True)
            )
            count[cells] += 1
            declared[cells] = np.maximum(declared[cells], prod(copies for _, _, copies in one))
    return _verdict(edges, count, declared)


def _verdict(
    edges: list[np.ndarray[tuple[int], np.dtype[np.int64]]],
    count: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    declared: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> str | None:
    wrong = np.argwhere((count == 0) | (count != declared))
    if not wrong.size:
        return None
    cell = tuple(wrong[0])
    element = [int(edge[at]) for edge, at in zip(edges, cell, strict=True)]
    if count[cell] == 0:
        return f"no rank holds the element {element}"
    return f"{count[cell]} ranks hold the element {element}, and {declared[cell]} should"
