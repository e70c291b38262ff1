"""A report as one HTML page that needs nothing else: verdict, findings, laws, scales, every parameter."""

from __future__ import annotations

import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Final, Protocol

import numpy as np

from ms_initkit.draws.text import number
from ms_initkit.findings import Finding, RecipeError
from ms_initkit.language.load import load_recipe
from ms_initkit.plans.lines import Assignment, RuleLine
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.text import moments_text, shape_text
from ms_initkit.stages.measure import BINS, REACH, Measured, expected_shares
from ms_initkit.stages.report_charts import Point, histogram, scales
from ms_initkit.stages.report_versions import versions

Before = Mapping[str, Measured]

_COLOURS: Final = 8
# With more rows than this their histograms would make the page heavy.
_MOST_HISTOGRAMS: Final = 3000
_MOST_FINDINGS: Final = 50
_MOST_NAMES: Final = 200
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
    plan, before = report.plan, before or {}
    drawn = [line for line in plan.assignments if not line.is_kept and line.moments.std != 0.0]
    drawing = list(dict.fromkeys(line.rule for line in drawn))
    colours = {rule: number % _COLOURS for number, rule in enumerate(drawing)}
    template = Template(files("ms_initkit.stages").joinpath("report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=f"{escape(network)} initialised by {escape(plan.family)}, seed {report.seed}",
        network=escape(network),
        family=escape(plan.family),
        summary=_summary(report),
        verdict=_verdict(report, verdict),
        facts=_facts(report, when),
        findings=_findings([*plan.findings, *verdict]),
        before_key=" The dashed line is what was before." if before else "",
        cards="".join(
            _card(plan, rule, colours[rule.id], measured, before) for rule in plan.rules if rule.id in colours
        ),
        scales=_scales(plan, colours, measured),
        heads=_heads(has_before=bool(before)),
        rows="\n".join(
            _row(line, measured[line.name], before.get(line.name), colours.get(line.rule, 0), len(drawn), bool(before))
            for line in drawn
        ),
        folded=_folded(plan, measured),
    )


def _summary(report: Done) -> str:
    plan = report.plan
    kept = sum(line.is_kept for line in plan.assignments)
    total = sum(line.size for line in plan.assignments)
    return (
        f"{_count(len(plan.assignments), 'parameter')}, {_count(total, 'element')}; "
        f"{report.written:,} written in {report.seconds:.2f} s"
        + (f", {_count(kept, 'parameter')} kept" if kept else "")
    )


def _verdict(report: Done, verdict: Sequence[Finding]) -> str:
    written = sum(not line.is_kept for line in report.plan.assignments)
    if not verdict:
        return (
            f'<p class="verdict good">Verified: all {written:,} parameters are bit for bit those of seed '
            f"{report.seed}</p>"
        )
    return f'<p class="verdict bad">{len(verdict):,} of {written:,} parameters are not those of seed {report.seed}</p>'


def _facts(report: Done, when: datetime) -> str:
    plan = report.plan
    facts = {
        "recipe": f"{escape(plan.family)} <code>{escape(plan.recipe)}</code>",
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
        recipe = load_recipe(plan.recipe)
    except (RecipeError, OSError):
        return ""
    return "; ".join(escape(str(text)) for text in dict(recipe.reference or {}).values())


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    counts = Counter(finding.severity for finding in findings)
    said = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in counts.items())
    shown = "".join(f"<pre>{escape(str(finding))}</pre>" for finding in findings[:_MOST_FINDINGS])
    more = len(findings) - _MOST_FINDINGS
    rest = f'<p class="soft">and {more:,} more</p>' if more > 0 else ""
    return f'<section aria-labelledby="findings"><h2 id="findings">Findings: {said}</h2>{shown}{rest}</section>'


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
        picture = histogram(
            _pooled(spread, [measured[line.name].shares for line in spread]),
            _pooled(spread, known) if len(known) == len(spread) else None,
            _pooled(spread, [before[line.name].shares for line in spread]) if _has_shares(spread, before) else (),
        )
        picture += f'<div class="ends"><span>-{REACH:g} std</span><span>mean</span><span>+{REACH:g} std</span></div>'
    return (
        f'<article class="card"><h3><span class="swatch c{colour}"></span>{escape(rule.id)}</h3>'
        f"<p><code>{escape(rule.selector)}</code></p><p>{said}</p>"
        f'<p class="soft">{_count(len(lines), "parameter")}, {size:,} elements; {escape(rule.location)}</p>'
        f'<div class="c{colour}">{picture}</div></article>'
    )


def _has_shares(lines: Sequence[Assignment], before: Before) -> bool:
    return all(line.name in before and len(before[line.name].shares) == BINS for line in lines)


def _pooled(lines: Sequence[Assignment], shares: Sequence[Sequence[float]]) -> list[float]:
    """Returns the shares over several parameters, each for its elements."""
    sizes = np.array([line.size for line in lines], np.float64)
    pooled: list[float] = (sizes @ np.array(shares, np.float64) / sizes.sum()).tolist()
    return pooled


def _scales(plan: Plan, colours: Mapping[str, int], measured: Mapping[str, Measured]) -> str:
    return scales(
        [
            Point(place, line.name, colours.get(line.rule, 0), measured[line.name].std, line.moments.std)
            for place, line in enumerate(plan.assignments)
            if not line.is_kept and line.moments.std != 0.0
        ]
    )


def _heads(*, has_before: bool) -> str:
    names = [("parameter", ""), ("shape", "n"), ("initializer", ""), ("rule", ""), ("planned std", "n"), ("std", "n")]
    names += [("std before", "n")] * has_before
    names += [("mean", "n"), ("min", "n"), ("max", "n"), ("values", "")]
    return "".join(f'<th class="{kind}" scope="col"><button>{name}</button></th>' for name, kind in names)


def _row(line: Assignment, found: Measured, before: Measured | None, colour: int, rows: int, has_before: bool) -> str:
    names = escape(line.name) + "".join(f"<br>= {escape(alias)}" for alias in line.aliases)
    cells = [
        f"<td><code>{names}</code></td>",
        f'<td class="n" data-v="{line.size}" data-h="shape">{escape(shape_text(line))}<br>{line.dtype}</td>',
        f'<td class="full">{escape(line.initializer)}</td>',
        f'<td data-h="rule">{escape(line.rule)}</td>',
        _number("planned std", line.moments.std),
        _number("std", found.std),
        *([_number("before", None if before is None else before.std)] if has_before else []),
        _number("mean", found.mean),
        _number("min", found.low),
        _number("max", found.high),
    ]
    picture = ""
    if found.shares and rows <= _MOST_HISTOGRAMS:
        earlier = before.shares if before is not None and len(before.shares) == len(found.shares) else ()
        picture = histogram(found.shares, None, earlier)
    return f'<tr>{"".join(cells)}<td class="full c{colour}">{picture}</td></tr>'


def _number(head: str, value: float | None) -> str:
    return f'<td class="n" data-h="{head}">{number(value)}</td>'


def _folded(plan: Plan, measured: Mapping[str, Measured]) -> str:
    """Returns what is one number per parameter, a line for each rule and value, and what was kept."""
    places = {rule.id: f"{rule.selector} ({rule.location})" for rule in plan.rules}
    constants: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
    kept = []
    for line in plan.assignments:
        if line.is_kept:
            kept.append(line)
        elif line.moments.std == 0.0:
            constants[line.rule, moments_text(line.moments)].append(line)
    parts = []
    if constants:
        count = sum(map(len, constants.values()))
        inside = "".join(
            f"<details><summary>{escape(value)} by rule {escape(rule)}: {_count(len(lines), 'parameter')}, "
            f"{sum(line.size for line in lines):,} elements</summary>"
            f"<p class=soft><code>{escape(places[rule])}</code></p>{_names(lines)}</details>"
            for (rule, value), lines in constants.items()
        )
        parts.append(f"<h2>Constants: {_count(count, 'parameter')}</h2>{inside}")
    if kept:
        inside = "".join(_kept(line, measured[line.name]) for line in kept)
        heads = "<thead><tr><th>parameter</th><th>shape</th><th>mean</th><th>std</th></tr></thead>"
        parts.append(
            f"<h2>Kept: {_count(len(kept), 'parameter')}</h2><details><summary>what they hold</summary>"
            f'<table class="wide">{heads}<tbody>{inside}</tbody></table></details>'
        )
    return f"<section>{''.join(parts)}</section>" if parts else ""


def _kept(line: Assignment, found: Measured) -> str:
    return (
        f"<tr><td><code>{escape(line.name)}</code></td>"
        f'<td class="n" data-h="shape">{escape(shape_text(line))} {line.dtype}</td>'
        f"{_number('mean', found.mean)}{_number('std', found.std)}</tr>"
    )


def _names(lines: Sequence[Assignment]) -> str:
    shown = ", ".join(f"{escape(line.name)}" for line in lines[:_MOST_NAMES])
    more = len(lines) - _MOST_NAMES
    return f'<p class="mono">{shown}{f" and {more:,} more" if more > 0 else ""}</p>'


def _count(number_of: int, what: str) -> str:
    return f"{number_of:,} {what}{'s' * (number_of != 1)}"
