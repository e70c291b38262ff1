"""Real jobs of several processes: what they hold together is what one process holds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import ms_initkit
from tests.distributed.network import RECIPE, SEED, Sharded
from tests.distributed.worker import LIFETIME, digest

ROOT: Final = Path(__file__).parents[2]
WORKER: Final = ROOT / "tests" / "distributed" / "worker.py"
SIZES: Final = [pytest.param(n, marks=() if n == 2 else pytest.mark.slow) for n in (1, 2, 4)]


@pytest.fixture(scope="module", params=SIZES, ids=lambda n: f"{n}-workers")
def ranks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each rank of a job found, in the order of ranks."""
    size: int = request.param
    folder = tmp_path_factory.mktemp(f"job-{size}")
    output = run(size, folder)
    files = [folder / f"{rank}.json" for rank in range(size)]
    if not all(file.exists() for file in files):
        logs = "\n".join(log.read_text()[-3000:] for log in sorted((folder / "log").glob("worker_*.log")))
        pytest.fail(f"the job did not finish:\n{output[-2000:]}\n{logs}")
    return [json.loads(file.read_text()) for file in files]


def run(size: int, folder: Path) -> str:
    """Runs the workers to their end, or to the time when they must have ended, and leaves no process behind."""
    binaries = Path(sys.executable).parent
    command = [
        str(binaries / "msrun"),
        *("--worker_num", str(size), "--local_worker_num", str(size)),
        *("--master_addr", "127.0.0.1", "--master_port", str(free_port())),
        *("--log_dir", str(folder / "log"), "--join", "True", "--cluster_time_out", "60"),
        *(str(WORKER), str(folder)),
    ]
    # msrun starts whatever `python` is found first.
    environment = os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONPATH": str(ROOT)}
    job = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        return job.communicate(timeout=LIFETIME + 30)[0]
    finally:
        # Workers lead sessions of their own, so each is ended by its number.
        for process in [job.pid, *(int(file.stem) for file in folder.glob("*.pid"))]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process, signal.SIGKILL)
        job.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def alone() -> dict[str, str]:
    """Digests of the parameters of the network that one process makes."""
    net = Sharded()
    ms_initkit.apply(net, RECIPE, seed=SEED)
    return {name: digest(parameter.asnumpy()) for name, parameter in net.parameters_and_names()}


def test_parts_drawn_apart_are_the_model_of_one_process(ranks: list[dict[str, Any]], alone: dict[str, str]) -> None:
    assert [found["slices"] for found in ranks] == [alone] * len(ranks)


def test_replicas_agree_without_a_broadcast(ranks: list[dict[str, Any]], alone: dict[str, str]) -> None:
    assert [found["replica"] for found in ranks] == [alone] * len(ranks)


def test_ranks_that_agree_go_on(ranks: list[dict[str, Any]]) -> None:
    assert [found["agreeing"] for found in ranks] == [""] * len(ranks)


@pytest.mark.parametrize(
    ("fault", "notes"),
    [
        (
            "seed",
            {
                2: ["rank 0 is the measure", "rank 1 has another seed"],
                4: ["ranks 0-2 agree", "rank 3 has another seed"],
            },
        ),
        (
            "recipe",
            {
                2: ["rank 0 is the measure", "rank 1 has another plan"],
                4: ["ranks 1-3 agree", "rank 0 has another plan"],
            },
        ),
        (
            "version",
            {
                2: ["rank 1 has another version of the random numbers"],
                4: ["ranks 0, 2 agree", "ranks 1, 3 have another version of the random numbers"],
            },
        ),
        ("layout", {2: ["rank 1 has another layout"], 4: ["ranks 1-3 agree", "rank 0 has another layout"]}),
    ],
)
def test_ranks_that_disagree_are_named_to_all(
    ranks: list[dict[str, Any]], fault: str, notes: dict[int, list[str]]
) -> None:
    said = {found[fault] for found in ranks}

    (text,) = said
    if len(ranks) == 1:
        assert text == ""
        return
    assert "error[rank-disagreement]" in text
    for note in notes[len(ranks)]:
        assert note in text


def test_stages_may_differ(ranks: list[dict[str, Any]]) -> None:
    assert [found["stages"] for found in ranks] == [""] * len(ranks)


def test_ranks_of_one_stage_may_not(ranks: list[dict[str, Any]]) -> None:
    said = ["rank 2 has another plan" in found["stage"] for found in ranks]

    assert said == [len(ranks) == 4] * len(ranks)
