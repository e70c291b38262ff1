"""Dotted globs: what is none is refused where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.syntax.glob_grammar import GlobError
from ms_initkit.syntax.globs import Glob


@pytest.mark.parametrize(
    ("glob", "start", "message"),
    [
        ("a..b", 2, "empty"),
        (".a", 0, "empty"),
        ("a.", 1, "empty"),
        ("a.{b,}.c", 6, "empty"),
        ("{a", 0, "never closed"),
        ("a}", 1, "closes nothing"),
        ("{1}", 0, "neither"),
        ("{}", 0, "neither"),
        ("a**", 1, "whole segments"),
        ("***", 0, "no more than"),
        ("{a.{i},b}", 3, "some alternatives only"),
        ("x1{i}", 2, "run of digits"),
        ("{i}{j}", 3, "run of digits"),
        ("a b", 1, "no spaces"),
        (r"a\.b", 1, "means nothing"),
        ("[ab]", 0, "means nothing"),
        ("", 0, "at least one"),
        ("a,b", 1, "separates nothing"),
        ("{" * 20, 8, "deeper"),
        ("x" * 401, 400, "at most"),
        ("{a,b}" * 9, 0, "more than"),
    ],
)
def test_what_is_not_a_glob_is_refused_where_it_is_wrong(glob: str, start: int, message: str) -> None:
    with pytest.raises(GlobError, match=message) as caught:
        Glob(glob)

    assert caught.value.start == start


@given(st.text("ab{},.*?1[\\ \n", max_size=30))
def test_any_text_is_a_glob_or_refused(text: str) -> None:
    start = 0
    try:
        Glob(text).match("a.b1")
    except GlobError as error:
        start = error.start

    assert 0 <= start <= len(text)


@pytest.mark.parametrize("glob", ["{n:*}.{n:*}", "{i}.{i:*}", "{n:***}", "{n:x}", "a{n:**}", "{:*}"])
def test_a_text_capture_that_is_written_wrongly_is_refused(glob: str) -> None:
    with pytest.raises(GlobError):
        Glob(glob)
