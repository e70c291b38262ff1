"""What a rule selects, as it is written."""

from __future__ import annotations

import pytest

from ms_initkit.language.selector_tests import AxisCount, CellClass, ElementType, Name, Shape, Trainable
from ms_initkit.syntax.globs import Glob
from tests.language.written import WHOLE, load, refused_rule


def test_a_selector_has_every_test() -> None:
    selector = load(WHOLE).rules[1].match

    assert selector.find(Name) == Name((Glob("**.{i}.qkv.weight"), Glob("**.{i}.kv.weight")))
    assert selector.find(CellClass) == CellClass(("Dense", "*Linear"))
    assert selector.find(AxisCount) == AxisCount((2,))
    assert selector.find(Shape) == Shape((None, 768))
    assert selector.find(ElementType) == ElementType(("float32",))
    assert selector.find(Trainable) == Trainable("any")


@pytest.mark.parametrize(
    ("lines", "code", "at"),
    [
        ("{match: [], init: zeros}", "empty-match", "[]"),
        ("{match: {}, init: zeros}", "empty-match", "{}"),
        ("{match: , init: zeros}", "empty-match", ","),
        ("{match: {i}, init: zeros}", "unquoted-glob", "{i}"),
        ('{match: {regex: "a(b"}, init: zeros}', "bad-regex", "("),
        ('{match: {regex: "[[a]"}, init: zeros}', "bad-regex", '"[[a]"'),
        ("{match: {ndim: two}, init: zeros}", "wrong-type", "two"),
        ("{match: {ndim: -1}, init: zeros}", "wrong-type", "-1"),
        ("{match: {dtype: flaot32}, init: zeros}", "unknown-word", "flaot32"),
        ("{match: {trainable: no}, init: zeros}", "wrong-type", "no"),
        ('{match: {cell: "a b"}, init: zeros}', "wrong-type", '"a b"'),
    ],
)
def test_a_match_that_cannot_be_is_refused_where_it_is_wrong(lines: str, code: str, at: str) -> None:
    ((found, text),) = refused_rule(lines)

    assert found == code
    assert text == at
