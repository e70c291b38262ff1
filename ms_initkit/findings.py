"""What is found wrong: the record, its rendering for people and machines, and the exceptions with it."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


Severity: TypeAlias = Literal["error", "warning", "note"]

_CUTOFF: Final = 0.6
_LONGEST_WORD: Final = 80  # difflib is quadratic, and nothing longer is a misspelling
_LONGEST_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, why it matters and what to type instead.

    Args:
        code: What is wrong in kebab-case, such as ``unknown-key``; ``docs`` has a page of that name.
        message: What is wrong in one sentence, with the words of the user.
        severity: An ``error`` stops the stage that found it.
        span: The place in a recipe, if there is one.
        notes: Why it matters.
        help: What to type.
        rule: The rule concerned, named where the place alone does not show it.
    """

    code: str
    message: str
    severity: Severity = "error"
    span: Span | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    rule: str | None = None

    def __str__(self) -> str:
        """Returns the finding as it is shown in a terminal."""
        margin = " " * (1 if self.span is None else len(str(self.span.line)))
        lines = [f"{self.severity}[{self.code}]: {_printable(self.message)}"]
        if self.span is not None:
            rule = "" if self.rule is None else f" (rule {self.rule!r})"
            place = f"{self.span.path}:{self.span.line}:{self.span.column}"
            lines.append(f"{margin}--> {_printable(place)}{rule}")
            lines += _excerpt(self.span, margin)
        lines += [f"{margin} = note: {_printable(note)}" for note in self.notes]
        if self.help is not None:
            lines.append(f"{margin} = help: {_printable(self.help)}")
        return "\n".join(lines)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Finding:
        """Returns the finding that ``to_json`` wrote."""
        span = None
        if values["path"] is not None:
            place = [values[name] for name in ("path", "line", "column", "end_column", "source")]
            span = Span(*place)  # type: ignore[arg-type]  # as to_json wrote them
        kept = {name: values[name] for name in ("code", "message", "severity", "help", "rule")}
        notes = tuple(values["notes"])  # type: ignore[arg-type,var-annotated]  # a list of text
        return cls(span=span, notes=notes, **kept)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, object]:
        """Returns the finding as JSON values."""
        span = self.span
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "path": None if span is None else span.path,
            "line": None if span is None else span.line,
            "column": None if span is None else span.column,
            "end_column": None if span is None else span.end_column,
            "source": None if span is None else span.text_of_line,
            "rule": self.rule,
            "notes": list(self.notes),
            "help": self.help,
        }


class InitKitError(Exception):
    """The base of what this package raises: findings, of which at least one is an error.

    Args:
        findings: In any order; they are kept by file, line and column, those without a place last.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Final = in_file_order(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        """Returns every finding as it is shown in a terminal, and how many there are."""
        return render(self.findings)


class RecipeError(InitKitError, ValueError):
    """A recipe cannot be used."""


class PlanError(InitKitError, ValueError):
    """A recipe does not fit a network."""


class ApplyError(InitKitError, RuntimeError):
    """A plan could not be carried out, or the values are not those it says."""


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


def render(findings: Sequence[Finding]) -> str:
    """Returns every finding as it is shown in a terminal, then a line that counts them."""
    return "\n\n".join([*map(str, findings), summarise(findings)])


def summarise(findings: Sequence[Finding]) -> str:
    """Returns how many findings there are of each severity, such as ``2 errors, 1 warning``."""
    severities: tuple[Severity, ...] = ("error", "warning", "note")
    counts = [(sum(finding.severity == severity for finding in findings), severity) for severity in severities]
    return ", ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n) or "no findings"


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Returns the choice most like ``word``, or None where none is like it."""
    if len(word) > _LONGEST_WORD:
        return None
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=_CUTOFF)
    return close[0] if close else None


def suggestion(word: str, choices: Iterable[str]) -> str | None:
    """Returns the question ``did you mean '...'?``, or None where no choice is like ``word``."""
    guess = did_you_mean(word, choices)
    return None if guess is None else f"did you mean {guess!r}?"


def _excerpt(span: Span, margin: str) -> list[str]:
    """Returns the source line with carets under the span, cut to a window where the line is long."""
    if not span.text_of_line:
        return []
    start, end = span.column - 1, max(span.end_column - 1, span.column)
    first = 0 if end <= _LONGEST_EXCERPT else max(0, start - _LONGEST_EXCERPT // 2)
    window = _printable(span.text_of_line[first : first + _LONGEST_EXCERPT])
    width = max(1, min(end - first, len(window)) - (start - first))
    pad = "".join(_blank(char) for char in window[: start - first])
    pad = pad.ljust(start - first) if len(window) < start - first else pad
    carets = "".join("^" * len(_blank(char)) for char in window[start - first :][:width]) or "^"
    return [f"{margin} |", f"{span.line} | {window}".rstrip(), f"{margin} | {pad}{carets}"]


def _blank(char: str) -> str:
    """Returns spaces as wide as ``char``: East Asian characters take two columns, accents none."""
    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "


def _printable(text: str) -> str:
    """Returns ``text`` with one visible character for each that would move the cursor of a terminal."""
    return "".join(
        char if char.isprintable() else " " if char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line.

    Args:
        path: The file, as it was named.
        line: From 1.
        column: First character, from 1.
        end_column: One past the last character.
        text_of_line: The whole line, for excerpts; empty if there is none to show.
    """

    path: str
    line: int
    column: int
    end_column: int
    text_of_line: str = field(default="", repr=False)

    def text(self) -> str:
        """Returns the stretch itself."""
        return self.text_of_line[self.column - 1 : self.end_column - 1]

    def __str__(self) -> str:
        """Returns ``path:line:column``."""
        return f"{self.path}:{self.line}:{self.column}"
