"""The lines of ``classes.yaml``: what a class needs beyond what its signature tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ANOTHER_SIZE: Final = "another size of a family that is compared"
PATH: Final = Path(__file__).parent / "classes.yaml"


@dataclass(frozen=True)
class Choice:
    """One class's line.

    Args:
        arguments: Laid over what the signature gives.
        sizes: Sizes that a signature is given, by their names.
        reference: The reference's name, ``package:name`` where the package is not told by the side.
        names: Regular expressions with replacements that turn names into the reference's.
        skip: Why it is left out; empty where it is not.
        is_deferrable: Whether it survives being constructed without values, to be counted.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    reference: str = ""
    names: dict[str, str] = field(default_factory=dict)
    skip: str = ""
    is_deferrable: bool = True


def choices(package: str, name: str, configuration: str = "") -> Choice:
    """Returns the line of a class, or that of its configuration's class; empty where it needs none."""
    section = document().get(package) or {}
    lines = section.get("classes") or {}
    line = lines.get(name) or lines.get(configuration) or {}
    line = {"reference": line} if isinstance(line, str) else line
    return Choice(**{"sizes": section.get("sizes") or {}, **line})


def why_without(package: str, name: str) -> str:
    """Returns why no reference is known for a class of which none is."""
    reasons = (document().get(package) or {}).get("without") or {}
    return next((why for glob, why in reasons.items() if fnmatchcase(name, glob)), ANOTHER_SIZE)


def why_not_whole(package: str, name: str) -> str:
    """Returns why a class's recipe is not as the reference, with the reference's line; empty where nobody said."""
    return str(explained(package).get(name, ""))


def explained(package: str) -> dict[str, str]:
    """Returns the classes of a package whose recipe is not as the reference, each with the reason."""
    reasons: dict[str, str] = (document().get(package) or {}).get("why") or {}
    return reasons


@cache
def document() -> dict[str, Any]:
    """Returns ``classes.yaml``."""
    return yaml.safe_load(PATH.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
