"""What is wrong with a file as a whole: it is not there, too large, or no text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ms_initkit.findings import Finding, Span, did_you_mean

LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def missing_file(path: str) -> Finding:
    """Returns what to say of a path that leads nowhere, with the recipe beside it that may be meant."""
    folder = Path(path).parent
    try:
        siblings = {file.stem: file.name for file in sorted(folder.iterdir()) if file.suffix in (".yaml", ".yml")}
    except OSError:
        siblings = {}
    guess = did_you_mean(Path(path).stem, siblings)  # that both end in .yaml makes no two names alike
    hint = None if guess is None else f"did you mean {siblings[guess]!r}?"
    return Finding.error("unknown-recipe", f"there is no file {path!r}", help=hint)


def too_large(path: str, reason: str) -> Finding:
    """Returns what to say of a file that no recipe is as large as."""
    return Finding.error("too-large", f"{path!r} is no recipe: {reason}")


def too_deep(line: int, deepest: int) -> str:
    """Returns why a file is too large that nests so much at ``line``."""
    return f"line {line} is nested deeper than {deepest} levels"


def not_utf8(content: bytes, error: UnicodeDecodeError, path: str) -> Finding:
    """Returns what to say of bytes that are no text, and where they stand."""
    before = content[: error.start].decode("utf-8-sig")
    lines = LINE_BREAK.split(before)
    rest = LINE_BREAK.split(content[error.start :].decode("utf-8", "replace"))[0]
    column = len(lines[-1]) + 1
    span = Span(path, len(lines), column, column + 1, lines[-1] + rest)
    message = f"byte 0x{content[error.start]:02x} is not UTF-8"
    return Finding.error("not-utf-8", message, span=span, help="save the file as UTF-8")
