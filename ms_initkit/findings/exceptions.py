"""The exceptions that carry findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ms_initkit.findings.finding import Finding
from ms_initkit.findings.listing import in_file_order, render


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


class InitKitWarning(UserWarning):
    """What was found that does not stop a plan or an apply: its text is the finding's."""
