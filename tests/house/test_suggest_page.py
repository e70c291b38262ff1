"""What docs/suggest.md says that the command says, it says: numbers of random values left out."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ms_initkit.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "suggest.md").read_text(encoding="utf-8")
# Each command with what it says.
SAID = [
    (command, said)
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command, said in re.findall(r"^\$ ms-initkit (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
NETWORKS = [re.search(r"(nets.py:|--shapes )(\S+)", command) for command, _ in SAID if command.startswith("suggest")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    nets = re.search(r"^```python\n(# file: nets.py\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert nets is not None
    Path("nets.py").write_text(nets[1], encoding="utf-8")
    for manifest in re.findall(r"--shapes (\S+)", PAGE):
        shutil.copy(ROOT / "tests" / "manifests" / manifest, manifest)


def without_draws(text: str) -> str:
    """Returns ``text`` without what a package's constructor draws anew each time, nor what packages print."""
    kept = [line for line in text.splitlines() if "Config not found" not in line]
    return re.sub(r"std [0-9.e-]+ ->", "std x ->", "\n".join(kept).strip())


@pytest.mark.usefixtures("folder")
@pytest.mark.filterwarnings("ignore")  # those of the packages
@pytest.mark.parametrize(("command", "said"), SAID, ids=[command for command, _ in SAID])
def test_a_command_says_what_the_page_says(command: str, said: str) -> None:
    if "nets.py:" in command:
        pytest.importorskip("mindcv")
        pytest.importorskip("mindone")
    code = int(found[1]) if (found := re.search(r"# exit (\d)$", command)) else 0

    result = CliRunner().invoke(app, shlex.split(command, comments=True))

    assert result.exit_code == code, result.output
    if said:
        assert without_draws(result.stdout) == without_draws(said)


def test_the_page_has_ten_networks() -> None:
    assert len(NETWORKS) == 10
