"""Pictures of a report: what they show is also said, and no name breaks out of them."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ms_initkit.stages.reports.charts import Point, furthest, histogram, scales

shares = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40)


@given(shares, st.none() | shares)
def test_a_histogram_stays_within_its_box(found: list[float], expected: list[float] | None) -> None:
    picture = histogram(found, expected)

    svg = ElementTree.fromstring(picture)
    assert svg.attrib["viewBox"] == f"0 0 {len(found)} 100"
    assert len(list(svg)) == 1 + bool(expected)
    heights = [int(height) for height in re.findall(r"[MV](?:0 )?(\d+)", picture)]
    assert all(3 <= height <= 100 for height in heights)


def test_a_histogram_without_words_is_an_ornament() -> None:
    assert 'aria-hidden="true"' in histogram([0.5, 0.5], None)
    assert 'role="img" aria-label="a &lt; b"' in histogram([0.5, 0.5], None, alt="a < b")
    assert 'class="before"' in histogram([0.5, 0.5], None, [0.1, 0.9])


def point(name: str, found: float, planned: float | None, size: int = 100) -> Point:
    return Point(0, name, 1, found, planned, size)


def test_the_furthest_is_so_for_its_size() -> None:
    small, large = point("small", 1.2, 1.0, 10), point("<large>", 1.1, 1.0, 10_000)

    assert furthest([small, large]).startswith("Furthest from its plan, for its size: <code>&lt;large&gt;</code>")
    assert "with 1.1 where 1 was planned" in furthest([small, large])
    assert furthest([point("a", math.nan, 1.0), point("b", 1.0, None)]) == ""


def test_scales_are_told_in_words_and_well_formed() -> None:
    picture = scales([point("<a>", 0.02, 0.02), point("b", 0.5, None), point("c", 0.0, None)])

    label = "Standard deviations of 2 parameters: from 0.02 of <a> to 0.5 of b; the table below has each"
    chart = ElementTree.fromstring(picture)
    svg = chart.find("svg")
    assert svg is not None
    assert svg.attrib["aria-label"] == label
    assert len(svg.findall("path[title]")) == 2
    assert scales([point("a", math.nan, None)]) == ""


@given(st.floats(1e-30, 1e30), st.floats(1e-30, 1e30))
def test_an_axis_has_few_ticks(one: float, other: float) -> None:
    picture = scales([point("a", one, None), point("b", other, None)])

    assert 0 <= picture.count('class="grid"') <= 7
