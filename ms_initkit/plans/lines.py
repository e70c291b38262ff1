"""The lines of a plan: what a parameter will be, and what became of a rule."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING

from ms_initkit import draws
from ms_initkit.draws import slices as windows
from ms_initkit.draws.moments import Moments
from ms_initkit.formulas.fans import Fans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.draws import Draw, Json
    from ms_initkit.draws.slices import Window


@dataclass(frozen=True, slots=True)
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

    @property
    def local_shape(self) -> tuple[int, ...]:
        """Shape of the parameter itself."""
        return self.shape if self.window is None else windows.local_shape(self.window)

    @property
    def size(self) -> int:
        """Number of the parameter's own elements."""
        return prod(self.local_shape)

    @property
    def is_kept(self) -> bool:
        """Whether nothing will be written."""
        return isinstance(self.draw, draws.Keep)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as a plan remembers it: where it stands, what it selects, and how it was chosen."""

    id: str
    location: str
    selector: str
    is_active: bool = True


def line_to_json(line: Assignment) -> dict[str, object]:
    """Returns the line as JSON values."""
    return {
        "name": line.name,
        "aliases": line.aliases,
        "stream": line.stream,
        "shape": line.shape,
        "dtype": line.dtype,
        "rule": line.rule,
        "initializer": line.initializer,
        "draw": draws.to_json(line.draw),
        "fans": None if line.fans is None else asdict(line.fans),
        "moments": asdict(line.moments),
        "candidates": line.candidates,
    } | ({} if line.window is None else {"window": line.window})


def line_from_json(line: Mapping[str, Json]) -> Assignment:
    """Returns the line that ``line_to_json`` wrote."""
    values = dict(line)
    values["draw"] = draws.from_json(line["draw"])  # type: ignore[assignment]  # parsed below into the types
    values["fans"] = None if line["fans"] is None else Fans(**line["fans"])  # type: ignore[assignment,arg-type]
    values["moments"] = Moments(**line["moments"])  # type: ignore[assignment,arg-type]
    for name in ("aliases", "shape", "candidates"):
        values[name] = tuple(values[name])  # type: ignore[assignment,arg-type]
    if "window" in line:
        window: Sequence[Sequence[Sequence[int]]] = line["window"]  # type: ignore[assignment]  # as it was written
        values["window"] = tuple(tuple((start, stop) for start, stop in pieces) for pieces in window)  # type: ignore[assignment]
    return Assignment(**values)  # type: ignore[arg-type]
