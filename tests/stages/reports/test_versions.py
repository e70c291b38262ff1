"""Which versions values were written by."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

import ms_initkit as mik
from ms_initkit.stages.reports import versions as report_versions


def test_this_package_and_those_below_it_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(package: str) -> str:
        if package == "scipy":
            raise PackageNotFoundError
        return version(package)

    monkeypatch.setattr(report_versions, "version", lacking)

    found = report_versions.versions()

    assert found == {
        "ms-initkit": mik.__version__,
        "mindspore": version("mindspore"),
        "numpy": version("numpy"),
        "scipy": "not installed",
    }
