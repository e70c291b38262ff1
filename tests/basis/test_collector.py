"""The garbage collector is paused while much is made that stays, and left as it was."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ms_initkit.basis.collector import paused


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("is_enabled", [True, False])
def test_it_is_left_as_it_was(is_enabled: bool) -> None:
    if not is_enabled:
        gc.disable()
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled() == is_enabled


def test_an_exception_does_not_leave_it_off() -> None:
    with pytest.raises(KeyError), paused():
        raise KeyError
    assert gc.isenabled()


def test_importing_walks_nothing() -> None:
    program = (
        "import gc, mindspore\n"
        "gc.collect()\n"  # what it has counted so far is not ours
        "walks = []\n"
        "gc.callbacks.append(lambda phase, info: walks.append(info['generation']))\n"
        "import ms_initkit\n"
        "print(sum(generation > 0 for generation in walks))\n"
        "print(gc.isenabled())\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split()[-2:] == ["0", "True"]
