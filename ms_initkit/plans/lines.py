"""The lines of a plan: what a parameter will be, and what became of a rule."""

from __future__ import annotations

from math import prod

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Json, typed_json, windows
from ms_initkit.draws.draw import Draw
from ms_initkit.draws.moments import Moments
from ms_initkit.draws.windows import Window
from ms_initkit.files.regular import shown
from ms_initkit.formulas.fans import Fans


@record
class Assignment:
    """One line of a plan.

    Args:
        name: The parameter's walked name.
        aliases: The other names of a tied parameter.
        stream: The name that keys its random numbers: ``name`` less the prefixes that the recipe strips.
        shape: Global shape.
        dtype: Element type.
        rule: Id of the rule that won; empty where none selects it and it is kept.
        initializer: The initializer with its arguments, for reading.
        draw: What is drawn, every number resolved.
        fans: The fans that were used or could have been; None where it has none.
        moments: What the values will be distributed as.
        candidates: Ids of every rule that selects it, in order; the first is ``rule``.
        window: The part of the global tensor that the parameter is; None where it is the whole.
        like: The parameter whose values it takes, before its own steps: it shares that one's ``stream``.
    """

    name: str
    aliases: tuple[str, ...]
    stream: str
    shape: tuple[int, ...]
    dtype: str
    rule: str
    initializer: str
    draw: Draw
    fans: Fans | None
    moments: Moments
    candidates: tuple[str, ...]
    window: Window | None = None
    like: str = ""

    @property
    def local_shape(self) -> tuple[int, ...]:
        """Shape of the parameter itself."""
        return self.shape if self.window is None else windows.local_shape(self.window)

    @property
    def size(self) -> int:
        """Number of the parameter's own elements."""
        return prod(self.local_shape)

    @property
    def is_loaded(self) -> bool:
        """Whether its values come from a file, edited or not."""
        return bool(self.draw.loaded)

    @property
    def is_kept(self) -> bool:
        """Whether nothing will be written."""
        return isinstance(self.draw, draws.Keep)


@record
class RuleLine:
    """A rule as a plan remembers it: where it stands, what it selects, and how it was chosen."""

    id: str
    location: str
    selector: str
    is_active: bool = True


def line_to_json(line: Assignment) -> dict[str, object]:
    """Returns the line as JSON values."""
    return (
        {
            "name": line.name,
            "aliases": line.aliases,
            "stream": line.stream,
            "shape": line.shape,
            "dtype": line.dtype,
            "rule": line.rule,
            "initializer": line.initializer,
            "draw": draws.to_json(line.draw),
            "fans": typed_json.write(line.fans),
            "moments": typed_json.write(line.moments),
            "candidates": line.candidates,
        }
        | ({} if line.window is None else {"window": line.window})
        | ({"like": line.like} if line.like else {})
    )


def line_from_json(line: Json) -> Assignment:
    """Returns the line that ``line_to_json`` wrote.

    Raises:
        ValueError: If it is not one.
    """
    name = line.get("name") if isinstance(line, dict) else None
    return typed_json.read(Assignment, line, f"the line of {shown(name)}")
