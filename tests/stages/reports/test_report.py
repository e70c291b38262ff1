"""Reports: what they tell of themselves."""

from __future__ import annotations

import pytest

import ms_initkit as mik
from tests.networks import Stack


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
