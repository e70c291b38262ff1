"""Local names to global ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.language.selectors import Selector
from ms_initkit.layouts.names import Indices, Template
from ms_initkit.layouts.python import layout, place, rename
from ms_initkit.stages.plan import plan_infos
from ms_initkit.syntax.expressions import Expression
from tests.layouts.sharded import info


def test_indices_of_any_length_take_each_others_places(anything: Path) -> None:
    names = [rename("layers.{i}.experts.{e}.w", {"i": "i + 98", "e": "e + 1000 * ep_rank"})]
    made = layout({"ep": 2}, [place("**")], names=names)

    plan = plan_infos([info("layers.1.experts.12.w", 4)], anything, layout=made.at(1))

    assert plan.assignments[0].stream == "layers.99.experts.1012.w"


def selector(match: str) -> Selector:
    return place(match).match


def test_a_template_is_a_whole_name() -> None:
    template = Template.of("layers.{i + 8 * pp_rank}.{j}.weight")

    assert [expression.text for expression in template.expressions] == ["i + 8 * pp_rank", "j"]
    assert template.renamed("whatever", selector("**"), {"i": 3, "pp_rank": 2, "j": 0}) == "layers.19.0.weight"


@pytest.mark.parametrize("text", ["layers.*.w", "layers.{i", "a.{i}}.w", "layer?.w"])
def test_what_is_no_whole_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no whole name"):
        Template.of(text)


def test_an_index_is_whole_and_not_negative() -> None:
    for value, said in (("i - 4", "the index i - 4 would be -1"), ("i / 2", "i / 2 must be whole, not 1.5")):
        with pytest.raises(ValueError, match=said):
            Template.of(f"layers.{{{value}}}.w").renamed("", selector("**"), {"i": 3})


def test_captures_take_each_others_places() -> None:
    swapped = Indices((("i", Expression("j")), ("j", Expression("i"))))

    assert swapped.renamed("a.10.b.2.c", selector("a.{i}.b.{j}.c"), {"i": 10, "j": 2}) == "a.2.b.10.c"
    with pytest.raises(ValueError, match=r"\{i\} is captured nowhere in 'a.b'"):
        Indices((("i", Expression("1")),)).renamed("a.b", selector("a.b"), {})
