"""From a local name to the global one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ms_initkit.layouts.cuts import whole_number
from ms_initkit.layouts.rules import Indices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ms_initkit.language.recipe import Selector
    from ms_initkit.layouts.rules import Naming
    from ms_initkit.syntax.grammar import Value


def renamed(name: str, match: Selector, naming: Naming, environment: Mapping[str, Value]) -> str:
    """Returns the global form of ``name``, which ``match`` selects.

    Raises:
        ValueError: If an index is not captured, or is none.
    """
    if not isinstance(naming, Indices):
        return "".join(
            part if isinstance(part, str) else str(_index(part.evaluate(environment), part.text))
            for part in naming.parts
        )
    spans = _spans(match, name)
    wanted = {capture: _index(value.evaluate(environment), capture) for capture, value in naming.values}
    for capture in wanted:
        if capture not in spans:
            raise ValueError(f"{{{capture}}} is captured nowhere in {name!r}")
    renamed = name
    for capture, (start, stop) in sorted(spans.items(), key=lambda item: -item[1][0]):
        if capture in wanted:
            renamed = f"{renamed[:start]}{wanted[capture]}{renamed[stop:]}"
    return renamed


def _spans(match: Selector, name: str) -> dict[str, tuple[int, int]]:
    for glob in match.names or ():
        if glob.match(name) is not None:
            return glob.spans(name)
    found = None if match.regex is None else re.fullmatch(match.regex, name)
    return {} if found is None else {group: found.span(group) for group in found.groupdict()}


def _index(value: float, what: str) -> int:
    index = whole_number(value, what)
    if index < 0:
        raise ValueError(f"the index {what} would be {index}")
    return index
