from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as constants  # type: ignore[attr-defined]  # how Python parsed a pattern
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ms_initkit.syntax.glob_grammar import GlobError
from ms_initkit.syntax.globs import Glob

Captures = tuple[tuple[str, int], ...]

words = st.text("ab1", min_size=1, max_size=3)
pieces = st.sampled_from(["a", "b", "1", "*", "?", "{a,b}", "{,a}b", "a{b,*}", "{a.b,b}", "{a,{b,ab}}"])
segments = st.one_of(st.lists(pieces, min_size=1, max_size=3).map("".join), st.just("**"), st.just("*"))
globs = st.lists(segments, min_size=1, max_size=4).map(".".join)
names = st.lists(words, min_size=1, max_size=5).map(".".join)


def expand(glob: str) -> list[str]:
    """The globs without choices that ``glob`` stands for: the innermost braces with a comma first."""
    choice = re.search(r"\{([^{}]*,[^{}]*)\}", glob.replace("{i}", "<i>").replace("{j}", "<j>"))
    if choice is None:
        return [glob]
    before, after = glob[: choice.start()], glob[choice.end() :]
    inside = glob[choice.start() + 1 : choice.end() - 1]
    return [one for word in inside.split(",") for one in expand(before + word + after)]


def walk(segments: list[str], names: list[str]) -> Captures | None:
    """The definition of a glob without choices over segments: stars take as little as they can."""
    if not segments:
        return None if names else ()
    if segments[0] == "**":
        rest = walk(segments[1:], names)
        return rest if rest is not None or not names else walk(segments, names[1:])
    if not names:
        return None
    first, rest = spell(segments[0], names[0]), walk(segments[1:], names[1:])
    return None if first is None or rest is None else first + rest


def spell(segment: str, name: str, before: str = "") -> Captures | None:
    """The definition within a segment, character by character; a capture takes a whole run of digits."""
    if not segment:
        return None if name else ()
    if segment[0] == "*":
        if segment == "*" and not before:
            return () if name else None
        rest = spell(segment[1:], name, before)
        return rest if rest is not None or not name else spell(segment, name[1:], name[0])
    if segment[0] == "{":
        run = re.match(r"[0-9]+", name)
        if run is None or before.isdecimal():
            return None
        end = segment.index("}")
        rest = spell(segment[end + 1 :], name[run.end() :], run[0][-1])
        return None if rest is None else ((segment[1:end], int(run[0])), *rest)
    if name and segment[0] in (name[0], "?"):
        return spell(segment[1:], name[1:], name[0])
    return None


def define(glob: str, name: str) -> Captures | None:
    found = (walk(one.split("."), name.split(".")) for one in expand(glob))
    return next((captures for captures in found if captures is not None), None)


@given(globs, names)
def test_a_glob_agrees_with_its_definition(glob: str, name: str) -> None:
    expansions = expand(glob)
    assume(len(expansions) <= 256)
    assume(all("**" not in part or part == "**" for one in expansions for part in one.split(".")))

    assert Glob(glob).match(name) == define(glob, name)


@given(
    st.lists(st.sampled_from(["{i}", "a{i}", "*{i}*", "*b{i}", "{i}b*", "*", "**", "a"]), min_size=1, max_size=4), names
)
def test_captures_agree_with_their_definition(parts: list[str], name: str) -> None:
    glob = ".".join(parts)
    if glob.count("{i}") > 1:
        glob = glob.replace("{i}", "{j}", 1)
    if glob.count("{i}") > 1:
        return  # what a repeated name means is tested below

    assert Glob(glob).match(name) == define(glob, name)


@pytest.mark.parametrize(
    ("glob", "name", "captures"),
    [
        ("**.blocks.{i}.{attn,mlp}.proj.weight", "blocks.12.mlp.proj.weight", (("i", 12),)),
        ("**.blocks.{i}.**", "encoder.blocks.3.w.b", (("i", 3),)),
        ("layer{i}.{j}.conv{k}.weight", "layer1.0.conv2.weight", (("i", 1), ("j", 0), ("k", 2))),
        ("moving_*", "moving_mean", ()),
        ("**", "weight", ()),
        ("a.**.b", "a.b", ()),
        ("{attn.proj,mlp.fc2}.weight", "mlp.fc2.weight", ()),
        ("norm{,1,2}.weight", "norm.weight", ()),
        ("*{i}", "block12", (("i", 12),)),
        ("{i}.{i}", "3.3", (("i", 3),)),
        ("**.{i}.**", "layers.0.blocks.3.w", (("i", 0),)),
        ("{a{i},b{i}}.w", "b7.w", (("i", 7),)),
        ("x.{i}", "x.007", (("i", 7),)),
    ],
)
def test_what_a_glob_matches_it_captures(glob: str, name: str, captures: Captures) -> None:
    assert Glob(glob).match(name) == captures


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("conv", "conv_norm"),
        ("*.weight", "weight"),
        ("*.weight", "a.b.weight"),
        ("a.*", "a"),
        ("fc", "a.fc"),
        ("{i}.{i}", "3.4"),
        ("{i}", "x"),
        ("{i}", "²"),
        ("a?", "a"),
        ("a.b", "axb"),
        ("*", ""),
        ("{*,a}*", ""),
        ("a", "a\n"),
    ],
)
def test_whole_names_are_matched_and_nothing_less(glob: str, name: str) -> None:
    assert Glob(glob).match(name) is None


@pytest.mark.parametrize("glob", ["**", "*", "**.blocks.{i}.{attn,mlp}.*.weight", "{i}.w", "conv1.weight", "a1*"])
def test_a_glob_that_only_captures_indices_is_digit_blind(glob: str) -> None:
    assert Glob(glob).is_digit_blind


@pytest.mark.parametrize("glob", ["layer.0.w", "0", "1*", "?", "{i}.{i}", "layer{i}.{i}", "{a,0}.w", "??"])
def test_a_glob_that_tells_indices_apart_is_not_digit_blind(glob: str) -> None:
    assert not Glob(glob).is_digit_blind


@given(globs, st.lists(st.sampled_from(["a", "b1", "#"]), min_size=1, max_size=5), st.data())
def test_digit_blind_globs_match_kinds_of_names(glob: str, kind: list[str], data: st.DataObject) -> None:
    try:
        parsed = Glob(glob)
    except GlobError:
        return
    if not parsed.is_digit_blind:
        return
    number = st.integers(0, 10**6).map(str)

    first, second = (".".join(data.draw(number) if part == "#" else part for part in kind) for _ in range(2))

    assert (parsed.match(first) is None) == (parsed.match(second) is None)


def open_repeats(parsed: object, *, is_atomic: bool = False) -> Iterator[object]:
    """The unbounded repeats of a parsed pattern that a failing match would try again, shorter."""
    for operation, argument in parsed:  # type: ignore[attr-defined]
        match operation:
            case constants.ATOMIC_GROUP:
                yield from open_repeats(argument, is_atomic=True)
            case constants.MIN_REPEAT | constants.MAX_REPEAT:
                if argument[1] == constants.MAXREPEAT and not is_atomic:
                    yield argument
                yield from open_repeats(argument[2], is_atomic=True)
            case constants.SUBPATTERN:
                yield from open_repeats(argument[3], is_atomic=is_atomic)
            case constants.BRANCH:
                for branch in argument[1]:
                    yield from open_repeats(branch, is_atomic=is_atomic)
            case _:
                pass


@given(globs)
def test_no_star_is_tried_twice(glob: str) -> None:
    try:
        pattern = Glob(glob)._pattern.pattern
    except GlobError:
        return

    assert list(open_repeats(parser.parse(pattern))) == []


def test_the_count_of_open_repeats_can_tell() -> None:
    assert len(list(open_repeats(parser.parse(r"(?:[^.]+\.)*a(?>[^.]*)")))) == 1


def test_a_pattern_of_many_stars_answers() -> None:
    assert Glob(".".join(["**", "a"] * 40)).match(".".join(["a"] * 60 + ["b"])) is None
    assert Glob("*a" * 60).match("a" * 200 + "b") is None


def test_globs_are_equal_by_their_text() -> None:
    assert Glob("a.*") == Glob("a.*")
    assert len({Glob("a.*"), Glob("a.*"), Glob("a.**")}) == 2
    assert str(Glob("a.*")) == "a.*"


@pytest.mark.parametrize(
    ("glob", "name", "captured"),
    [
        ("{rest:**}", "a.b.c", {"rest": "a.b.c"}),
        ("net.{rest:**}", "net.a.b", {"rest": "a.b"}),
        ("net.{rest:**}.weight", "net.a.b.weight", {"rest": "a.b"}),
        ("net.{rest:**}.weight", "net.weight", {"rest": ""}),
        ("{n:*}.weight", "fc1.weight", {"n": "fc1"}),
        ("{kind:*}_{i}.w", "conv_3.w", {"kind": "conv", "i": 3}),
        ("{a:*}.{b:**}.{c:*}", "x.y.z.w", {"a": "x", "b": "y.z", "c": "w"}),
        ("**.{n:*}.weight", "a.b.c.weight", {"n": "c"}),
        ("{a,b}.{n:*}", "b.x", {"n": "x"}),
        ("x{n:*}", "x", {"n": ""}),
    ],
)
def test_text_is_captured(glob: str, name: str, captured: dict[str, int | str]) -> None:
    assert dict(Glob(glob).match(name) or ()) == captured


def test_a_text_capture_matches_what_its_star_matches() -> None:
    for glob, name in (("{n:*}.w", "a.b.w"), ("{n:*}", ""), ("a{n:*}", "b"), ("net.{r:**}.w", "net.a.b")):
        assert Glob(glob).match(name) is None


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("a.b", {"a.b"}),
        ("a.{b,c{d,e}}", {"a.b", "a.cd", "a.ce"}),
        ("a.{0,1}", {"a.0", "a.1"}),
        ("a.*", None),
        ("**", None),
        ("a.{i}", None),
        ("a.{b,*}", None),
        ("a.b?", None),
    ],
)
def test_names_that_can_be_counted_are(glob: str, names: set[str] | None) -> None:
    assert Glob(glob).names == names


def test_a_glob_of_words_needs_no_regular_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str) -> None:
        raise AssertionError(f"{source} was compiled")

    monkeypatch.setattr("ms_initkit.syntax.globs.re.compile", refuse)
    matches = Glob("layers.17.**"), Glob("**.{weight,bias}"), Glob("a.**.b"), Glob("a.{b,c.d}")
    names = ["layers.17", "layers.17.w", "layers.170.w", "weight", "x.y.bias", "a.b", "a.c.d", "a.x.b", "a", "a..b", ""]

    found = [[name for name in names if glob.match(name) is not None] for glob in matches]

    assert found == [["layers.17", "layers.17.w"], ["weight", "x.y.bias"], ["a.b", "a.x.b"], ["a.b", "a.c.d"]]
