"""Every code that a finding may have: the rows of ``codes.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ms_initkit.findings.finding import Severity

TABLE: Final = Path(__file__).with_name("codes.yaml")

Stage: TypeAlias = Literal["recipe", "plan", "layout", "apply", "verify", "materialize"]


@dataclass(frozen=True, slots=True)
class Code:
    """What a finding of one code says, whatever the recipe and the network.

    Args:
        stage: When it is found first.
        severities: Those that it may have, the usual one first.
        what: What is wrong, in a sentence.
        why: Why it matters.
        instead: What to do.
    """

    stage: Stage
    severities: tuple[Severity, ...]
    what: str
    why: str
    instead: str


@cache
def codes() -> Mapping[str, Code]:
    """Returns every code with what it says, in alphabetical order."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {name: Code(**{**row, "severities": tuple(row["severities"])}) for name, row in rows.items()}
