"""Writes a report to a file: text, JSON or HTML by its ending."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ms_initkit.files.saving import require_folder
from ms_initkit.files.whole import write_text
from ms_initkit.stages.reports.report import Report

SUFFIXES: Final = (".html", ".json", ".txt")


def check_report_path(path: str | Path) -> Path:
    """Returns ``path``.

    Raises:
        ValueError: If it ends in none of .html, .json, .txt, or cannot be written.
    """
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise ValueError(f"{target}: a report ends in {', '.join(SUFFIXES)}")
    require_folder(target)
    return target


def write_report(report: Report, path: str | Path) -> None:
    """Writes what ``report`` says, with what is measured and verified in its network now.

    Raises:
        ValueError: If it ends in none of .html, .json, .txt, or cannot be written.
        OSError: If it cannot be written after all.
    """
    target = check_report_path(path)
    match target.suffix:
        case ".json":
            write_text(target, report.to_file_json())
        case ".txt":
            write_text(target, report.to_file_text())
        case _:
            report.to_html(target)
