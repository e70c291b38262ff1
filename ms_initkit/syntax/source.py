"""Stage read: YAML text to nodes that remember where they stand. No schema, no MindSpore."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Final

import yaml

from ms_initkit.findings import Finding, RecipeError
from ms_initkit.syntax.building import DEEPEST, Builder, TooLargeError, given
from ms_initkit.syntax.faults import missing_file, not_utf8, too_deep, too_large
from ms_initkit.syntax.lines import Lines
from ms_initkit.syntax.nodes import Document, Node
from ms_initkit.syntax.not_yaml import bad_yaml, control_character, impossible_escape
from ms_initkit.syntax.repairs import MOST_REPAIRS, masked

LARGEST_FILE: Final = 1 << 20

_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def read_file(path: str) -> Document:
    """Returns the nodes of the recipe at ``path``.

    Raises:
        RecipeError: If the file cannot be had as text.
    """
    try:
        content = _content(path)
    except FileNotFoundError:
        raise RecipeError([missing_file(path)]) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecipeError([Finding.error("unreadable-recipe", f"{path!r} cannot be read: {reason}")]) from error
    return read_bytes(content, path)


def _content(path: str) -> bytes:
    """Returns the bytes of a regular file, no more than are too many; a pipe is never waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return file.read(LARGEST_FILE + 1)


def read_bytes(content: bytes, path: str) -> Document:
    """Returns the nodes of a recipe given as the bytes of a file called ``path``.

    Raises:
        RecipeError: If they are not text, or too long to be a recipe.
    """
    if len(content) > LARGEST_FILE:
        raise RecipeError([too_large(path, f"it is longer than {LARGEST_FILE} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecipeError([not_utf8(content, error, path)]) from None
    return read_text(text, path)


def read_text(text: str, path: str) -> Document:
    """Returns the nodes of a recipe given as the text of a file called ``path``."""
    root, findings = _read(text, Lines.of(text, path))
    return Document(path, text, root, tuple(findings))


def _read(text: str, lines: Lines) -> tuple[Node | None, list[Finding]]:
    """Returns the root and what is wrong; what lacks quotes is reported, and read as it was meant."""
    control = _CONTROL.search(text)
    if control is not None:
        return None, [control_character(control, lines)]
    repaired = list(lines.texts)
    repairs: list[Finding] = []
    for _ in range(MOST_REPAIRS):
        builder = Builder(lines)
        try:
            root = builder.build("\n".join(repaired))
        except yaml.MarkedYAMLError as error:
            if "nesting depth" in (error.problem or ""):  # libyaml's own limit, from PyYAML 6.0.4 on
                reason = too_deep(given(error.problem_mark).line + 1, DEEPEST)
                return None, [*repairs, too_large(lines.path, reason)]
            repair = masked(repaired, (error.problem_mark, error.context_mark), lines)
            if repair is None:
                return None, [*repairs, bad_yaml("\n".join(repaired), error, lines)]
            repairs.append(repair)
        except TooLargeError as error:
            return None, [*repairs, too_large(lines.path, str(error))]
        except (OverflowError, ValueError):  # PyYAML makes a character of whatever number is escaped
            return None, [*repairs, impossible_escape(text, lines)]
        else:
            return root, [*builder.findings, *repairs]
    return None, repairs  # so many that the rest can wait until they are corrected
