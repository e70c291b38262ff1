"""Collects what is wrong with something of several parts, so that one bad part does not hide the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar, Unpack

from ms_initkit.basis.records import record
from ms_initkit.findings import About, Finding, RecipeError

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_D = TypeVar("_D")
_P = ParamSpec("_P")


def failure(code: str, message: str, *notes: str, **about: Unpack[About]) -> RecipeError:
    """Returns the exception of one error, which ``Finding.error`` makes."""
    return RecipeError([Finding.error(code, message, *notes, **about)])


class AlreadySaidError(RecipeError):
    """A value cannot be used, and the reader of the file has said why: there is nothing to add."""

    def __init__(self) -> None:
        super().__init__(())


@record
class Attempt(Generic[_T_co]):
    """What an attempt gave: its value, or nothing where it failed."""

    _given: tuple[_T_co, ...] = ()

    @property
    def value(self) -> _T_co:
        """The value; whoever asks for it has settled the problems before."""
        (value,) = self._given
        return value

    def or_else(self, default: _D) -> _T_co | _D:
        """Returns the value, or ``default`` where the attempt failed."""
        return self._given[0] if self._given else default


@dataclass
class Problems:
    """What is wrong so far, all parts of which are to be looked at before it is raised."""

    findings: list[Finding] = field(default_factory=list)
    has_failed: bool = False

    def attempt(self, read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Attempt[_T]:
        """Returns what ``read`` returns; if it raises, keeps what it found."""
        try:
            return Attempt((read(*args, **kwargs),))
        except RecipeError as error:
            self.findings += error.findings
            self.has_failed = True
            return Attempt()

    def add(self, code: str, message: str, *notes: str, **about: Unpack[About]) -> None:
        """Adds one error, which ``Finding.error`` makes."""
        self.findings.append(Finding.error(code, message, *notes, **about))
        self.has_failed = True

    def take(self, other: Problems) -> None:
        """Adds what is wrong with a part."""
        self.findings += other.findings
        self.has_failed |= other.has_failed

    def settle(self) -> None:
        """Raises what was found, if anything was.

        Raises:
            RecipeError: With every finding.
        """
        if self.has_failed:
            raise RecipeError(self.findings)
