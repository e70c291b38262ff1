"""Writes docs/conformance.md: what the conformance test compares, and what differs by design, with the reason.

``python -m tools.conformance_page docs/conformance.md``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.conformance.cases import CASES, DIFFERENCES, Case, Difference

_HEAD: Final = """\
# Beside the peers' initializers

`make conformance` runs torch's, JAX's, Keras's and MindSpore's initializers beside ours, in an environment of its own:
{count} calls, each with the arguments below. Constants, identities and Dirac kernels are equal element by element;
orthogonal matrices have the same singular values, sparse ones as many zeros in every column; draws pass a two-sample
Kolmogorov-Smirnov test at one in a million and agree in mean, spread and ends within five standard errors. Fans and
gains are equal exactly. This page is made of the cases by `python -m tools.conformance_page docs/conformance.md`; a
test holds it current.

Fans: torch, MindSpore and ours read a weight as (outputs, inputs, kernel ...); JAX and Keras as (kernel ..., inputs,
outputs). The same layer has the same fans; where a weight lies the other way round, a rule says
`fans: {{in_axes: [-2], out_axes: [-1]}}`.
"""
_PEERS: Final = {
    "torch": "torch.nn.init",
    "jax": "jax.nn.initializers",
    "keras": "keras.initializers",
    "mindspore": "mindspore.common.initializer",
}


def text() -> str:
    """Returns the page."""
    lines = [_HEAD.format(count=len(CASES)), "## What differs by design", ""]
    lines += ["| theirs | ours | they | we | why |", "| --- | --- | --- | --- | --- |"]
    lines += [_difference(difference) for difference in DIFFERENCES if _differs(difference)]
    lines += ["", "On these both do the same:", "", "| theirs | ours | both | why |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {_theirs(one.case)} | {_ours(one.case)} | {one.ours} | {one.reason} |"
        for one in DIFFERENCES
        if not _differs(one)
    ]
    for peer, module in _PEERS.items():
        lines += ["", f"## {module}", "", "| theirs | ours | shape | type |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {_theirs(case)} | {_ours(case)} | {list(case.shape)} | {case.dtype} |"
            for case in CASES
            if case.peer == peer
        ]
    return "\n".join(lines) + "\n"


def _differs(difference: Difference) -> bool:
    return difference.theirs != difference.ours


def _difference(one: Difference) -> str:
    unit = {"greatest": " sigmas at most", "std": " standard deviation", "distinct": " values", "none": ""}[one.measure]
    they, we = (said if isinstance(said, str) else f"{said:.4g}{unit}" for said in (one.theirs, one.ours))
    return f"| {_theirs(one.case)} {list(one.case.shape)} | {_ours(one.case)} | {they} | {we} | {one.reason} |"


def _theirs(case: Case) -> str:
    given = ", ".join(f"{name}={_number(value)}" for name, value in case.arguments.items())
    return f"`{case.peer} {case.name}({given})`"


def _ours(case: Case) -> str:
    given = ", ".join(f"{name}: {_number(value)}" for name, value in case.config.items())
    return f"`{case.ours}: {{{given}}}`" if given else f"`{case.ours}`"


def _number(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
