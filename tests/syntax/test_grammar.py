"""The grammar of expressions: a text to a tree, or what is wrong with it and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.syntax.grammar import LONGEST, ExpressionError, Node, Parser, UnclosedError


def tree(node: Node) -> object:
    """Returns the shape of ``node``: its sign with its operands, or its word."""
    return (node.token.text, *map(tree, node.operands)) if node.operands else node.token.text


def parsed(text: str, *, is_condition: bool = False) -> object:
    return tree(Parser(text, is_condition=is_condition).parse())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", ("+", "1", ("*", "2", "3"))),
        ("(1 + 2) * 3", ("*", ("+", "1", "2"), "3")),
        ("2 ** 3 ** 2", ("**", "2", ("**", "3", "2"))),
        ("-2 ** 2", ("-", ("**", "2", "2"))),
        ("1 - 2 - 3", ("-", ("-", "1", "2"), "3")),
        ("max(1, n)", ("max", "1", "n")),
        ("shape[0] / 2", ("/", ("shape", "0"), "2")),
    ],
)
def test_operators_bind_as_in_mathematics(text: str, expected: object) -> None:
    assert parsed(text) == expected


def test_and_binds_closer_than_or() -> None:
    assert parsed("a or not b and c > 1", is_condition=True) == ("or", "a", ("and", ("not", "b"), (">", "c", "1")))


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("010", 0, "ambiguous"),
        ("1_000", 0, "ambiguous"),
        ("0x1f", 0, "ambiguous"),
        ("1e400", 0, "finite"),
        ("99999999999999999999", 0, "64 bits"),
        ("sqrt", 0, "is a function"),
        ("root(2)", 0, "no function"),
        ("1 +", 3, "missing"),
        ("(1", 0, "never closed"),
        ("max(1", 3, "never closed"),
        ("sqrt(1, 2)", 0, "one argument"),
        ("1 2", 2, "not expected"),
        ("n = 2", 2, "not expected"),
        ("n ^ 2", 2, "not expected"),
        ("n.x", 1, "not expected"),
        ("{i}", 0, "not expected"),
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("()", 1, "not expected"),
        ("n > 2", 2, "belong to `when`"),
        ("n and 2", 2, "not expected"),
        ("'a'", 0, "no place"),
        ("true", 0, "not a number"),
        ("1e5x", 0, "not a number"),
        ("(" * 300 + "1", 24, "deeper"),
        ("-" * 300 + "1", 24, "deeper"),
        ("1" + " + 1" * 200, 402, "in a row"),
        ("1" * 2000, 1000, "at most"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_is_wrong(text: str, start: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        Parser(text, is_condition=False).parse()

    assert caught.value.start == start


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [("1 < n < 3", 6, "cannot be chained"), ("act = 'relu'", 4, "not expected"), ("act == 'relu", 7, "not expected")],
)
def test_what_is_no_condition_is_refused_where_it_is_wrong(text: str, start: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        Parser(text, is_condition=True).parse()

    assert caught.value.start == start


def test_what_is_never_closed_is_told_apart() -> None:
    for text in ("(1", "max(1", "shape[0"):
        with pytest.raises(UnclosedError):
            Parser(text, is_condition=False).parse()


@given(st.text("()+-*[], n1", max_size=LONGEST))
def test_any_text_has_a_shallow_tree_or_is_refused(text: str) -> None:
    try:
        depth = Parser(text, is_condition=False).parse().depth
    except ExpressionError:
        return
    assert depth <= 500  # Python's own stack is twice as deep
