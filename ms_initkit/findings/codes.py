"""Every code that a finding may have: the rows of ``codes.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

import yaml

from ms_initkit.basis.records import record
from ms_initkit.findings.finding import Severity
from ms_initkit.findings.words import suggestion

TABLE: Final = Path(__file__).with_name("codes.yaml")

Stage: TypeAlias = Literal["recipe", "plan", "layout", "apply", "verify", "materialize"]


@record
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


# The stages in the order of a recipe's journey, as the end of "it is found ...".
STAGES: Final[Mapping[Stage, str]] = {
    "recipe": "when a recipe is read",
    "plan": "when a plan is made",
    "layout": "when a layout is read, and when ranks are held against it",
    "apply": "when a plan is applied",
    "verify": "when values are verified",
    "materialize": "when a model is materialized",
}


@cache
def codes() -> Mapping[str, Code]:
    """Returns every code with what it says, in alphabetical order."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {name: Code(**{**row, "severities": tuple(row["severities"])}) for name, row in rows.items()}


def code_of(name: str) -> Code:
    """Returns what a finding of the code ``name`` says.

    Raises:
        KeyError: If no finding has that code.
    """
    code = codes().get(name)
    if code is None:
        question = suggestion(name, codes())
        hint = "; a parameter is explained with --net and --recipe"
        raise KeyError(f"no finding has the code {name!r}" + (f": {question}" if question else hint))
    return code


def explanation(name: str) -> str:
    """Returns, as text, what a finding of the code ``name`` says.

    Raises:
        KeyError: If no finding has that code.
    """
    code = code_of(name)
    found = f"{STAGES[code.stage]}; {' or '.join(code.severities)}"
    notes = (("found", found), ("why", code.why), ("instead", code.instead))
    return "\n".join([f"{name}: {code.what}", *(f" = {word}: {text}" for word, text in notes)])
