"""Lines of a plan: what they tell, and JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ms_initkit import draws
from ms_initkit.plans.bind import bind
from ms_initkit.plans.lines import Assignment, line_from_json, line_to_json
from tests.recipes import info, recipe


@pytest.fixture
def line() -> Assignment:
    return bind(recipe("{match: a, init: {normal: 0.02}}"), [info("a", (6, 4))], strict=True)["a"]


def test_a_part_has_the_size_of_the_part(line: Assignment) -> None:
    part = replace(line, window=(((0, 1), (3, 5)), ((0, 4),)))

    assert (line.local_shape, line.size) == ((6, 4), 24)
    assert (part.local_shape, part.size) == ((3, 4), 12)


def test_what_is_kept_and_what_is_loaded_is_told(line: Assignment) -> None:
    loaded = replace(line, draw=draws.Edited(draws.Loaded("a.npy", ""), (draws.Step("abs"),)))

    assert (line.is_kept, line.is_loaded) == (False, False)
    assert loaded.is_loaded
    assert replace(line, draw=draws.Keep()).is_kept


def test_a_line_comes_back_from_json(line: Assignment) -> None:
    for one in (line, replace(line, window=(((0, 3),), ((0, 4),))), replace(line, like="b", fans=None)):
        assert line_from_json(json.loads(json.dumps(line_to_json(one)))) == one
    assert not {"window", "like"} & line_to_json(line).keys()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("shape", ["4"], "the line of 'a': `shape` must be a whole number, not '4'"),
        ("draw", {"kind": "Nothing"}, "the line of 'a': `draw` no kind of these is called 'Nothing'"),
        ("more", 1, "the line of 'a': has an unknown 'more'"),
        ("name", 3, "the line of 3: `name` must be text, not 3"),
    ],
)
def test_what_is_no_line_is_refused_by_its_name(line: Assignment, key: str, value: object, message: str) -> None:
    broken = json.loads(json.dumps(line_to_json(line))) | {key: value}

    with pytest.raises(ValueError, match=message):
        line_from_json(broken)
