"""Reading small files that anybody may have written: regular ones of bounded size, JSON without duplicate keys."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from ms_initkit.draws import Json

# A manifest or a plan of a hundred thousand parameters takes about forty megabytes.
LARGEST: Final = 256 * 2**20
_LONGEST_SHOWN: Final = 60
_LONGEST_INTEGER: Final = 20  # digits of one of 64 bits; a sign makes room for a digit less
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


@contextmanager
def opened(path: str | Path) -> Iterator[IO[bytes]]:
    """Opens a regular file for reading; a pipe is never waited for and a device never read.

    Raises:
        ValueError: If it is missing, not a regular file, or not to be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path}: cannot be read: it is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read_text(path: str | Path, largest: int = LARGEST) -> str:
    """Returns the text of a regular file of at most ``largest`` bytes.

    Raises:
        ValueError: If it is missing, too large, not UTF-8, or not to be read.
    """
    with opened(path) as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{path}: larger than {largest:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: byte {error.start}") from error


def parse_json(text: str | bytes, what: object, *, allows_infinity: bool = False) -> Json:
    """Returns the values of a JSON text.

    Args:
        text: The text; as bytes it is UTF-8 and, unlike to ``json.loads``, nothing else.
        what: What errors call it.
        allows_infinity: Whether ``Infinity`` is a number, as where bounds are written.

    Raises:
        ValueError: If it is not JSON, nested too deeply, or a key stands twice in one object.
    """

    def constant(name: str) -> float:
        if allows_infinity and name != "NaN":
            return -math.inf if name.startswith("-") else math.inf
        raise ValueError(f"{name} is not a number of JSON")

    try:
        text = text if isinstance(text, str) else text.decode("utf-8")
        values: Json = json.loads(
            text, object_pairs_hook=_object, parse_constant=constant, parse_float=_number, parse_int=_integer
        )
    except RecursionError as error:
        raise ValueError(f"{what}: not JSON: nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"{what}: not JSON: {error}") from error
    if _SURROGATE.search(text) and not _is_text(values):
        raise ValueError(f"{what}: not JSON: an escape stands for half a character")
    return values


def _is_text(values: Json) -> bool:
    """Returns whether all texts in ``values`` are characters, which can be written to a file again."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def read_json(path: str | Path, largest: int = LARGEST) -> Json:
    """Returns the values of a JSON file.

    Raises:
        ValueError: As ``read_text`` and ``parse_json``.
    """
    return parse_json(read_text(path, largest), path)


def shown(value: object) -> str:
    """Returns ``value`` for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # None
        raise ValueError(f"the key {shown(twice)} stands twice")
    return values


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError(f"{shown(text)} is beyond 64 bits")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{shown(text)} is beyond every number")
    return value
