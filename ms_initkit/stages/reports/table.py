"""The tables of a report's page: a row for each parameter that was drawn; constants and what was kept, folded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final

from ms_initkit.draws.text import number
from ms_initkit.findings import counted
from ms_initkit.plans.lines import Assignment, RuleLine
from ms_initkit.plans.text import moments_text, shape_text
from ms_initkit.stages.reports.charts import histogram
from ms_initkit.stages.reports.measure import Measured

# With more rows than this their histograms would make the page heavy.
_MOST_HISTOGRAMS: Final = 3000
_MOST_NAMES: Final = 200


def drawn_table(
    lines: Sequence[Assignment],
    colours: Mapping[str, int],
    measured: Mapping[str, Measured],
    before: Mapping[str, Measured],
    different: Collection[str],
) -> str:
    """Returns a row for each of ``lines``, to be searched and sorted; those in ``different`` say so."""
    names = [("parameter", ""), ("shape", "n"), ("initializer", ""), ("rule", ""), ("planned std", "n"), ("std", "n")]
    names += [("std before", "n")] * bool(before)
    names += [("mean", "n"), ("min", "n"), ("max", "n"), ("histogram", "picture")]
    with_pictures = len(lines) <= _MOST_HISTOGRAMS
    rows = [
        _row(line, measured[line.name], before, colours.get(line.rule, 0), line.name in different, with_pictures)
        for line in lines
    ]
    return _table("parameters", "Parameters that were drawn", names, rows)


def constants_list(lines: Sequence[Assignment], rules: Sequence[RuleLine]) -> str:
    """Returns what is one number per parameter: the names folded, for each rule and value."""
    places = {rule.id: f"{rule.selector} ({rule.location})" for rule in rules}
    groups: dict[tuple[str, str], list[Assignment]] = defaultdict(list)
    for line in lines:
        groups[line.rule, moments_text(line.moments)].append(line)
    return "".join(
        f"<details><summary>{escape(value)} by rule {escape(rule)}: {counted(len(group), 'parameter')}, "
        f"{counted(sum(line.size for line in group), 'element')}</summary>"
        f"<p class=soft><code>{escape(places[rule])}</code></p>{_names(group)}</details>"
        for (rule, value), group in groups.items()
    )


def kept_table(lines: Sequence[Assignment], measured: Mapping[str, Measured]) -> str:
    """Returns what the parameters hold that were kept, folded."""
    names = [("parameter", ""), ("shape", "n"), ("mean", "n"), ("std", "n")]
    rows = [
        f"<tr>{_name(line)}{_shape(line)}"
        f"{_number('mean', measured[line.name].mean)}{_number('std', measured[line.name].std)}</tr>"
        for line in lines
    ]
    table = _table("kept-parameters", "Parameters that were kept", names, rows)
    return f"<details><summary>What they hold</summary>{table}</details>"


def _table(name: str, caption: str, heads: Sequence[tuple[str, str]], rows: Sequence[str]) -> str:
    head = "".join(f'<th class="{kind}" scope="col">{text}</th>' for text, kind in heads)
    body = "\n".join(rows)
    return (
        f'<table class="wide" id="{name}"><caption class="unseen">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    )


def _row(
    line: Assignment,
    found: Measured,
    before: Mapping[str, Measured],
    colour: int,
    is_different: bool,
    with_picture: bool,
) -> str:
    earlier = before.get(line.name)
    cells = [
        _name(line, '<br><strong class="mark">differs</strong>' * is_different),
        _shape(line),
        f'<td class="full">{escape(line.initializer)}</td>',
        f'<td data-h="rule">{escape(line.rule)}</td>',
        _number("planned std", line.moments.std),
        _number("std", found.std),
        *([_number("before", None if earlier is None else earlier.std)] if before else []),
        _number("mean", found.mean),
        _number("min", found.low),
        _number("max", found.high),
    ]
    picture = ""
    if found.shares and with_picture:
        was = earlier.shares if earlier is not None and len(earlier.shares) == len(found.shares) else ()
        picture = histogram(found.shares, None, was)
    return f'<tr>{"".join(cells)}<td class="full picture c{colour}">{picture}</td></tr>'


def _name(line: Assignment, mark: str = "") -> str:
    names = escape(line.name) + "".join(f"<br>= {escape(alias)}" for alias in line.aliases)
    return f'<th scope="row"><code>{names}</code>{mark}</th>'


def _shape(line: Assignment) -> str:
    shape = f"{escape(shape_text(line))} <br>{line.dtype}"
    return f'<td class="n" data-v="{line.size}" data-h="shape">{shape}</td>'


def _number(head: str, value: float | None) -> str:
    return f'<td class="n" data-h="{head}">{number(value)}</td>'


def _names(lines: Sequence[Assignment]) -> str:
    shown = ", ".join(f"{escape(line.name)}" for line in lines[:_MOST_NAMES])
    more = len(lines) - _MOST_NAMES
    return f'<p class="mono">{shown}{f" and {more:,} more" if more > 0 else ""}</p>'
