"""Every test of the language has a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """Makes a new folder the current one."""
    with chdir(tmp_path):
        yield tmp_path
