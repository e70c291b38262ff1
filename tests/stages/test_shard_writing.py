"""Files written by several threads, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ms_initkit as mik
from ms_initkit import stream
from ms_initkit.files import chunks
from ms_initkit.files.mapping import mapped
from ms_initkit.findings import ApplyError
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import shard_writing
from ms_initkit.stages.shard_writing import write_shard
from ms_initkit.stages.shards import arrange

pytestmark = pytest.mark.usefixtures("demo_folder")


def test_memory_does_not_grow_with_the_tensor(demo_folder: Path) -> None:
    Path("big.json").write_text(
        json.dumps({"parameters": [{"name": "w", "shape": [16384, 8192], "dtype": "bfloat16"}]})
    )
    script = (
        "import sys\n"
        "from ms_initkit.stages.plan import plan_infos\n"
        "from ms_initkit.networks.manifest import read_shapes\n"
        "from ms_initkit.stages.materialize import materialize\n"
        "materialize(plan_infos(read_shapes('big.json'), 'demo.yaml', strict=False), 'out', seed=1)\n"
        # Not getrusage, whose peak begins with that of the process that forked.
        "peak = next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(peak, 'mindspore' in sys.modules)\n"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    peak, has_mindspore = result.stdout.split()
    assert Path("out/model-00001-of-00001.safetensors").stat().st_size > 2**28
    assert int(peak) * 1024 < 300 * 10**6
    assert has_mindspore == "False"
    (demo_folder / "out/model-00001-of-00001.safetensors").unlink()


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("harm", ["a bit", "the end", "a page of zeros", "the header", "a remark"])
def test_a_damaged_file_is_drawn_again(demo: Plan, harm: str) -> None:
    file = Path("out/model-00001-of-00001.safetensors")
    mik.materialize(demo, "out", seed=7)
    right = file.read_bytes()
    harmed = bytearray(right)
    match harm:
        case "a bit":
            harmed[-1000] ^= 4
        case "the end":
            del harmed[-100:]
        case "a page of zeros":
            harmed[8192:12288] = bytes(4096)
        case "the header":
            harmed[0] ^= 1
        case "a remark":
            harmed[right.index(b'"pt"') + 1] ^= 1
    file.write_bytes(harmed)

    done = mik.materialize(demo, "out", seed=7)

    assert done.damaged == done.written == (file.name,)
    assert file.read_bytes() == right


def test_whole_files_are_kept(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7, shard_size=10_000)

    done = mik.materialize(demo, "out", seed=7, shard_size=10_000)

    assert (len(done.kept), done.written, done.size) == (5, (), 0)
    assert "5 files had been written before: checked and kept" in str(done)


def test_nothing_has_its_name_before_it_is_whole(demo: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    (shard,) = arrange(demo, 10**9)

    def fail(descriptor: int) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        write_shard(Path(), shard, {}, 7)

    assert [file.name for file in Path().glob("model-*")] == ["model-00001-of-00001.safetensors.partial"]


def test_a_failure_in_a_thread_is_raised(demo: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("cannot be drawn")

    monkeypatch.setattr(shard_writing, "fill_line", fail)

    with pytest.raises(ValueError, match="cannot be drawn"):
        mik.materialize(demo, "out", seed=7)


def test_a_full_disk_is_said_before_anything_is_drawn(demo: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))

    with pytest.raises(ApplyError, match=r"error\[no-room\]"):
        mik.materialize(demo, "out", seed=7)
    assert not list(Path("out").iterdir())


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("has_pages", [True, False])
def test_a_file_in_memory_is_drawn_where_it_lies(demo: Plan, has_pages: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With several threads; where a kernel cannot say whether there is room, it is written as any other."""
    mik.materialize(demo, "usual", seed=7, shard_size=20_000)
    places: list[int] = []

    def counted(descriptor: int, start: int, size: int) -> chunks.Bytes | None:
        places.append(start)
        return mapped(descriptor, start, size) if has_pages else None

    monkeypatch.setattr(shard_writing, "_WORTH_MAPPING", 1)
    monkeypatch.setattr(shard_writing, "is_in_memory", lambda _: True)
    monkeypatch.setattr(shard_writing, "mapped", counted)
    mik.materialize(demo, "in-memory", seed=7, shard_size=20_000)

    assert places
    for file in Path("usual").glob("*.safetensors"):
        assert (Path("in-memory") / file.name).read_bytes() == file.read_bytes()


@pytest.mark.usefixtures("small_chunks")
def test_threads_without_cores_of_their_own_do_not_draw_a_file_where_it_lies(
    demo: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cores write a file in memory sooner by copies, however many threads were asked for."""
    places: list[int] = []
    monkeypatch.setattr(shard_writing, "is_in_memory", lambda _: True)
    monkeypatch.setattr(shard_writing, "mapped", lambda _, start, __: places.append(start))
    monkeypatch.setattr(stream, "threads", lambda: 8)

    monkeypatch.setattr(stream, "cores", lambda: 2)
    mik.materialize(demo, "two-cores", seed=7)
    assert not places

    monkeypatch.setattr(stream, "cores", lambda: 8)
    mik.materialize(demo, "eight-cores", seed=7)
    assert places


def test_a_file_that_another_process_writes_is_left_to_it(demo: Plan) -> None:
    import fcntl

    Path("out").mkdir()
    with Path("out/model-00001-of-00001.safetensors.partial").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = mik.materialize(demo, "out", seed=7)
        assert done.missing == ("model-00001-of-00001.safetensors",)

    assert mik.materialize(demo, "out", seed=7).is_complete
