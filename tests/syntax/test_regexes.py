"""Regular expressions match what Python's do, in bounded time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ms_initkit.syntax.regexes import RegexError, read_regex

ATOMS = st.sampled_from(
    ["a", "b", r"\d", r"\w", r"\.", ".", "[ab]", "[^a]", "[a-c0-3]", r"[\d_]", "^", "$", r"\W", r"\s"]
)


def composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{2,3}?"])
    return st.one_of(
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join).map("(?:{})".format),
        inner.map("({})".format),
    )


@settings(max_examples=400, deadline=None)
@given(st.recursive(ATOMS, composed, max_leaves=6), st.text("ab01_. ", max_size=7))
def test_what_matches_is_what_pythons_matcher_takes(pattern: str, name: str) -> None:
    assert read_regex(pattern).matches(name) == (re.fullmatch(pattern, name) is not None)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"blocks\.(?P<i>\d+)\.(?P<k>\w+)", "blocks.12.weight"),
        (r"(?P<i>\d+?)(?P<j>\d*)", "1234"),
        (r"(?P<i>\d*)(?P<j>\d*)", "1234"),
        (r"(?:a(?P<i>\d)|b(?P<j>\d))+", "a1b2a3"),
        (r"(?P<i>a|ab)(?P<j>c|bcd)?", "abcd"),
        (r"(?P<i>x)?y", "y"),
    ],
)
def test_groups_are_where_pythons_matcher_finds_them(pattern: str, name: str) -> None:
    match = re.fullmatch(pattern, name)
    assert match is not None

    assert read_regex(pattern).spans(name) == {group: match.span(group) for group in match.groupdict()}


@pytest.mark.parametrize(
    "pattern", [r"(\w+\.?)+\.gamma", r"(a|a)*b", r"(a*)*b", r"(.*)(.*)(.*)(.*)(.*)x", r"(\w|\d)+!", "(a?){50}a{50}b"]
)
def test_what_makes_pythons_matcher_go_back_for_ever_is_answered(pattern: str) -> None:
    regex, name = read_regex(pattern), "a" * 2000

    assert not regex.matches(name)

    # A step for each character, and of few kinds.
    assert len(regex.table) < 200


@pytest.mark.parametrize(
    ("pattern", "alike"),
    [
        (r"a\.\d+", "0000000000"),
        ("a[0-9]?", "0000000000"),
        ("[^a]*", "0000000000"),
        ("a.0", "0111111111"),
        ("[0-8]", "0000000009"),
        ("[^5]+[3-7]", "0003353300"),
    ],
)
def test_it_is_known_which_digits_are_told_apart(pattern: str, alike: str) -> None:
    assert read_regex(pattern).alike == alike


def test_names_that_differ_in_digits_that_are_alike_have_one_answer_and_their_own_spans() -> None:
    regex = read_regex(r"a(?P<i>\d+)\.[3-7](?P<k>b?)")

    assert [regex.matches(name) for name in ("a1.3", "a2.4", "a2.2", "a33.3b")] == [True, True, False, True]
    assert regex.spans("a99.7b") == {"i": (1, 3), "k": (5, 6)}
    assert regex.spans("a1.2") is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a)\1", "back-references"),
        ("(?=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"\bweight", "word boundaries"),
        ("(?i)a", "flags"),
        ("(?i:a)", "flags"),
        ("((a{1000}){1000})", "too long"),
        ("(a", "missing )"),
    ],
)
def test_what_is_not_read_is_said(pattern: str, said: str) -> None:
    with pytest.raises(RegexError, match=re.escape(said)):
        read_regex(pattern)
