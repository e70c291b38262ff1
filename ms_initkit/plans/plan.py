"""A plan: what every parameter of a network will be, as data. It prints, compares, goes to JSON and comes back."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cached_property
from typing import Final, TypeAlias

from ms_initkit import draws
from ms_initkit.basis.records import open_record, record
from ms_initkit.draws import Json, typed_json
from ms_initkit.draws.moments import moments
from ms_initkit.draws.text import number
from ms_initkit.files.regular import parse_json, shown
from ms_initkit.findings import Finding, PlanError, counted, printable_lines, suggestion
from ms_initkit.plans.columns import Columns
from ms_initkit.plans.differences import Difference, differences
from ms_initkit.plans.html import plan_html
from ms_initkit.plans.lines import Assignment, RuleLine, line_from_json, line_to_json
from ms_initkit.plans.order import order_text
from ms_initkit.plans.text import assignment_cells, folded, moments_text, table
from ms_initkit.plans.validate import faults

Value: TypeAlias = float | int | str | bool

FORMAT: Final = 1


@open_record  # for what is computed once
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
        sources: Variables that were read off the network's configuration, with where.
    """

    family: str
    recipe: str
    digest: str
    variables: tuple[tuple[str, Value], ...]
    rules: tuple[RuleLine, ...]
    assignments: tuple[Assignment, ...]
    findings: tuple[Finding, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, name: str) -> Assignment:
        """Returns the line of the parameter that answers to ``name``.

        Raises:
            KeyError: If no parameter does.
        """
        found = self._find(name)
        if found is None:
            known = [known for line in self.assignments for known in (line.name, *line.aliases)]
            question = suggestion(name, known)
            raise KeyError(f"no parameter is called {name!r}" + (f": {question}" if question else ""))
        return found

    def __str__(self) -> str:
        """Returns the plan as text, one line per parameter."""
        return printable_lines(plan_text(self))

    def __repr__(self) -> str:
        elements = sum(line.size for line in self.assignments)
        found = f", {counted(len(self.findings), 'finding')}" if self.findings else ""
        return f"<Plan of {self.family!r}: {len(self.assignments):,} parameters, {elements:,} elements{found}>"

    def _repr_html_(self) -> str:
        """Returns what notebooks show."""
        return plan_html(self.family, self.recipe, self.rules, self.assignments, self.findings)

    def only(self, names: Iterable[str]) -> Plan:
        """Returns the plan that writes the parameters ``names`` and keeps all others, as what a checkpoint lacks.

        Example:
            >>> net, info = BertModel.from_pretrained(path, output_loading_info=True)
            >>> mik.apply(net, mik.plan(net, "auto").only(info["missing_keys"]), seed=42)

        Raises:
            KeyError: If no parameter answers to one of the names.
            PlanError: If one of them takes the values of another that is kept.
        """
        wanted = {self[name].name for name in names}
        for line in self.assignments:
            if line.like and line.name in wanted and self[line.like].name not in wanted:
                message = f"{line.name!r} takes the values of {line.like!r}, which would be kept"
                hint = f"add {line.like!r} to the names, or leave {line.name!r} out of them"
                raise PlanError([Finding.error("unknown-values", message, help=hint, parameter=line.name)])
        kept = moments(draws.Keep(), ())
        lines = tuple(
            line if line.name in wanted else replace(line, initializer="keep", draw=draws.Keep(), moments=kept, like="")
            for line in self.assignments
        )
        return replace(self, assignments=lines)

    def explain(self, name: str) -> str:
        """Returns, as text, every rule that selects the parameter ``name`` and why the first one won.

        Raises:
            KeyError: If no parameter answers to ``name``.
        """
        return printable_lines(explanation(self, self[name]))

    def diff(self, other: Plan) -> str:
        """Returns, as text, what differs between this plan and ``other``; empty where nothing does."""
        return printable_lines("".join(f"{one}\n" for one in self.differences(other)))

    def differences(self, other: Plan) -> tuple[Difference, ...]:
        """Returns what differs between this plan and ``other``, parameter by parameter."""
        return differences(self.assignments, other.assignments)

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
        document |= {"sources": dict(self.sources)} if self.sources else {}
        document |= {"rules": [typed_json.write(rule) for rule in self.rules]}
        document |= {"assignments": [line_to_json(line) for line in self.assignments]}
        document |= {"findings": [finding.to_json() for finding in self.findings]}
        return json.dumps(document, indent=1)

    def line_to_json(self, name: str) -> dict[str, object]:
        """Returns the line of the parameter that answers to ``name`` as JSON values.

        Raises:
            KeyError: If no parameter does.
        """
        return line_to_json(self[name])

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Returns the plan that ``to_json`` wrote.

        Raises:
            ValueError: If ``text`` is not a plan of this format.
        """
        try:
            return _from_json(parse_json(text, "its text", allows_infinity=True))
        except ValueError as error:
            raise ValueError(f"not a plan: {error}") from error

    def _find(self, name: str) -> Assignment | None:
        for line in self.assignments:
            if name == line.name or name in line.aliases:
                return line
        return None


@record
class _Head:
    """What a plan's JSON has beside its lines and findings."""

    format: int
    family: str
    recipe: str
    digest: str
    rules: tuple[RuleLine, ...]


def _from_json(document: Json) -> Plan:
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    if document.get("format") != FORMAT or isinstance(document["format"], bool):
        raise ValueError(f"of format {shown(document.get('format'))}; this version reads format {FORMAT}")
    names = [field.name for field in fields(_Head)]
    head = typed_json.read(_Head, {name: document.get(name) for name in names}, "its head")
    lists = [document.get(name) for name in ("assignments", "findings")]
    pairs = [document.get(name, {}) for name in ("variables", "sources")]
    if not all(isinstance(value, list) for value in lists) or not all(isinstance(value, dict) for value in pairs):
        raise ValueError("it has no lists of `assignments` and `findings`, or its `variables` are no object")
    strange = document.keys() - {*names, "assignments", "findings", "variables", "sources"}
    if strange:
        raise ValueError(f"it has an unknown {shown(min(strange))}")
    lines = _shared(line_from_json(line) for line in lists[0])  # type: ignore[union-attr]  # as was just asked
    wrong = next(faults(head.rules, lines), None)
    if wrong is not None:
        raise ValueError(wrong)
    values, sources = (tuple(value.items()) for value in pairs)  # type: ignore[union-attr]
    return Plan(
        head.family,
        head.recipe,
        head.digest,
        typed_json.read(tuple[tuple[str, Value], ...], [list(pair) for pair in values], "its variables"),
        head.rules,
        lines,
        tuple(_finding(finding) for finding in lists[1]),  # type: ignore[union-attr]
        typed_json.read(tuple[tuple[str, str], ...], [list(pair) for pair in sources], "its sources"),
    )


def _finding(value: Json) -> Finding:
    if not isinstance(value, dict):
        raise ValueError(f"it has a finding that is none: {shown(value)}")
    try:
        finding = Finding.from_json(value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it has a finding that is none: {error!r}") from error
    # What it was made of is looked at as what it has become.
    return typed_json.read(Finding, typed_json.write(finding), "its findings")


def _shared(lines: Iterable[Assignment]) -> tuple[Assignment, ...]:
    """Returns the lines, equal draws being one: by that their kinds are told."""
    known: dict[str, draws.Draw] = {}
    kept = []
    for line in lines:
        draw = known.setdefault(repr(line.draw), line.draw)
        kept.append(line if draw is line.draw else replace(line, draw=draw))
    return tuple(kept)


def plan_text(plan: Plan, width: int | None = None) -> str:
    """Returns the whole plan: a heading, a line per parameter, totals per rule, findings.

    Args:
        plan: The plan.
        width: Columns that there are: where the lines do not fit in, each is broken into two or more.
    """
    lines = table([assignment_cells(line) for line in plan.assignments])
    if width is not None and max(map(len, lines), default=0) > width:
        lines = [row for line in plan.assignments for row in folded(assignment_cells(line), width)]
    parts = [heading(plan), *lines, "", summary(plan)]
    return "\n".join(parts) + "\n"


def heading(plan: Plan) -> str:
    """Returns the recipe and the variables in a line or two."""
    lines = [f"plan of recipe {plan.family} ({plan.recipe})"]
    if plan.variables:
        sources = {name: f" ({source})" for name, source in plan.sources}
        shown = (f"{name}={_value(value)}{sources.get(name, '')}" for name, value in plan.variables)
        lines.append("with " + ", ".join(shown))
    return "\n".join(lines)


def summary(plan: Plan) -> str:
    """Returns the totals per rule, in the order of the rules, and the findings."""
    tensors: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    for line in plan.assignments:
        tensors[line.rule] += 1
        elements[line.rule] += line.size
    rows = [
        (rule.id, counted(tensors[rule.id], "tensor"), counted(elements[rule.id], "element"), rule.location)
        for rule in plan.rules
        if tensors[rule.id]
    ]
    if tensors[""]:
        rows.append(("(no rule: kept)", counted(tensors[""], "tensor"), counted(elements[""], "element"), ""))
    total = (
        f"{counted(len(plan.assignments), 'tensor')}, {counted(sum(elements.values()), 'element')}; "
        f"{sum(line.is_kept for line in plan.assignments):,} kept"
    )
    loaded = sum(line.is_loaded for line in plan.assignments)
    total += f", {loaded:,} loaded from files" if loaded else ""
    parts = [*table(rows, right=(1, 2)), total, *order_text(plan.assignments)]
    parts += [str(finding) for finding in plan.findings]
    return "\n".join(parts)


def explanation(plan: Plan, line: Assignment) -> str:
    """Returns every rule that selects ``line``'s parameter, and why the first one won."""
    parts = [
        f"{line.name}  {'x'.join(str(n) for n in line.shape)}  {line.dtype}"
        + (f"\n  also called {', '.join(line.aliases)}" if line.aliases else "")
        + (f"\n  matched and drawn as {line.stream}" if line.stream != line.name and not line.like else "")
    ]
    if not line.candidates:
        parts.append(f"  {_why_unruled(plan)}")
        return "\n".join(parts) + "\n"
    rules = {rule.id: rule for rule in plan.rules}
    for turn, identifier in enumerate(line.candidates):
        rule = rules[identifier]
        verdict = (
            "wins: the first rule that selects it"
            if turn == 0
            else f"would, but {line.candidates[0]!r} stands before it"
        )
        parts.append(f"  {rule.location}  {identifier}: {rule.selector}\n      {verdict}")
    parts.append(f"  {line.initializer}  {moments_text(line.moments) if not line.is_kept else ''}".rstrip())
    if line.fans is not None:
        parts.append(f"  fan_in {number(line.fans.fan_in)}, fan_out {number(line.fans.fan_out)}")
    return "\n".join(parts) + "\n"


def _why_unruled(plan: Plan) -> str:
    """Returns why a parameter has no rule: a plan in which all that is trainable has one has no such finding."""
    if any(finding.code == "unmatched-parameter" for finding in plan.findings):
        return "no rule selects it, so it is kept; if it is trainable, that is an error: unmatched-parameter"
    return "no rule selects it; it is not trainable, so it is kept"


def _value(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
