"""A report as one HTML page that needs nothing else: verdict, findings, laws, scales, every parameter."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Final, NamedTuple, Protocol

import numpy as np

from ms_initkit.findings import Finding, RecipeError, counted, summarise
from ms_initkit.language.library import of_portable
from ms_initkit.language.load import load_recipe
from ms_initkit.language.python import FAMILY, PYTHON
from ms_initkit.plans.lines import Assignment, RuleLine
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.reports.charts import Point, furthest, histogram, scales
from ms_initkit.stages.reports.measure import BINS, REACH, Measured, expected_shares
from ms_initkit.stages.reports.table import constants_list, drawn_table, kept_table
from ms_initkit.stages.reports.versions import versions

Before = Mapping[str, Measured]

_COLOURS: Final = 8
_MOST_FINDINGS: Final = 50
_LONG: Final = frozenset({"source", "variables"})


class Done(Protocol):
    """What was done, as a report tells it."""

    @property
    def plan(self) -> Plan:
        """The plan that was carried out."""

    @property
    def seed(self) -> int:
        """Under which seed."""

    @property
    def seconds(self) -> float:
        """How long it took."""

    @property
    def stream_version(self) -> int:
        """Version of the random numbers."""

    @property
    def written(self) -> int:
        """Number of elements written."""


def report_html(
    report: Done,
    network: str,
    measured: Mapping[str, Measured],
    verdict: Sequence[Finding],
    when: datetime,
    before: Before | None = None,
) -> str:
    """Returns the page.

    Args:
        report: What was done.
        network: The network's class.
        measured: Statistics of each parameter, by name.
        verdict: What verify found.
        when: When they were measured.
        before: Statistics of the same parameters at another time, or under another recipe, to compare with.
    """
    plan, sections = report.plan, _sections(report, measured, verdict, before or {})
    template = Template(files("ms_initkit.stages.reports").joinpath("report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=f"{escape(network)} initialised by {_recipe(plan)}, seed {report.seed}",
        network=escape(network),
        recipe=_recipe(plan),
        summary=_summary(report),
        verdict=_verdict(report, verdict),
        facts=_facts(report, when),
        links="".join(f'<li><a href="#{section.id}">{section.title}</a></li>' for section in sections),
        sections="\n".join(
            f'<section aria-labelledby="{section.id}"><h2 id="{section.id}" tabindex="-1">{section.title}</h2>'
            f"\n{section.inside}</section>"
            for section in sections
        ),
    )


class _Section(NamedTuple):
    """A part of the page: its anchor, its title, and what stands in it as HTML."""

    id: str
    title: str
    inside: str


def _sections(
    report: Done, measured: Mapping[str, Measured], verdict: Sequence[Finding], before: Before
) -> list[_Section]:
    """Returns the parts that have something to say."""
    plan = report.plan
    kept = [line for line in plan.assignments if line.is_kept]
    drawn = [line for line in plan.assignments if not line.is_kept and line.moments.std != 0.0]
    constants = [line for line in plan.assignments if not line.is_kept and line.moments.std == 0.0]
    colours = {rule: at % _COLOURS for at, rule in enumerate(dict.fromkeys(line.rule for line in drawn))}
    found, sections = [*plan.findings, *verdict], []
    if found:
        sections.append(_Section("findings", f"Findings: {summarise(found)}", _findings(found)))
    if drawn:
        different = {finding.parameter for finding in verdict if finding.parameter is not None}
        table = drawn_table(drawn, colours, measured, before, different)
        sections += [
            _Section("rules", "By rule: drawn and expected", _rules(plan, colours, measured, before)),
            _Section("scales", "Standard deviation through the network", _scales(plan, colours, measured)),
            _Section("every", f"Drawn: {counted(len(drawn), 'parameter')}", table),
        ]
    if constants:
        inside = constants_list(constants, plan.rules)
        sections.append(_Section("constants", f"Constants: {counted(len(constants), 'parameter')}", inside))
    if kept:
        sections.append(_Section("kept", f"Kept: {counted(len(kept), 'parameter')}", kept_table(kept, measured)))
    return sections


def _recipe(plan: Plan) -> str:
    return "a recipe in Python" if (plan.family, plan.recipe) == (FAMILY, PYTHON) else escape(plan.family)


def _summary(report: Done) -> str:
    plan = report.plan
    kept = sum(line.is_kept for line in plan.assignments)
    total = sum(line.size for line in plan.assignments)
    return (
        f"{counted(len(plan.assignments), 'parameter')}, {counted(total, 'element')}; "
        f"{report.written:,} written in {report.seconds:.2f} s"
        + (f", {counted(kept, 'parameter')} kept" if kept else "")
    )


def _verdict(report: Done, verdict: Sequence[Finding]) -> str:
    written = sum(not line.is_kept for line in report.plan.assignments)
    if verdict:
        verb = "differs" if len(verdict) == 1 else "differ"
        said = f"{len(verdict):,} of {counted(written, 'parameter')} {verb} from those of seed {report.seed}"
        return f'<p class="verdict bad">{said}</p>'
    whose = "the parameter is bit for bit that" if written == 1 else f"all {written:,} parameters are bit for bit those"
    return f'<p class="verdict good">Verified: {whose} of seed {report.seed}</p>'


def _facts(report: Done, when: datetime) -> str:
    plan = report.plan
    facts = {
        "recipe": f"{_recipe(plan)} <code>{escape(plan.recipe)}</code>" if plan.recipe != PYTHON else "in Python",
        "source": _source(plan),
        "seed": f"{report.seed}",
        "date": escape(when.strftime("%Y-%m-%d %H:%M %Z")),
        "variables": ", ".join(f"<code>{escape(name)} = {escape(str(value))}</code>" for name, value in plan.variables),
        "versions": ", ".join(f"{name} {escape(version)}" for name, version in versions().items()),
        "machine": escape(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        "random numbers": f"stream version {report.stream_version}",
        "plan": f"<code>{plan.fingerprint}</code>",
        "recipe's digest": f"<code>{escape(plan.digest)}</code>",
    }
    return "".join(
        f"<div{' class=long' * (name in _LONG)}><dt>{name}</dt><dd>{text}</dd></div>"
        for name, text in facts.items()
        if text
    )


def _source(plan: Plan) -> str:
    """Returns what a recipe says of where it comes from, if it still lies where it was."""
    try:
        recipe = load_recipe(of_portable(plan.recipe))
    except (RecipeError, OSError):
        return ""
    return "; ".join(escape(str(text)) for text in dict(recipe.reference or {}).values())


def _findings(findings: Sequence[Finding]) -> str:
    shown = "".join(f'<pre class="{each.severity}">{escape(str(each))}</pre>' for each in findings[:_MOST_FINDINGS])
    more = len(findings) - _MOST_FINDINGS
    return shown + (f'<p class="soft">and {more:,} more</p>' if more > 0 else "")


def _rules(plan: Plan, colours: Mapping[str, int], measured: Mapping[str, Measured], before: Before) -> str:
    cards = "".join(_card(plan, rule, colours[rule.id], measured, before) for rule in plan.rules if rule.id in colours)
    return (
        '<p class="soft">Areas are shares of the values, in planned standard deviations about the planned mean; '
        f"the line is the law.{' The dashed line is what was before.' * bool(before)}</p>"
        f'<div class="cards">{cards}</div>'
    )


def _card(plan: Plan, rule: RuleLine, colour: int, measured: Mapping[str, Measured], before: Before) -> str:
    """Returns a rule with the shares of all its values, and those that its laws expect."""
    lines = [line for line in plan.assignments if line.rule == rule.id]
    size = sum(line.size for line in lines)
    spread = [line for line in lines if measured[line.name].shares]
    texts = Counter(line.initializer for line in lines)
    said = ", ".join(escape(text) for text, _ in texts.most_common(3)) + (", ..." if len(texts) > 3 else "")
    picture = ""
    if spread:
        expected = [expected_shares(line) for line in spread]
        known = [shares for shares in expected if shares is not None]
        found = _pooled(spread, [measured[line.name].shares for line in spread])
        law = _pooled(spread, known) if len(known) == len(spread) else None
        was = _pooled(spread, [before[line.name].shares for line in spread]) if _has_shares(spread, before) else ()
        picture = histogram(found, law, was, alt=_told(found, law, size))
        picture += f'<div class="ends"><span>-{REACH:g} std</span><span>mean</span><span>+{REACH:g} std</span></div>'
    return (
        f'<article class="card"><h3><span class="swatch c{colour}"></span>{escape(rule.id)}</h3>'
        f"<p><code>{escape(rule.selector)}</code></p><p>{said}</p>"
        f'<p class="soft">{counted(len(lines), "parameter")}, {counted(size, "element")}; {escape(rule.location)}</p>'
        f'<div class="c{colour}">{picture}</div></article>'
    )


def _told(shares: Sequence[float], law: Sequence[float] | None, size: int) -> str:
    """Returns what a histogram shows, for those who do not see it."""
    said = f"Histogram of {counted(size, 'value')}"
    if law is None:
        return f"{said}; its law has no formula to draw"
    apart = max(abs(share - expected) for share, expected in zip(shares, law, strict=True))
    return f"{said} in {len(shares)} bars: none is further than {apart:.2%} of the values from the law"


def _has_shares(lines: Sequence[Assignment], before: Before) -> bool:
    return all(line.name in before and len(before[line.name].shares) == BINS for line in lines)


def _pooled(lines: Sequence[Assignment], shares: Sequence[Sequence[float]]) -> list[float]:
    """Returns the shares over several parameters, each for its elements."""
    sizes = np.array([line.size for line in lines], np.float64)
    pooled: list[float] = (sizes @ np.array(shares, np.float64) / sizes.sum()).tolist()
    return pooled


def _scales(plan: Plan, colours: Mapping[str, int], measured: Mapping[str, Measured]) -> str:
    points = [
        Point(place, line.name, colours[line.rule], measured[line.name].std, line.moments.std, line.size)
        for place, line in enumerate(plan.assignments)
        if not line.is_kept and line.moments.std != 0.0
    ]
    return (
        '<p class="soft">A dot is a parameter in the colour of its rule, from the first to the last; the wide mark '
        f"behind it is what was planned. {furthest(points)}</p>{scales(points)}"
    )
