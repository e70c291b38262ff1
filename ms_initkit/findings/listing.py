"""Several findings: their order, their text and their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from ms_initkit.findings.finding import Finding, Severity

MOST_SHOWN: Final = 200
_MOST_NUMBERS: Final = 20


def in_file_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Returns ``findings`` by file (as they are first met), line and column; those without a place last."""
    listed = list(findings)
    files = {
        path: rank for rank, path in enumerate(dict.fromkeys(one.span.path for one in listed if one.span is not None))
    }

    def place(finding: Finding) -> tuple[int, int, int]:
        span = finding.span
        return (len(files), 0, 0) if span is None else (files[span.path], span.line, span.column)

    return tuple(sorted(listed, key=place))


def render(findings: Sequence[Finding], width: int | None = None) -> str:
    """Returns the first 200 findings as a terminal of ``width`` columns shows them, then a line that counts all."""
    more = len(findings) - MOST_SHOWN
    counts = summarise(findings) + (f"; {more} of them are not shown" if more > 0 else "")
    return "\n\n".join([*(finding.text(width) for finding in findings[:MOST_SHOWN]), counts])


def counted(n: int, word: str) -> str:
    """Returns ``1 tensor``, ``2,304 tensors``."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def first_of(items: Sequence[object], most: int) -> str:
    """Returns the first ``most`` of ``items``, and how many more there are: ``a, b and 1,000 more``."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(map(str, items[:most])) + more


def numbers_text(numbers: tuple[int, ...]) -> str:
    """Returns ``(3, 4)``; of many numbers the first 20, and how many more there are."""
    return str(numbers) if len(numbers) <= _MOST_NUMBERS else f"({first_of(numbers, _MOST_NUMBERS)})"


def summarise(findings: Sequence[Finding]) -> str:
    """Returns how many findings there are of each severity, such as ``2 errors, 1 warning``."""
    counts = [(sum(finding.severity == severity for finding in findings), severity) for severity in get_args(Severity)]
    return ", ".join(f"{counted(n, word)}" for n, word in counts if n) or "no findings"


def has_errors(findings: Iterable[Finding]) -> bool:
    """Returns whether any of them is an error."""
    return any(finding.severity == "error" for finding in findings)


def findings_to_json(findings: Iterable[Finding]) -> dict[str, object]:
    """Returns findings as JSON values, and beside them each line that they point to, once, by file and number."""
    listed = []
    sources: dict[str, dict[str, str]] = {}
    for finding in findings:
        values = finding.to_json()
        del values["source"]
        listed.append(values)
        if finding.span is not None:
            sources.setdefault(finding.span.path, {})[str(finding.span.line)] = finding.span.text_of_line
    return {"findings": listed, "sources": sources}
