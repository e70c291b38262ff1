"""How every command answers: text or JSON on stdout, findings on stderr, an exit code."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final, NoReturn

import typer

from ms_initkit.findings import Finding, InitKitError, findings_to_json, printable_lines, render

FINDINGS: Final = 1
COULD_NOT_RUN: Final = 2
_HANGING: Final = 4
_EXCERPT: Final = re.compile(r" *\d* \|")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def say(text: str) -> None:
    """Prints ``text``, of whose characters none moves the cursor: names and ids are other people's."""
    typer.echo(printable_lines(text), nl=not text.endswith("\n"))


def tell(text: str) -> None:
    """Prints ``text`` for people: where the reader's terminal ends, lines are broken between words."""
    say(_folded(text, terminal_width()))


def terminal_width(*, of_errors: bool = False) -> int | None:
    """Returns how many columns the reader's terminal has; None where a file or another program reads."""
    stream = sys.stderr if of_errors else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


def fitted(line: str, indent: int, width: int | None) -> str:
    """Returns ``line`` broken between words where ``width`` columns end, and indented from there on."""
    if width is None or width < 2 * indent or len(line) <= width:
        return line
    return textwrap.fill(
        line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False, tabsize=1
    )


def _folded(text: str, width: int | None) -> str:
    """Returns ``text`` with lines of at most ``width``, broken between words; source lines with carets stay."""
    if width is None:
        return text
    lines = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip()) + _HANGING
        lines.append(line if _EXCERPT.match(line) else fitted(line, indent, width))
    return "\n".join(lines)


def refuse(reason: object) -> NoReturn:
    """Says why the command could not run, and ends with code 2."""
    text = _folded(f"ms-initkit: {reason}", terminal_width(of_errors=True))
    typer.echo(printable_lines(text), err=True)
    raise typer.Exit(COULD_NOT_RUN)


def report_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Prints findings where people look for them: as JSON on stdout, as text on stderr."""
    if as_json:
        say(json.dumps(findings_to_json(findings), indent=1))
    elif findings:
        width = terminal_width(of_errors=True)
        typer.echo(_folded(render(findings, width), width), err=True)


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """Turns findings that were raised into an answer, and what keeps a command from running into a refusal."""
    try:
        yield
    except InitKitError as error:
        report_findings(error.findings, as_json=as_json)
        raise typer.Exit(FINDINGS) from error
    except BrokenPipeError:
        raise  # whoever reads has seen enough, as `| head` does: typer ends without a word
    except (ValueError, TypeError, KeyError, OSError) as error:
        refuse(error.args[0] if isinstance(error, KeyError) else error)
