"""What is wrong, where, why it matters and what to type: the record, how it reads, and the exceptions that carry it.

A finding is raised by ``Finding.error``, ``Finding.warning`` or ``Finding.note``.
"""

from ms_initkit.findings.codes import Code, codes
from ms_initkit.findings.exceptions import ApplyError, InitKitError, InitKitWarning, PlanError, RecipeError
from ms_initkit.findings.finding import About, Finding, Severity
from ms_initkit.findings.listing import (
    counted,
    findings_to_json,
    first_of,
    has_errors,
    in_file_order,
    numbers_text,
    render,
    summarise,
)
from ms_initkit.findings.spans import Span
from ms_initkit.findings.text import printable, printable_lines
from ms_initkit.findings.words import did_you_mean, few_guesses, suggestion

__all__ = [
    "About",
    "ApplyError",
    "Code",
    "Finding",
    "InitKitError",
    "InitKitWarning",
    "PlanError",
    "RecipeError",
    "Severity",
    "Span",
    "codes",
    "counted",
    "did_you_mean",
    "few_guesses",
    "findings_to_json",
    "first_of",
    "has_errors",
    "in_file_order",
    "numbers_text",
    "printable",
    "printable_lines",
    "render",
    "suggestion",
    "summarise",
]
