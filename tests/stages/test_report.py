"""Reports: what they measure, and the page, opened in a browser where there is one."""

from __future__ import annotations

import html
import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn

import ms_initkit as mik
from tests.networks import Mixed, Mlp, Stack
from tests.recipes import recipe

RULES = '{id: weights, match: {param: weight}, init: {normal: 0.02}}\n{match: "**", init: zeros, optional: true}'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
)


@pytest.fixture
def report() -> mik.Report:
    return mik.apply(Mlp(), recipe(RULES), seed=7)


def test_what_is_measured_is_of_the_whole_tensor() -> None:
    net = nn.Dense(2048, 1024, has_bias=False)
    report = mik.apply(net, recipe('{match: "**", init: {linspace: {start: -1, stop: 1}}}'), seed=7)

    (found,) = report.measure().values()

    values = net.weight.asnumpy().astype(np.float64)
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.std == pytest.approx(values.std(), rel=1e-12)
    assert (found.low, found.high, found.zeros) == (values.min(), values.max(), (values == 0).sum())


def test_a_histogram_is_that_of_numpy(report: mik.Report) -> None:
    values = report.net.hidden.weight.asnumpy().astype(np.float64)  # type: ignore[union-attr]  # as it was made
    edges = 0.02 * np.linspace(-4, 4, 41)
    expected = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / values.size

    found = report.measure()["hidden.weight"].shares

    assert found == pytest.approx(expected.tolist(), abs=1e-3)


def test_every_element_type_and_what_has_no_elements_is_measured() -> None:
    net = Mixed()
    net.empty = Parameter(Tensor(np.zeros((0, 3), np.float32)), name="empty")
    net.steps = Parameter(Tensor(np.arange(5, dtype=np.int32)), requires_grad=False, name="steps")

    found = mik.apply(net, recipe('{match: "**", init: {normal: 0.02}}'), seed=7).measure()

    assert all(abs(found[name].std - 0.02) < 0.001 for name in ("float16", "bfloat16", "float32", "float64"))
    assert math.isnan(found["empty"].mean)
    assert found["steps"].mean == 2.0


def test_files_have_what_was_measured_and_the_verdict(report: mik.Report, tmp_path: Path) -> None:
    from ms_initkit.stages.report_files import write_report

    for suffix in ("json", "txt", "html"):
        write_report(report, tmp_path / f"report.{suffix}")

    document = json.loads((tmp_path / "report.json").read_text())
    std = report.measure()["hidden.weight"].std
    assert document["measured"]["hidden.weight"]["std"] == std
    assert document["verdict"] == []
    text = (tmp_path / "report.txt").read_text()
    assert f"{std:.6g}" in text
    assert "verified: bit for bit the values of seed 7" in text
    page = (tmp_path / "report.html").read_text()
    assert "all 4 parameters are bit for bit those of seed 7" in page
    assert f"{std:.6g}" in page


def test_a_page_is_titled_by_the_network_and_says_what_was_found(report: mik.Report, tmp_path: Path) -> None:
    before = report.measure()
    report.net.hidden.weight.asnumpy()[3] = 1.0  # type: ignore[union-attr]

    page = report.to_html(tmp_path / "page.html", before=before).read_text()

    assert "<title>Mlp initialised by test, seed 7</title>" in page
    assert "1 of 4 parameters are not those of seed 7" in page
    assert "error[different-values]" in page
    assert page.index("error[different-values]") < page.index("By rule")
    assert "std before" in page
    assert not re.search(r"(src|href)=|@import|url\(", page), "a page needs nothing else"


def test_names_cannot_break_out_of_a_page(tmp_path: Path) -> None:
    net = nn.Cell()
    name = "<script>alert(1)</script>"
    net.insert_param_to_cell("w", Parameter(Tensor(np.zeros((4, 4), np.float32)), name=name))

    page = mik.apply(net, recipe('{id: "<b>", match: "**", init: {normal: 1}}'), seed=7).to_html(tmp_path / "p.html")

    assert "<script>alert" not in page.read_text()
    assert "<b>" not in page.read_text()


def test_a_report_without_a_network_says_so(report: mik.Report) -> None:
    with pytest.raises(ValueError, match="has no network to measure"):
        mik.Report(report.plan, 7, 0.1).measure()


def test_what_notebooks_show_is_short_and_escaped(report: mik.Report) -> None:
    assert len(repr(report)) < 200
    assert repr(report.plan) == "<Plan of 'test': 4 parameters, 7,946 elements>"
    shown = report._repr_html_()
    assert "7,946 elements" in shown
    assert "hidden.weight" in shown
    assert len(mik.apply(Stack(depth=40), "mindspore/default", seed=1).plan._repr_html_()) < 10_000


def test_a_plot_is_a_figure(report: mik.Report) -> None:
    pytest.importorskip("matplotlib")

    figure = report.plot()

    assert figure.axes[0].get_ylabel() == "standard deviation"


def opened(page: Path, script: str, width: int | None = None) -> dict[str, object]:
    """Returns what ``script`` leaves in the page's object ``found`` once a browser has run it, errors among it."""
    text = page.read_text(encoding="utf-8")
    head = "<script>window.found = {errors: []}; addEventListener('error', e => found.errors.push(e.message));</script>"
    tail = f"<script>{script}; document.title = JSON.stringify(found);</script>"
    inside = text.replace("<title>", head + "<title>", 1) + tail
    if width is not None:
        inside = (
            f'<iframe id="frame" style="width:{width}px;height:900px" srcdoc="{html.escape(inside)}"></iframe>'
            "<script>addEventListener('load', () => { document.title = frame.contentDocument.title; });</script>"
        )
    changed = page.with_name("changed.html")
    changed.write_text(inside, encoding="utf-8")
    assert CHROMIUM is not None
    command = [CHROMIUM, *OFFLINE, f"--user-data-dir={page.parent / 'profile'}", "--dump-dom", f"file://{changed}"]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    titles = re.findall(r"<title>(.*?)</title>", dom)
    return json.loads(html.unescape(titles[0]))  # type: ignore[no-any-return]


@pytest.mark.skipif(CHROMIUM is None, reason="no browser")
def test_a_page_is_searched_and_sorted_by_keyboard(report: mik.Report, tmp_path: Path) -> None:
    page = report.to_html(tmp_path / "page.html")

    found = opened(
        page,
        """
        const input = document.querySelector("#filter");
        input.value = "hidden"; input.dispatchEvent(new Event("input"));
        found.shown = [...document.querySelectorAll("#parameters tbody tr")].filter(row => !row.hidden).length;
        found.count = document.querySelector("#count").textContent;
        input.value = ""; input.dispatchEvent(new Event("input"));
        const button = [...document.querySelectorAll("#parameters th button")].find(b => b.textContent === "shape");
        button.focus(); found.focus = document.activeElement === button;
        button.click();
        found.smallest = document.querySelector("#parameters tbody code").textContent;
        button.click();
        found.greatest = document.querySelector("#parameters tbody code").textContent;
        found.sorted = button.parentElement.getAttribute("aria-sort");
        """,
    )

    assert found == {
        "errors": [],
        "shown": 1,
        "count": "1 of 2 parameters",
        "focus": True,
        "smallest": "output.weight",
        "greatest": "hidden.weight",
        "sorted": "descending",
    }


@pytest.mark.skipif(CHROMIUM is None, reason="no browser")
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_a_page_is_no_wider_than_a_screen(report: mik.Report, tmp_path: Path, width: int) -> None:
    page = report.to_html(tmp_path / "page.html", before=report.measure())

    found = opened(page, "const d = document.documentElement; found.beyond = d.scrollWidth - d.clientWidth", width)

    assert found == {"errors": [], "beyond": 0}


def test_a_page_of_a_thousand_parameters_is_small(tmp_path: Path) -> None:
    net = nn.CellList([nn.Dense(64, 64, has_bias=False) for _ in range(1000)])

    page = mik.apply(net, recipe('{match: "**", init: {normal: 0.02}}'), seed=7).to_html(tmp_path / "page.html")

    assert page.stat().st_size < 3_000_000
