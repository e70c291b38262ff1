"""Files that anybody may have written: what is no regular file, too large, or no plain JSON is refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ms_initkit.files.regular import opened, parse_json, read_json, read_text


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ValueError, match="not a regular file"):
        read_json(tmp_path / "pipe.json")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/tty", "/", "/proc"])
def test_devices_and_folders_are_not_read(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"), opened(path):
        pass


def test_what_is_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.json"
    file.write_text("[" + " " * 100 + "]")
    assert read_json(file, largest=102) == []
    with pytest.raises(ValueError, match="larger than 101 bytes"):
        read_json(file, largest=101)


def test_text_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'["\xe9"]')
    with pytest.raises(ValueError, match="not UTF-8: byte 2"):
        read_text(tmp_path / "latin.json")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('[{"b": {"c": 1, "d": 2, "c": 3}}]', "'c' stands twice"),
        ("[NaN]", "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("[1e999]", "beyond every number"),
        ("[" + "9" * 5000 + "]", "beyond 64 bits"),
        ('{"a": -' + "1" * 400 + "}", "beyond 64 bits"),
        ("[1, 2", "not JSON"),
        ("", "not JSON"),
        ("'a'", "not JSON"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"\\uDFFF": 1}', "half a character"),
        ('["\\ud83d", "\\ude00"]', "half a character"),
    ],
)
def test_what_is_no_plain_json_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"it: not JSON.*{problem}" if problem != "not JSON" else problem):
        parse_json(text, "it")


def test_integers_of_64_bits_are_read() -> None:
    assert parse_json(f"[{2**64 - 1}, {-(2**63)}, 0]", "it") == [2**64 - 1, -(2**63), 0]


def test_two_halves_are_one_character() -> None:
    assert parse_json('["\\ud83d\\ude00", "\\\\ud800"]', "it") == ["\U0001f600", "\\ud800"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16", "utf-32", "utf-8-sig"])
def test_bytes_are_utf_8(encoding: str) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        parse_json('{"a": 1}'.encode(encoding), "it")


def test_infinity_is_a_number_where_bounds_are_written() -> None:
    assert parse_json("[-Infinity, 1.5]", "it", allows_infinity=True) == [float("-inf"), 1.5]
    with pytest.raises(ValueError, match="NaN"):
        parse_json("[NaN]", "it", allows_infinity=True)
