from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.findings import RecipeError, Span
from ms_initkit.syntax.nodes import Document
from ms_initkit.syntax.source import read_bytes, read_text
from tests.syntax.parsed import plain, scalar

keys = st.text("abcdef", min_size=1, max_size=3)
scalars = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12
)


def test_a_node_knows_its_line_columns_and_text() -> None:
    node = scalar("b: 1\na:  value  # why\n")

    assert node.span == Span("r.yaml", 2, 5, 10, "a:  value  # why")
    assert node.span.text() == "value"
    assert str(node.span) == "r.yaml:2:5"


def test_columns_count_characters_and_not_bytes() -> None:
    assert scalar("家族: é").span.column == 5


def test_a_byte_order_mark_is_skipped() -> None:
    assert plain(read_bytes(b"\xef\xbb\xbfa: 1", "r.yaml").root) == {"a": "1"}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(line_end: str) -> None:
    assert scalar(line_end.join(["b: 1", "c: 2", "a: 3"])).span.line == 3


@given(st.dictionaries(keys, trees, min_size=1, max_size=3))
def test_text_in_quotes_reads_as_pyyaml_reads_it(tree: dict[str, object]) -> None:
    text = yaml.safe_dump(tree, default_style='"')

    assert plain(read_text(text, "r.yaml").root) == yaml.safe_load(text) == tree


@given(st.text(max_size=200))
def test_any_text_gives_nodes_or_findings(text: str) -> None:
    document = read_text(text, "r.yaml")

    assert document.root is not None or document.findings


@given(st.binary(max_size=200))
def test_any_bytes_give_nodes_or_findings(content: bytes) -> None:
    try:
        document = read_bytes(content, "r.yaml")
    except RecipeError as error:
        document = Document("r.yaml", "", None, error.findings)

    assert document.root is not None or document.findings


@given(st.text("[]{}:,*&!-?'\"|>#%@ \n\tab0._", max_size=60))
def test_any_punctuation_gives_spans_that_lie_on_their_lines(text: str) -> None:
    document = read_text(text, "r.yaml")

    for finding in document.findings:
        assert finding.span is None or finding.span.text_of_line in re.split("\r\n|[\r\n]", text)
        assert str(finding)
