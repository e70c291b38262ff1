"""A plan: what every parameter of a network will be, as data. It prints, compares, goes to JSON and comes back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Final

from ms_initkit import draws
from ms_initkit.draws import slices as windows
from ms_initkit.draws.moments import Moments
from ms_initkit.findings import Finding, did_you_mean
from ms_initkit.formulas.fans import Fans
from ms_initkit.plans.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ms_initkit.draws import Draw, Json
    from ms_initkit.draws.slices import Window

FORMAT: Final = 1


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


@dataclass(frozen=True)  # without slots, for what is computed once
class Plan:
    """Every parameter of one network with what it will be.

    Args:
        family: The recipe's family.
        recipe: Path of the recipe.
        digest: BLAKE2b of the recipe's text.
        variables: Names with the values that were used.
        rules: In the order in which they were tried.
        assignments: In the network's order.
        findings: What was found while binding; errors never reach a plan unless it was asked to be lenient.
    """

    family: str
    recipe: str
    digest: str
    variables: tuple[tuple[str, float | int | str | bool], ...]
    rules: tuple[RuleLine, ...]
    assignments: tuple[Assignment, ...]
    findings: tuple[Finding, ...] = ()

    def __getitem__(self, name: str) -> Assignment:
        """Returns the line of the parameter that answers to ``name``.

        Raises:
            KeyError: If no parameter does.
        """
        found = self._find(name)
        if found is None:
            known = [known for line in self.assignments for known in (line.name, *line.aliases)]
            guess = did_you_mean(name, known)
            raise KeyError(f"no parameter is called {name!r}" + (f": did you mean {guess!r}?" if guess else ""))
        return found

    def __str__(self) -> str:
        """Returns the plan as text, one line per parameter."""
        from ms_initkit.plans.text import plan_text

        return plan_text(self)

    def explain(self, name: str) -> str:
        """Returns, as text, every rule that selects the parameter ``name`` and why the first one won.

        Raises:
            KeyError: If no parameter answers to ``name``.
        """
        from ms_initkit.plans.text import explanation

        return explanation(self, self[name])

    def diff(self, other: Plan) -> str:
        """Returns, as text, what differs between this plan and ``other``; empty where nothing does."""
        from ms_initkit.plans.text import plan_difference

        return plan_difference(self, other)

    @cached_property
    def columns(self) -> Columns:
        """The assignments by their kinds."""
        return Columns.of(self.assignments)

    @property
    def fingerprint(self) -> str:
        """BLAKE2b of everything that decides a value: names, shapes, types and draws."""
        lines = [
            [a.stream, a.shape, a.dtype, draws.to_json(a.draw), *([] if a.window is None else [a.window])]
            for a in self.assignments
        ]
        return hashlib.blake2b(json.dumps(lines).encode(), digest_size=16).hexdigest()

    def to_json(self) -> str:
        """Returns the plan as JSON text; ``from_json`` is its inverse."""
        document: dict[str, object] = {"format": FORMAT}
        document |= {"family": self.family, "recipe": self.recipe, "digest": self.digest}
        document |= {"variables": dict(self.variables)}
        document |= {"rules": [asdict(rule) for rule in self.rules]}
        document |= {"assignments": [_line_to_json(line) for line in self.assignments]}
        document |= {"findings": [finding.to_json() for finding in self.findings]}
        return json.dumps(document, indent=1)

    def line_to_json(self, name: str) -> dict[str, object]:
        """Returns the line of the parameter that answers to ``name`` as JSON values.

        Raises:
            KeyError: If no parameter does.
        """
        return _line_to_json(self[name])

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Returns the plan that ``to_json`` wrote.

        Raises:
            ValueError: If ``text`` is not a plan of this format.
        """
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                raise ValueError(f"a plan of format {document['format']}; this version reads format {FORMAT}")
            return cls(
                document["family"],
                document["recipe"],
                document["digest"],
                tuple(document["variables"].items()),
                tuple(RuleLine(**rule) for rule in document["rules"]),
                tuple(_line_from_json(line) for line in document["assignments"]),
                tuple(Finding.from_json(finding) for finding in document["findings"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a plan: {error}") from error

    def without_findings(self) -> Plan:
        """Returns the plan alone, as golden files keep it."""
        return replace(self, findings=())

    def _find(self, name: str) -> Assignment | None:
        for line in self.assignments:
            if name == line.name or name in line.aliases:
                return line
        return None


def _line_to_json(line: Assignment) -> dict[str, object]:
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


def _line_from_json(line: Mapping[str, Json]) -> Assignment:
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
