"""Nodes of a file, each of which knows where it stands."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.nodes import Mapping
from tests.syntax.parsed import scalar, value


@pytest.mark.parametrize("written", ["abc", "'abc'", '"abc"'])
def test_a_part_of_a_scalar_has_its_own_columns(written: str) -> None:
    assert scalar(f"a: {written}").part(1, 2).text() == "bc"


def test_a_part_of_a_scalar_with_escapes_is_the_whole() -> None:
    node = scalar('a: "x\\ty"')

    assert node.part(1, 1) == node.span


def test_nothing_is_what_stands_without_quotes() -> None:
    assert [scalar(f"a: {text}").is_null for text in ("", "~", "null", "'~'", '""', "Null")] == [True] * 3 + [False] * 3


def test_a_mapping_is_asked_by_key() -> None:
    mapping = value("a: {b: 1, c: 2}")

    assert isinstance(mapping, Mapping)
    assert mapping.get("c") == mapping.entries[1][1]
    assert mapping.get("d") is None
