"""Typed values off nodes, and what is said of nodes that have none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ms_initkit.findings import RecipeError
from ms_initkit.syntax import reading, schemas
from ms_initkit.syntax.nodes import Node
from ms_initkit.syntax.problems import Problems
from ms_initkit.syntax.schemas import Key
from tests.syntax.parsed import value

TABLE = (Key("one", schemas.COUNT, "The one.", is_required=True), Key("other", schemas.TEXT, "The other."))


def word(node: Node, what: str) -> str:
    return reading.read_word(node, what, ("up", "down"))


def integers(node: Node, what: str) -> tuple[int, ...]:
    return reading.read_each(node, what, reading.read_integer)


def counts(node: Node, what: str) -> tuple[int, ...]:
    return reading.read_one_or_more(node, what, reading.read_count)


@pytest.mark.parametrize(
    ("reader", "text", "expected"),
    [
        (reading.read_text, "no", "no"),
        (reading.read_text, "'true'", "true"),
        (reading.read_text, "2019", "2019"),
        (reading.read_flag, "true", True),
        (reading.read_flag, "false", False),
        (reading.read_integer, "-3", -3),
        (reading.read_count, "0", 0),
        (word, "up", "up"),
        (integers, "[1, -2]", (1, -2)),
        (counts, "3", (3,)),
        (counts, "[3, 4]", (3, 4)),
        (reading.read_texts, "[a, 1]", ("a", "1")),
        (reading.read_identifier, "_a1", "_a1"),
        (reading.read_class_name, "Conv*", "Conv*"),
    ],
)
def test_a_value_of_its_type_is_read(reader: Callable[[Node, str], object], text: str, expected: object) -> None:
    found = reader(value(f"a: {text}"), "`a`")

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("reader", "text", "message", "help"),
    [
        (reading.read_text, "true", "`a` is text, not 'true'", "write 'true' in quotes"),
        (reading.read_text, "", "`a` is text, not nothing", None),
        (reading.read_text, "[b]", "`a` is text, not a list", None),
        (reading.read_flag, "yes", "`a` is true or false, not 'yes'", "write true"),
        (reading.read_flag, "'off'", "`a` is true or false, not 'off'", "write false, without quotes"),
        (reading.read_flag, "{b: 1}", "`a` is true or false, not a mapping", None),
        (reading.read_integer, "1.5", "`a` is a whole number, not '1.5'", None),
        (reading.read_integer, "2147483648", "`a` is a whole number, not '2147483648'", None),
        (reading.read_integer, "'010'", "'010' is read differently by different readers", "write 10"),
        (reading.read_count, "-1", "`a` is a whole number from 0, not -1", None),
        (word, "dwon", "`a` cannot be 'dwon'", "did you mean 'down'?"),
        (word, "[up]", "`a` is up or down, not a list", None),
        (integers, "1", "`a` is a list, not '1'", "write it in brackets: [...]"),
        (integers, "[]", "`a` is an empty list", None),
        (integers, "[1, b]", "an item of `a` is a whole number, not 'b'", None),
        (reading.read_glob, "", "`a` is a glob over names, not nothing", None),
        (reading.read_glob, "a..b", "'a..b' is not a glob: .*", None),
        (reading.read_identifier, "1a", "`a` cannot be '1a'", None),
        (reading.read_class_name, "a b", "`a` cannot be 'a b'", None),
        (reading.read_text, "x" * 200, "", None),
    ],
)
def test_what_is_of_another_type_is_said(
    reader: Callable[[Node, str], object], text: str, message: str, help: str | None
) -> None:
    node = value(f"a: {text}")
    if not message:  # it is text, and a long one
        assert len(reading.described(node)) < 100
        return

    with pytest.raises(RecipeError) as caught:
        reader(node, "`a`")

    (finding,) = caught.value.findings
    if message.endswith(".*"):
        assert finding.message.startswith(message[:-2])
        assert finding.span is not None
        assert finding.span.text() == "."
    else:
        assert (finding.message, finding.help) == (message, help)


def test_fields_are_read_and_what_is_wrong_is_collected() -> None:
    problems = Problems()

    fields = reading.read_fields(value("a: {one: 3, othr: b}"), TABLE, "`a`", problems)

    assert fields.required("one", reading.read_count).value == 3
    assert fields.read("other", reading.read_text, "left out").value == "left out"
    assert fields.optional("one", reading.read_flag, False) is False
    assert "one" in fields
    assert "othr" not in fields
    assert [(finding.code, finding.help) for finding in problems.findings] == [
        ("unknown-key", "did you mean 'other'?"),
        ("wrong-type", None),
    ]


def test_a_missing_key_is_told_with_what_it_is_for() -> None:
    problems = Problems()

    reading.read_fields(value("a: {other: b}"), TABLE, "`a`", problems)

    (finding,) = problems.findings
    assert (finding.code, finding.message, finding.notes) == ("missing-key", "`a` has no `one`", ("`one`: the one",))


def test_lists_of_words_are_sentences() -> None:
    assert reading.listed(("a",)) == "a"
    assert reading.listed(("a", "b", "c")) == "a, b and c"
    assert reading.listed(("a", "b"), "or") == "a or b"
