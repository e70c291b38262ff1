"""Each example is run as a user would, and what it claims is checked: make examples."""

from __future__ import annotations

import math
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
BINARIES = Path(sys.executable).parent

pytestmark = pytest.mark.slow


def run(name: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=folder, capture_output=True, text=True, check=True, timeout=600
    )
    return done.stdout


def test_examples_are_short() -> None:
    assert all(len(path.read_text().splitlines()) < 100 for path in EXAMPLES.glob("*.py"))


def test_a_model_is_initialised_by_a_callback_and_learns(tmp_path: Path) -> None:
    said = run("digits.py", tmp_path)

    accuracy = re.search(r"accuracy (\S+)", said)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.85
    assert "12 tensors" in said
    assert "head.weight" in (tmp_path / "build/digits.html").read_text()


def test_a_language_model_begins_at_the_logarithm_of_its_vocabulary(tmp_path: Path) -> None:
    said = run("tiny_gpt.py", tmp_path)

    first, vocabulary = re.findall(r"step 0: loss (\S+), ln\((\d+)\)", said)[0]
    # Logits of a head of N(0, 0.02) on 64 normalised features have a std of 0.02 * 8 = 0.16: log-sum-exp is
    # ln(V) + 0.16**2 / 2 in the mean. Letters repeat: the 512 targets count as 64 or more that are independent.
    assert abs(float(first) - math.log(int(vocabulary)) - 0.0128) < 5 * 0.16 / math.sqrt(64)
    assert float(re.findall(r"loss (\S+),", said)[-1]) < 0.8 * float(first)


def test_thirty_layers_learn_from_he_and_not_from_small_weights(tmp_path: Path) -> None:
    said = run("thirty_layers.py", tmp_path)

    last = {name: float(end) for name, end in re.findall(r"^(.+): loss \S+ -> (\S+)$", said, re.MULTILINE)}
    assert last["he_normal"] < 0.5
    assert last["N(0, 0.01)"] > 0.95 * math.log(10)
    assert (tmp_path / "build/thirty_layers.png").stat().st_size > 0


def test_fine_tuning_leaves_the_backbone_as_it_was_loaded(tmp_path: Path) -> None:
    said = run("fine_tuning.py", tmp_path)

    assert "4 loaded from files" in said
    assert "only the head's have changed" in said


def test_two_ranks_draw_together_what_one_draws_alone(tmp_path: Path) -> None:
    alone = re.findall(r"rank\(s\): (\w+)", run("two_ranks.py", tmp_path))

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = subprocess.run(
        [
            *(BINARIES / "msrun", "--worker_num", "2", "--local_worker_num", "2"),
            *("--master_addr", "127.0.0.1", "--master_port", port, "--join", "True", EXAMPLES / "two_ranks.py"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{BINARIES}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    logs = "".join(path.read_text() for path in tmp_path.rglob("worker_*.log"))
    assert re.findall(r"2 rank\(s\): (\w+)", done.stdout + logs)[:1] == alone
