"""One thing that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, TypedDict, Unpack

from ms_initkit.basis.records import record
from ms_initkit.findings.spans import Span
from ms_initkit.findings.text import excerpt, printable

Severity: TypeAlias = Literal["error", "warning", "note"]


class About(TypedDict, total=False):
    """What a finding is about, and what to type: the keywords of ``Finding.error`` and its like."""

    span: Span | None
    help: str | None
    rule: str | None
    parameter: str | None


@record
class Finding:
    """One thing that is wrong, where it is, why it matters and what to type instead.

    Args:
        code: What is wrong in kebab-case, such as ``unknown-key``; ``docs`` has a page of that name.
        message: What is wrong in one sentence, with the words of the user.
        severity: An ``error`` stops the stage that found it.
        span: The place in a recipe, if there is one.
        notes: Why it matters.
        help: What to type.
        rule: The id of the rule concerned, for programs; people read it in the message.
        parameter: The name of the parameter concerned, or of the first of several, likewise.
    """

    code: str
    message: str
    severity: Severity = "error"
    span: Span | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    rule: str | None = None
    parameter: str | None = None

    @classmethod
    def of(cls, severity: Severity, code: str, message: str, *notes: str, **about: Unpack[About]) -> Finding:
        """Returns a finding of a severity that depends on circumstances."""
        return cls(code, message, severity, notes=notes, **about)

    @classmethod
    def error(cls, code: str, message: str, *notes: str, **about: Unpack[About]) -> Finding:
        """Returns what stops the stage that finds it."""
        return cls(code, message, "error", notes=notes, **about)

    @classmethod
    def warning(cls, code: str, message: str, *notes: str, **about: Unpack[About]) -> Finding:
        """Returns what is hardly meant, and stops nothing."""
        return cls(code, message, "warning", notes=notes, **about)

    @classmethod
    def note(cls, code: str, message: str, *notes: str, **about: Unpack[About]) -> Finding:
        """Returns what is good to know."""
        return cls(code, message, "note", notes=notes, **about)

    def __str__(self) -> str:
        """Returns the finding as people read it."""
        return self.text()

    def __repr__(self) -> str:
        return f"<{self.severity}[{self.code}]: {printable(self.message)}>"

    def text(self, width: int | None = None) -> str:
        """Returns the finding as it is shown in a terminal, of ``width`` columns if that is known."""
        margin = " " * (1 if self.span is None or self.span.entry else len(str(self.span.line)))
        lines = [f"{self.severity}[{self.code}]: {printable(self.message)}"]
        if self.span is not None:
            lines.append(f"{margin}--> {printable(str(self.span))}")
            lines += excerpt(self.span, margin, width)
        lines += [f"{margin} = note: {printable(note)}" for note in self.notes]
        if self.help is not None:
            lines.append(f"{margin} = help: {printable(self.help)}")
        return "\n".join(lines)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Finding:
        """Returns the finding that ``to_json`` wrote."""
        span = None
        if values["path"] is not None:
            place = [values[name] for name in ("path", "line", "column", "end_column", "source")]
            span = Span(*place, entry=values.get("entry") or "")  # type: ignore[arg-type,misc]  # as to_json wrote them
        kept = {name: values.get(name) for name in ("code", "message", "severity", "help", "rule", "parameter")}
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
            "entry": (None if span is None else span.entry) or None,
            "rule": self.rule,
            "parameter": self.parameter,
            "notes": list(self.notes),
            "help": self.help,
        }
