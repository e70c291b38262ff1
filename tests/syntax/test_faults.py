"""Files that are not there, too large, or no text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.syntax import source
from ms_initkit.syntax.source import read_bytes, read_file


def test_a_long_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"#" * (source.LARGEST_FILE + 10))

    with pytest.raises(RecipeError, match="too-large"):
        read_file(str(path))


def test_bytes_that_are_not_utf8_are_shown_where_they_stand() -> None:
    with pytest.raises(RecipeError) as caught:
        read_bytes(b"a: 1\nb: caf\xe9!\n", "r.yaml")

    (finding,) = caught.value.findings
    assert finding.code == "not-utf-8"
    assert str(finding.span) == "r.yaml:2:7"


def test_a_missing_file_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "resnet.yaml").touch()

    with pytest.raises(RecipeError) as caught:
        read_file(str(tmp_path / "resent.yaml"))

    assert caught.value.findings[0].help == "did you mean 'resnet.yaml'?"


@pytest.mark.parametrize("path", [".", "a\0b.yaml"])
def test_what_cannot_be_read_is_a_finding(path: str) -> None:
    with pytest.raises(RecipeError, match=re.escape("unreadable-recipe")):
        read_file(path)
