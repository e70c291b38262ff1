"""Plans as notebooks show them: totals per rule and the first parameters, in plain HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from ms_initkit.findings import Finding
from ms_initkit.plans.lines import Assignment, RuleLine
from ms_initkit.plans.text import assignment_cells

_SHOWN: Final = 20


def plan_html(
    family: str, path: str, rules: Sequence[RuleLine], lines: Sequence[Assignment], findings: Sequence[Finding]
) -> str:
    """Returns a heading, a table of the rules, the first parameters folded, and the findings."""
    elements = sum(line.size for line in lines)
    rows = []
    for name, selector in [*((rule.id, rule.selector) for rule in rules), ("", "")]:
        won = [line for line in lines if line.rule == name]
        if won:
            rows.append((name or "(no rule: kept)", selector, f"{len(won):,}", f"{sum(line.size for line in won):,}"))
    shown = [assignment_cells(line) for line in lines[:_SHOWN]]
    more = len(lines) - len(shown)
    rest = f"<p>and {more:,} more: print(plan)</p>" if more else ""
    said = "".join(f"<pre>{escape(str(finding))}</pre>" for finding in findings)
    return (
        f"<p><b>{escape(family)}</b> <code>{escape(path)}</code>: {len(lines):,} parameters, {elements:,} elements</p>"
        f"{table_html(('rule', 'selects', 'parameters', 'elements'), rows)}"
        f"<details><summary>parameters</summary>{table_html((), shown)}{rest}</details>{said}"
    )


def table_html(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Returns a table of texts."""
    heads = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{heads}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
