"""The plot of a report."""

from __future__ import annotations

import pytest

import ms_initkit as mik


def test_a_plot_is_a_figure(report: mik.Report) -> None:
    pytest.importorskip("matplotlib")

    figure = report.plot()

    assert figure.axes[0].get_ylabel() == "standard deviation"
