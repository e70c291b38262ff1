"""What takes long is told to whoever watches."""

from __future__ import annotations

import time

import pytest

from ms_initkit.cli import progress


def test_what_takes_long_is_told_and_what_does_not_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    monkeypatch.setattr(progress, "_PATIENCE", 0.01)
    with progress.pulse("saving"):
        time.sleep(0.5)
    long = capsys.readouterr().err
    monkeypatch.setattr(progress, "_PATIENCE", 60)
    with progress.pulse("saving"):
        pass

    assert "saving" in long
    assert capsys.readouterr().err == ""
