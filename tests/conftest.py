"""Profiles of hypothesis, the switch that rewrites golden files, and what tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import metadata

import hypothesis
import pytest
from packaging.version import Version

from ms_initkit import formulas

hypothesis.settings.register_profile("default", max_examples=60, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden and the messages in tests/diagnostics"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs a newer MindSpore than the one that is installed."""
    for item in items:
        for mark in item.iter_markers("since"):
            if Version(metadata.version("mindspore")) < Version(mark.args[0]):
                item.add_marker(pytest.mark.skip(reason=f"needs MindSpore {mark.args[0]}"))


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def own_initializers() -> Iterator[None]:
    """Forgets what a test registers."""
    before = set(formulas.names())
    yield
    for name in set(formulas.names()) - before:
        formulas.unregister(name)
