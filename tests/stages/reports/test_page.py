"""The page of a report, opened in a browser where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from tests.browser import CHROMIUM, Browser
from tests.networks import Mlp
from tests.recipes import recipe

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser")


def test_a_page_is_titled_by_the_network_and_says_what_was_found(report: mik.Report, tmp_path: Path) -> None:
    before = report.measure()
    report.net.hidden.weight.asnumpy()[3] = 1.0  # type: ignore[union-attr]

    page = report.to_html(tmp_path / "page.html", before=before).read_text()

    assert "<title>Mlp initialised by test, seed 7</title>" in page
    assert "1 of 4 parameters differs from those of seed 7" in page
    assert "error[different-values]" in page
    assert page.index('<pre class="error">error[different-values]') < page.index('<h2 id="rules"')
    assert "std before" in page
    assert not re.search(r'(src|href)="(?!#)|@import|url\(', page), "a page needs nothing else"


def test_a_page_says_where_a_shipped_recipe_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    page = mik.apply(nn.SequentialCell(nn.Dense(4, 4)), "torch/default", seed=7).to_html("page.html").read_text()

    assert "<dt>source</dt><dd>pytorch torch/nn/modules" in page


def test_names_cannot_break_out_of_a_page(tmp_path: Path) -> None:
    net = nn.Cell()
    name = "<script>alert(1)</script>"
    net.insert_param_to_cell("w", Parameter(Tensor(np.zeros((4, 4), np.float32)), name=name))

    page = mik.apply(net, recipe('{id: "<b>", match: "**", init: {normal: 1}}'), seed=7).to_html(tmp_path / "p.html")

    assert "<script>alert" not in page.read_text()
    assert "<b>" not in page.read_text()


@pytest.fixture
def browser(report: mik.Report, tmp_path: Path) -> Iterator[Browser]:
    before = report.measure()
    report.net.hidden.weight.asnumpy()[3] = 1.0  # type: ignore[union-attr]  # as it was made
    with Browser(tmp_path) as browser:
        browser.open(report.to_html(tmp_path / "page.html", before=before))
        yield browser


FOCUS = "document.activeElement.textContent || document.activeElement.id"
NAMES = "[...document.querySelectorAll('#parameters tbody tr:not([hidden]) code')].map(name => name.textContent)"


@needs_browser
def test_the_tab_key_goes_through_the_page_in_its_order(browser: Browser) -> None:
    stops = []
    for _ in range(19):
        browser.press("Tab")
        stops.append(browser.run(FOCUS))

    links = ["Findings: 1 error", "By rule: drawn and expected", "Standard deviation through the network"]
    links += ["Drawn: 2 parameters", "Constants: 2 parameters"]
    heads = ["parameter", "shape", "initializer", "rule", "planned std", "std", "std before", "mean", "min", "max"]
    assert stops[:17] == [*links, "filter", *heads, "= 0 by rule 2: 2 parameters, 266 elements"]
    assert stops[18] == links[0], "past the end, it begins again"
    assert browser.errors == []


@needs_browser
def test_the_page_is_searched_by_keyboard(browser: Browser) -> None:
    browser.run("document.querySelector('#constants').focus()")
    while browser.run(FOCUS) != "filter":
        browser.press("Tab", shift=True)

    browser.type("NORMAL hid")

    assert browser.run(NAMES) == ["hidden.weight"]
    assert browser.run("document.querySelector('#count').textContent") == "1 of 2 parameters"
    browser.press("Escape")
    assert browser.run(NAMES) == ["hidden.weight", "output.weight"]
    browser.type("differs")
    assert browser.run(NAMES) == ["hidden.weight"], "what verify found"


@needs_browser
@pytest.mark.parametrize("key", ["Enter", " "])
def test_the_page_is_sorted_by_keyboard(browser: Browser, key: str) -> None:
    while browser.run(FOCUS) != "shape":
        browser.press("Tab")

    browser.press(key)

    sorted_by = "document.activeElement.parentElement.ariaSort"
    assert (browser.run(NAMES), browser.run(sorted_by)) == (["output.weight", "hidden.weight"], "ascending")
    browser.press(key)
    assert (browser.run(NAMES), browser.run(sorted_by)) == (["hidden.weight", "output.weight"], "descending")
    assert browser.run("document.querySelector('#count').textContent") == "2 parameters, by shape, descending"
    browser.press("Tab")
    browser.press(key)
    assert browser.run("document.querySelectorAll('[aria-sort]').length") == 1


@needs_browser
@pytest.mark.parametrize("key", ["Enter", " "])
def test_what_is_folded_opens_by_keyboard(browser: Browser, key: str) -> None:
    browser.run("document.querySelector('#constants').focus()")
    browser.press("Tab")

    browser.press(key)

    assert browser.run("document.activeElement.parentElement.open")
    browser.press(key)
    assert not browser.run("document.activeElement.parentElement.open")


@needs_browser
def test_the_links_lead_the_focus_to_the_parts(browser: Browser) -> None:
    browser.press("Tab", times=4)

    browser.press("Enter")

    assert browser.run("document.activeElement.id") == "every"
    browser.press("Tab")
    assert browser.run(FOCUS) == "filter"


@needs_browser
def test_the_focus_is_seen(browser: Browser) -> None:
    seen = "((style) => style.outlineStyle + ' ' + style.outlineWidth)(getComputedStyle(document.activeElement))"
    for _ in range(17):
        browser.press("Tab")
        assert browser.run(seen) == "solid 2px", browser.run(FOCUS)


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_screen_reader_meets_tables_pictures_and_names(report: mik.Report, tmp_path: Path, width: int) -> None:
    with Browser(tmp_path, width=width) as browser:
        browser.open(report.to_html(tmp_path / "page.html"))
        spoken = browser.spoken()

    assert ("table", "Parameters that were drawn") in spoken
    assert ("columnheader", "planned std") in spoken
    assert ("rowheader", "hidden.weight") in spoken
    assert ("searchbox", "Search") in spoken
    assert ("navigation", "Parts of this report") in spoken
    assert sum(role == "cell" for role, _ in spoken) == 2 * 9
    pictures = [name for role, name in spoken if role == "image"]
    assert len(pictures) == 2, "the small histograms repeat the numbers beside them"
    assert re.fullmatch(
        r"Histogram of 7,680 values in 40 bars: none is further than \d\.\d\d% of the values from the law", pictures[0]
    )
    assert re.fullmatch(
        r"Standard deviations of 2 parameters: from [\d.]+ of \w+\.weight to [\d.]+ of \w+\.weight; .*", pictures[1]
    )


@needs_browser
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_what_is_behind_it(report: mik.Report, tmp_path: Path, dark: bool) -> None:
    report.net.hidden.weight.asnumpy()[3] = 1.0  # type: ignore[union-attr]
    with Browser(tmp_path, dark=dark) as browser:
        browser.open(report.to_html(tmp_path / "page.html", before=report.measure()))
        worst = browser.run(
            """
            (() => {
              const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(x => x / 255)
                  .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const behind = element => {
                for (; element; element = element.parentElement) {
                  const colour = getComputedStyle(element).backgroundColor;
                  if (colour !== "rgba(0, 0, 0, 0)") return colour;
                }
              };
              const contrast = element => {
                const [x, y] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
                return (x + 0.05) / (y + 0.05);
              };
              const texts = [...document.querySelectorAll("main *:not(svg, svg *)")]
                .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
              return Math.min(...texts.map(contrast));
            })()
            """
        )

    assert worst >= 4.5, "the Web Content Accessibility Guidelines, AA"


@needs_browser
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_a_page_is_no_wider_than_a_screen(report: mik.Report, tmp_path: Path, width: int) -> None:
    with Browser(tmp_path, width=width) as browser:
        browser.open(report.to_html(tmp_path / "page.html", before=report.measure()))

        beyond = browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert (browser.errors, beyond) == ([], 0)


def test_nothing_on_a_page_moves(report: mik.Report, tmp_path: Path) -> None:
    page = report.to_html(tmp_path / "page.html").read_text()

    assert not re.search(r"animation|transition|scroll-behavior", page), "so there is nothing to reduce"


def test_a_page_says_only_what_there_is(tmp_path: Path) -> None:
    net = Mlp()

    page = mik.apply(net, {"**.bias": 0, "**": "keep"}, seed=7).to_html(tmp_path / "page.html").read_text()

    assert "Mlp initialised by a recipe in Python" in re.sub(r"</?span>", "", page)
    assert re.findall(r'<h2 id="(\w+)"', page) == ["constants", "kept"]
    assert "1 parameters" not in page


def test_a_page_of_a_thousand_parameters_is_small(tmp_path: Path) -> None:
    net = nn.CellList([nn.Dense(64, 64, has_bias=False) for _ in range(1000)])

    page = mik.apply(net, recipe('{match: "**", init: {normal: 0.02}}'), seed=7).to_html(tmp_path / "page.html")

    assert page.stat().st_size < 3_000_000
