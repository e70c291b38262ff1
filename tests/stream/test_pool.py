"""Tasks shared among threads, whose faults and interruptions reach the caller."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import pytest

from ms_initkit import stream
from ms_initkit.stream import pool


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    yield
    stream.set_threads(None)


def test_the_environment_sets_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MS_INITKIT_THREADS", "3")
    assert stream.threads() == 3

    stream.set_threads(5)
    assert stream.threads() == 5

    stream.set_threads(None)
    monkeypatch.setenv("MS_INITKIT_THREADS", "many")
    with pytest.raises(ValueError, match="MS_INITKIT_THREADS is a whole number of at least 1, not 'many'"):
        stream.threads()
    with pytest.raises(ValueError, match="at least 1, not 0"):
        stream.set_threads(0)


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_a_containers_limit_is_respected(files: dict[str, str], limit: float | None, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert pool.cgroup_limit(tmp_path) == limit


def test_a_fault_in_any_thread_reaches_the_caller_and_ends_the_work() -> None:
    stream.set_threads(3)
    begun: list[int] = []

    def task(start: int, stop: int) -> None:
        begun.append(start)
        if start == 5:
            raise OSError("task 5")

    with pytest.raises(OSError, match="task 5"):
        pool.run([(task, at, at + 1) for at in range(100_000)])

    assert len(begun) < 100_000


def test_where_no_thread_can_be_had_the_caller_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full)
    stream.set_threads(5)
    done: list[int] = []

    pool.run([(lambda start, stop: done.append(start), at, at + 1) for at in range(100)])

    assert done == list(range(100))


def test_an_interruption_waits_for_the_tasks_that_have_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    stream.set_threads(2)
    at_work: list[int] = []
    interruptions = [KeyboardInterrupt(), None]

    def wait(helpers: list[futures.Future[None]]) -> object:
        interruption = interruptions.pop(0)
        if interruption is not None:
            raise interruption
        return futures.wait(helpers)

    def task(start: int, stop: int) -> None:
        at_work.append(start)
        time.sleep(0.05)
        at_work.remove(start)

    monkeypatch.setattr(pool, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        pool.run([(task, at, at + 1) for at in range(4)])

    assert not at_work
    assert not interruptions


def test_tasks_that_have_tasks_of_their_own_do_not_wait_for_one_another() -> None:
    stream.set_threads(2)
    done: list[int] = []

    def outer(start: int, stop: int) -> None:
        pool.run([(lambda first, last: done.append(first), at, at + 1) for at in range(10 * start, 10 * stop)])

    pool.run([(outer, at, at + 1) for at in range(10)])

    assert sorted(done) == list(range(100))


def test_progress_is_told_from_the_calling_thread() -> None:
    stream.set_threads(2)
    told: list[tuple[int, int]] = []

    pool.run(
        [(lambda start, stop: None, at, at + 3) for at in range(0, 3000, 3)],
        lambda n: told.append((threading.get_ident(), n)),
    )

    assert sum(n for _, n in told) == 3000
    assert {thread for thread, _ in told} == {threading.get_ident()}
