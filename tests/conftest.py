"""Profiles of hypothesis, and the switch that rewrites golden files."""

from __future__ import annotations

import os

import hypothesis
import pytest

hypothesis.settings.register_profile("default", max_examples=60, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what is drawn now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs MindSpore's meta device where there is none: it came with 2.8."""
    marked = [item for item in items if item.get_closest_marker("meta") is not None]
    if marked:
        import mindspore

        if not hasattr(mindspore, "DeviceCtx"):
            for item in marked:
                item.add_marker(pytest.mark.skip(reason="this MindSpore has no meta device"))


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
