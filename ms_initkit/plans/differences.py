"""What differs between two plans, parameter by parameter."""

from __future__ import annotations

from collections.abc import Sequence

from ms_initkit.basis.records import record
from ms_initkit.draws import Json, Normal, TruncatedNormal, Uniform, to_json
from ms_initkit.plans.lines import Assignment, line_to_json
from ms_initkit.plans.text import assignment_cells


@record
class Difference:
    """One parameter that two plans treat differently.

    Args:
        name: By which both know it.
        before: Its line in the first plan; None where it has none.
        after: Its line in the second.
    """

    name: str
    before: Assignment | None
    after: Assignment | None

    def __str__(self) -> str:
        """Returns it as a line with a mark, or as three of which the first has the name."""
        if self.before is None or self.after is None:
            mark = "+" if self.before is None else "-"
            return f"{mark} {self.name}  {_short(self.before or self.after)}"
        one, other = _short(self.before), _short(self.after)
        if one == other:
            one, other = f"{one}  {self.before.draw}", f"{other}  {self.after.draw}"
        return f"~ {self.name}\n    - {one}\n    + {other}"

    def to_json(self) -> dict[str, object]:
        """Returns it as JSON values."""
        lines = {"before": self.before, "after": self.after}
        change = "added" if self.before is None else "removed" if self.after is None else "changed"
        return {"parameter": self.name, "change": change} | {
            when: None if line is None else line_to_json(line) for when, line in lines.items()
        }


def differences(old: Sequence[Assignment], new: Sequence[Assignment]) -> tuple[Difference, ...]:
    """Returns what differs between the lines of two plans: what is gone, what is new, what has changed."""
    before, after = _by_name(old), _by_name(new)
    gone = [Difference(name, line, None) for name, line in before.items() if name not in after]
    added = [Difference(name, None, line) for name, line in after.items() if name not in before]
    common = ((name, line, after[name]) for name, line in before.items() if name in after)
    changed = [Difference(name, one, other) for name, one, other in common if _differ(one, other)]
    return (*gone, *added, *changed)


def _by_name(lines: Sequence[Assignment]) -> dict[str, Assignment]:
    return {line.name if line.like else line.stream: line for line in lines}


def _differ(one: Assignment, other: Assignment) -> bool:
    # What is shown leaves out which rows are zeroed, and digits: two draws are held against each other themselves.
    return _short(one) != _short(other) or (one.draw != other.draw and _numbers(one) != _numbers(other))


def _numbers(line: Assignment) -> Json:
    """Returns the draw as JSON values, of the digits that can make a difference: laws have those of float32."""
    is_law = isinstance(line.draw, Normal | TruncatedNormal | Uniform)
    values = to_json(line.draw)
    return values if line.dtype == "float64" and not is_law else _in_nine_digits(values)


def _in_nine_digits(values: Json) -> Json:
    match values:
        case float():
            return float(f"{values:.9g}")
        case list():
            return [_in_nine_digits(value) for value in values]
        case dict():
            return {key: _in_nine_digits(value) for key, value in values.items()}
        case _:
            return values


def _short(line: Assignment | None) -> str:
    """Returns all that a plan shows of a line but its name and its rule."""
    return "" if line is None else " ".join(cell for cell in assignment_cells(line)[1:-1] if cell)
