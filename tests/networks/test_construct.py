"""Networks of the command line: by module, by file, and what is said of those that cannot be made."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ms_initkit.networks.construct import load_network

NETS = """
from neighbour import WIDTH
from mindspore import nn

class Net(nn.Cell):
    def __init__(self, outputs=2):
        super().__init__()
        self.fc = nn.Dense(WIDTH, outputs)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own_nets.py").write_text(NETS)
    (tmp_path / "neighbour.py").write_text("WIDTH = 3\n")
    return tmp_path


def test_a_file_gives_a_network_and_finds_its_neighbours(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))

    net = load_network(f"{folder}/own_nets.py:Net", ["outputs=5"])

    assert dict(net.parameters_and_names())["fc.weight"].shape == (5, 3)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.py': no such file"):
        load_network(f"{tmp_path}/nothing.py:Net")


def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    (tmp_path / "lacking.py").write_text("import no_such_module_anywhere\n")

    with pytest.raises(ValueError, match="cannot be imported: No module named 'no_such_module_anywhere'"):
        load_network(f"{tmp_path}/lacking.py:Net")


def test_what_is_no_target_is_shown_one() -> None:
    message = "'Net' is not `module:factory`, such as `mindcv.models:resnet50` or `./nets.py:Net`"

    with pytest.raises(ValueError, match=re.escape(message)):
        load_network("Net")


TAKES = """
from mindspore import nn

TAKEN = []

def net(*values, **named):
    TAKEN[:] = [*values, *named.values()]
    return nn.Dense(2, 2)
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("2.5", 2.5),
        ("-3", -3),
        ("x=1E5", 1e5),
        ("x=true", True),
        ("x='010'", "010"),
        ("x=[1, 2]", [1, 2]),
    ],
)
def test_an_argument_is_the_number_that_it_looks_like(
    text: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "takes.py").write_text(TAKES)
    monkeypatch.delitem(sys.modules, "takes", raising=False)

    load_network(f"{tmp_path}/takes.py:net", [text])

    taken = sys.modules["takes"].TAKEN
    assert taken == [value]
    assert type(taken[0]) is type(value)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["x=010"], "a leading zero means octal"),
        (["0x10"], "numbers are decimal here"),
        (["x=1_000"], "underscores in numbers"),
        (["x=1:30"], "base 60"),
        (["x=2026-11-27"], "takes? it for a date"),
        (["x=1", "x=2"], "gives 'x' twice"),
    ],
)
def test_an_argument_that_could_be_several_things_is_refused(texts: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "takes.py").write_text(TAKES)

    with pytest.raises(ValueError, match=f"--net-arg .*{said}"):
        load_network(f"{tmp_path}/takes.py:net", texts)
