"""Collects what is wrong with something of several parts, so that one bad part does not hide the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack, cast

from ms_initkit.findings import Finding, RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ms_initkit.findings import About

_T = TypeVar("_T")
_P = ParamSpec("_P")


def failure(code: str, message: str, *notes: str, **about: Unpack[About]) -> RecipeError:
    """Returns the exception of one error, which ``Finding.error`` makes."""
    return RecipeError([Finding.error(code, message, *notes, **about)])


class AlreadySaidError(RecipeError):
    """A value cannot be used, and the reader of the file has said why: there is nothing to add."""

    def __init__(self) -> None:
        super().__init__(())


@dataclass
class Problems:
    """What is wrong so far, all parts of which are to be looked at before it is raised."""

    findings: list[Finding] = field(default_factory=list)
    has_failed: bool = False

    def attempt(self, read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Returns what ``read`` returns; if it raises, keeps what it found.

        After a failure the value is None, whatever its type says: ``settle`` before it is used.
        """
        try:
            return read(*args, **kwargs)
        except RecipeError as error:
            self.findings += error.findings
            self.has_failed = True
            return cast("_T", None)

    def add(self, code: str, message: str, *notes: str, **about: Unpack[About]) -> None:
        """Adds one error, which ``Finding.error`` makes."""
        self.findings.append(Finding.error(code, message, *notes, **about))
        self.has_failed = True

    def settle(self) -> None:
        """Raises what was found, if anything was.

        Raises:
            RecipeError: With every finding.
        """
        if self.has_failed:
            raise RecipeError(self.findings)
