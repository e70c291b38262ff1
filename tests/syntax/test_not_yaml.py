"""What is said of text that is not YAML, and where."""

from __future__ import annotations

import pytest

from ms_initkit.syntax.source import read_text


@pytest.mark.parametrize(
    ("text", "code", "place", "said"),
    [
        ("a: 1\nb: x\x07y", "bad-yaml", "r.yaml:2:5", "the character U+0007 may not stand in YAML"),
        ('a: "\\U00110000"', "bad-yaml", "r.yaml:1:5", "this escape stands for no character"),
        ("a:\n  b: 1\n\tc: 2", "tab-indentation", "r.yaml:3:1", "this line is indented by a tab"),
        ("a: [1, 2", "bad-yaml", "r.yaml:1:9", "this is not YAML"),
        ("a: 'x\nb: 2\n", "bad-yaml", "r.yaml:1:4", "this is not YAML"),
        ("a: 1\n b: 2", "bad-yaml", "r.yaml:2:3", "this is not YAML"),
    ],
)
def test_it_is_said_where_it_is_wrong(text: str, code: str, place: str, said: str) -> None:
    (finding,) = read_text(text, "r.yaml").findings

    assert (finding.code, str(finding.span), finding.message) == (code, place, said)


def test_within_brackets_quotes_are_advised() -> None:
    (finding,) = read_text("a: {b: c: d}", "r.yaml").findings

    assert finding.help == "within brackets and braces, text that has some itself is written in quotes"
