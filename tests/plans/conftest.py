"""What tests of plans share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ms_initkit as mik
from tests.plans.shelf import Shelf
from tests.plans.small import RULES, Net
from tests.recipes import recipe


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Returns an empty shelf."""
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Returns the plan of the small network, as JSON has it."""
    loaded: dict[str, Any] = json.loads(mik.plan(Net(), recipe(RULES)).to_json())
    return loaded
