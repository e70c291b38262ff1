"""Writes a report to a file: text, JSON or HTML by its ending."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ms_initkit.files.saving import require_folder
from ms_initkit.files.whole import write_text

if TYPE_CHECKING:
    from mindspore.nn import Cell

    from ms_initkit.stages.report import Report

SUFFIXES: Final = (".html", ".json", ".txt")


def check_report_path(path: str | Path) -> Path:
    """Returns ``path``.

    Raises:
        ValueError: If it ends in none of .html, .json, .txt, or cannot be written, or HTML cannot be rendered here.
    """
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise ValueError(f"{target}: a report ends in {', '.join(SUFFIXES)}")
    require_folder(target)
    if target.suffix == ".html":
        try:
            import jinja2
            import matplotlib as mpl
        except ImportError as error:
            raise ValueError(
                f"an HTML report needs {error.name}: pip install 'ms-initkit[report]', or ask for .txt or .json"
            ) from error
        del jinja2, mpl
    return target


def write_report(report: Report, net: Cell, path: str | Path) -> None:
    """Writes what ``report`` says of ``net``; HTML also shows the values that were measured in it."""
    target = check_report_path(path)
    match target.suffix:
        case ".json":
            text = report.to_json()
        case ".txt":
            text = f"{report.plan}\n{report}"
        case _:
            from ms_initkit.stages.report_page import report_html

            text = report_html(report, net)
    write_text(target, text)
