"""Biases that their layer adds up: what both of them say counts twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ms_initkit.findings import Finding
from ms_initkit.plans.lines import Assignment

# Initializers of a whole recurrent layer's bias, by the names under which a plan has them.
_WHOLE_BIASES: Final = ("lstm_forget_bias", "chrono")


def summed_biases(lines: Sequence[Assignment]) -> list[Finding]:
    """Returns a note on recurrent layers of whose two biases, which are added, each is to be the whole."""
    whole = {line.name: line for line in lines if line.initializer.startswith(_WHOLE_BIASES) and line.moments.std}
    twice = [name for name in whole if "bias_ih" in name and name.replace("bias_ih", "bias_hh") in whole]
    if not twice:
        return []
    first = whole[twice[0]]
    other = twice[0].replace("bias_ih", "bias_hh")
    more = f" and {len(twice) - 1} more pairs" if len(twice) > 1 else ""
    return [
        Finding.note(
            "summed-biases",
            f"{first.name!r} and {other!r}{more} are added by their layer, and each has {first.initializer}",
            "a forget gate then starts at twice what is said",
            help="give the second one zeros by a rule before: {match: '**.bias_hh*', init: zeros}",
            rule=first.rule,
            parameter=first.name,
        )
    ]
