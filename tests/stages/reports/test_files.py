"""Reports in files."""

from __future__ import annotations

import json
from pathlib import Path

import ms_initkit as mik


def test_files_have_what_was_measured_and_the_verdict(report: mik.Report, tmp_path: Path) -> None:
    from ms_initkit.stages.reports.files import write_report

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
