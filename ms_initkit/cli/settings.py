"""``NAME=VALUE`` as the command line gives variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ms_initkit.syntax.numerals import read_number

if TYPE_CHECKING:
    from ms_initkit.plans.variables import VariableValue


def parse_setting(text: str) -> tuple[str, VariableValue]:
    """Returns the name and the value: a number, true or false, or text.

    Raises:
        ValueError: If ``text`` has no name or no value.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier() or not value:
        raise ValueError(f"{text!r} is not NAME=VALUE, such as n_layers=24")
    if value in ("true", "false"):
        return name, value == "true"
    number = read_number(value)
    return name, value if number is None else number
