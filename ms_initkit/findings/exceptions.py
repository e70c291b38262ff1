"""The exceptions that carry findings."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ms_initkit.findings.finding import Finding
from ms_initkit.findings.listing import in_file_order, render

_PACKAGE: Final = str(Path(__file__).parents[1])


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

    def _render_traceback_(self) -> list[str]:
        """Returns what notebooks show: the caller's lines and the findings, which say where and why.

        What raised it first, such as an initializer of one's own, is shown with all that is between.
        """
        if self.__cause__ is not None:
            return traceback.format_exception(self)
        callers = []
        for frame in traceback.extract_tb(self.__traceback__):
            if frame.filename.startswith(_PACKAGE):
                break
            if f"{Path('site-packages', 'IPython')}" not in frame.filename:
                callers.append(frame)
        return [*traceback.format_list(callers), f"{type(self).__name__}: {self}"]


class RecipeError(InitKitError, ValueError):
    """A recipe cannot be used."""


class PlanError(InitKitError, ValueError):
    """A recipe does not fit a network."""


class ApplyError(InitKitError, RuntimeError):
    """A plan could not be carried out, or the values are not those it says."""


class InitKitWarning(UserWarning):
    """What was found that does not stop a plan or an apply: its text is the finding's."""


# Each call tells what it found, also in a loop or a cell of a notebook that is run again. Other filters go first.
warnings.simplefilter("always", InitKitWarning, append=True)
