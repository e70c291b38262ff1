from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import hypothesis.strategies as st
import mindspore
import numpy as np
import pytest
from hypothesis import given
from mindspore import nn
from safetensors import safe_open
from typer.testing import CliRunner

import ms_initkit as mik
from ms_initkit import draws, stream
from ms_initkit.cli.main import app
from ms_initkit.cli.materialize import parse_share, parse_size
from ms_initkit.draws.dtypes import storage
from ms_initkit.draws.moments import moments
from ms_initkit.draws.windows import slices_of_run
from ms_initkit.files import chunks
from ms_initkit.files.mapping import mapped
from ms_initkit.files.safetensors import read_header
from ms_initkit.findings import ApplyError
from ms_initkit.formulas.fans import Fans
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import materialize as materializing
from ms_initkit.stages import shard_writing
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.plan import plan_infos
from ms_initkit.stages.shard_writing import is_whole, write_shard
from ms_initkit.stages.shards import arrange, index_text

RECIPE = """
family: demo
vars: {sigma: 0.02}
rules:
  - {match: "**.norm.weight", init: ones}
  - {match: "**.proj.weight", init: {orthogonal: 0.5}}
  - {match: "**.qkv.weight", init: {normal: sigma}, then: [{zero_rows: [0]}]}
  - {match: "steps", init: 7}
  - {match: "**", init: {normal: sigma}}
"""
MANIFEST = [
    {"name": "embedding.weight", "shape": [96, 64], "dtype": "bfloat16"},
    {"name": "a.norm.weight", "shape": [64], "dtype": "float32"},
    {"name": "a.qkv.weight", "shape": [3, 64, 32], "dtype": "float16"},
    {"name": "a.proj.weight", "shape": [64, 64], "dtype": "float32"},
    {"name": "a.scale", "shape": [], "dtype": "bfloat16"},
    {"name": "steps", "shape": [1], "dtype": "int32"},
    {"name": "head.weight", "shape": [33, 64], "dtype": "bfloat16"},
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("demo.yaml").write_text(RECIPE)
    Path("demo.json").write_text(json.dumps({"parameters": MANIFEST}))
    return tmp_path


@pytest.fixture
def demo() -> Plan:
    return plan_infos(read_shapes("demo.json"), "demo.yaml")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 4096)
    monkeypatch.setattr(shard_writing, "CHUNK", 4096)
    monkeypatch.setattr(shard_writing, "_RUN", 700)


def words(plan: Plan, name: str, seed: int) -> np.ndarray:  # type: ignore[type-arg]  # of any type
    line = plan[name]
    values = np.empty(line.local_shape, storage(line.dtype))
    fill_line(values, line, seed)
    return values


def read(folder: Path) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Returns what another reader of safetensors finds; of bfloat16 the words."""
    found = {}
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    for name, file in index["weight_map"].items():
        with safe_open(folder / file, "np") as opened:  # type: ignore[no-untyped-call]
            entry = opened.get_slice(name)
            if entry.get_dtype() != "BF16":
                found[name] = opened.get_tensor(name)
                continue
        header = read_header(folder / file)
        tensor = next(tensor for tensor in header.tensors if tensor.name == name)
        raw = np.fromfile(folder / file, np.uint16, tensor.size // 2, offset=header.length + tensor.start)
        found[name] = raw.reshape(tensor.shape)
    return found


def run(*options: str) -> tuple[int, str, str]:
    common = ("materialize", "--shapes", "demo.json", "--recipe", "./demo.yaml", "--out", "out")
    seed = () if "--seed" in options else ("--seed", "7")
    result = CliRunner().invoke(app, [*common, *seed, *options])
    return result.exit_code, result.stdout, result.stderr


# What is written.


@pytest.mark.usefixtures("small_chunks")
def test_files_hold_what_apply_would_write(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7, shard_size=10_000)

    found = read(Path("out"))
    assert list(found) != []
    assert set(found) == {line.name for line in demo.assignments}
    for name, values in found.items():
        np.testing.assert_array_equal(values, words(demo, name, 7), strict=True)


def test_apply_and_materialize_agree() -> None:
    net = nn.SequentialCell(nn.Dense(30, 20), nn.Dense(20, 10))
    plan = mik.apply(net, "./demo.yaml", seed=3, strict=False).plan

    mik.materialize(plan, "out", seed=3)

    for name, values in read(Path("out")).items():
        np.testing.assert_array_equal(values, net.parameters_dict()[name].asnumpy())


def test_files_are_named_as_hugging_face_does_and_indexed(demo: Plan) -> None:
    done = mik.materialize(demo, "out", seed=7, shard_size=10_000)

    assert done.written == tuple(f"model-0000{n}-of-00005.safetensors" for n in range(1, 6))
    index = json.loads(Path("out/model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(line.size * storage(line.dtype).itemsize for line in demo.assignments)
    assert index["weight_map"]["embedding.weight"] == "model-00001-of-00005.safetensors"
    assert Path("out/param_name_map.json").read_text() == index_text(arrange(demo, 10_000))


def test_the_header_says_what_the_file_is_made_of(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7)

    with safe_open("out/model-00001-of-00001.safetensors", "np") as file:  # type: ignore[no-untyped-call]
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert metadata["ms_initkit.seed"] == "7"
    assert metadata["ms_initkit.plan"] == demo.fingerprint
    assert metadata["ms_initkit.stream_version"] == str(stream.VERSION)


def test_mindspore_loads_the_files() -> None:
    net = nn.SequentialCell(nn.Dense(30, 20), nn.Dense(20, 10))
    plan = mik.plan(net, "./demo.yaml", strict=False)
    mik.materialize(plan, "out", seed=3)

    loaded = mindspore.load_checkpoint("out/model-00001-of-00001.safetensors", net, format="safetensors")

    assert mik.verify(net, plan, seed=3) == ()
    assert set(loaded) == {line.name for line in plan.assignments}


def test_mindspore_loads_bfloat16() -> None:
    net = nn.SequentialCell(nn.Dense(30, 20), nn.Dense(20, 10)).to_float(mindspore.bfloat16)
    for parameter in net.get_parameters():
        parameter.set_dtype(mindspore.bfloat16)
    plan = mik.plan(net, "./demo.yaml", strict=False)
    assert plan["0.weight"].dtype == "bfloat16"
    mik.materialize(plan, "out", seed=3)

    mindspore.load_checkpoint("out/model-00001-of-00001.safetensors", net, format="safetensors")

    assert mik.verify(net, plan, seed=3) == ()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_load_distributed_checkpoint_reads_the_folder(dtype: str) -> None:
    net = nn.SequentialCell(nn.Dense(30, 20), nn.Dense(20, 10))
    for parameter in net.get_parameters():
        parameter.set_dtype(getattr(mindspore, dtype))
    plan = mik.plan(net, "./demo.yaml", strict=False)
    mik.materialize(plan, "out", seed=3, shard_size=1500)

    mindspore.load_distributed_checkpoint(net, format="safetensors", unified_safetensors_dir="out")

    assert len(list(Path("out").glob("*.safetensors"))) > 1
    assert mik.verify(net, plan, seed=3) == ()


def test_memory_does_not_grow_with_the_tensor(folder: Path) -> None:
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
    (folder / "out/model-00001-of-00001.safetensors").unlink()


# Taking up again.


def start(*options: str, seed: int = 7, shard_size: str = "40MB") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from ms_initkit.cli import main; main()", "materialize", "--shapes", "big.json"]
    command += ["--recipe", "./demo.yaml", "--seed", str(seed), "--out", "out", "--lenient", "--shard-size", shard_size]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def big_model(count: int = 8) -> None:
    parameters = [{"name": f"w{n}", "shape": [4096, 2048], "dtype": "float32"} for n in range(count)]
    Path("big.json").write_text(json.dumps({"parameters": parameters}))


def test_a_killed_run_is_taken_up_where_it_was() -> None:
    big_model()
    process = start()
    deadline = time.monotonic() + 60
    # Killed with some files finished and one half written.
    while not (len(list(Path("out").glob("*.safetensors"))) >= 2 and list(Path("out").glob("*.partial"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finished = {file: file.stat().st_mtime_ns for file in Path("out").glob("*.safetensors")}
    assert 2 <= len(finished) < 8
    assert not Path("out/model.safetensors.index.json").exists()

    again = start("--json")
    stdout, stderr = again.communicate(timeout=120)

    assert again.returncode == 0, stderr
    answer = json.loads(stdout)
    assert sorted(answer["kept"]) == sorted(file.name for file in finished)
    assert len(answer["written"]) == 8 - len(finished)
    assert {file: file.stat().st_mtime_ns for file in finished} == finished
    assert not list(Path("out").glob("*.partial"))
    plan = plan_infos(read_shapes("big.json"), "demo.yaml", strict=False)
    for name, values in read(Path("out")).items():
        np.testing.assert_array_equal(values[::512], words(plan, name, 7)[::512])


def test_another_seed_in_the_same_folder_is_refused(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7)

    with pytest.raises(ApplyError) as caught:
        mik.materialize(demo, "out", seed=8)

    assert "error[different-run]: out holds another run: the seed differs" in str(caught.value)
    assert "the seed: 7 before, 8 now" in str(caught.value)


def test_another_seed_is_refused_before_the_first_file_is_whole(demo: Plan) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(materializing, "write_shard", fail)
        with pytest.raises(KeyboardInterrupt):
            mik.materialize(demo, "out", seed=7)

    with pytest.raises(ApplyError, match="the seed: 7 before, 8 now"):
        mik.materialize(demo, "out", seed=8)


def test_another_recipe_variable_or_shape_is_named() -> None:
    assert run("--shard-size", "10KB")[0] == 0

    code, _, stderr = run("--shard-size", "10KB", "--set", "sigma=0.03")
    assert code == 1
    assert 'the variables: {"sigma": 0.02} before, {"sigma": 0.03} now' in stderr
    code, _, stderr = run("--shard-size", "10KB", "--dtype", "float16")
    assert code == 1
    assert "names, shapes or element types: " in stderr
    code, _, stderr = run("--shard-size", "20KB")
    assert code == 1
    assert "the number of files (--shard-size): 5 before, 4 now" in stderr
    Path("demo.yaml").write_text(RECIPE + "# changed\n")
    code, _, stderr = run("--shard-size", "10KB")
    assert code == 1
    assert "the recipe's text: " in stderr


def test_values_of_files_that_were_changed_in_between_are_another_run() -> None:
    names = ["a.weight", "b.weight", "c.weight"]
    manifest = {"parameters": [{"name": name, "shape": [64, 64], "dtype": "float32"} for name in names]}
    Path("shapes.json").write_text(json.dumps(manifest))
    values = np.zeros((64, 64), np.float32)
    np.save("v.npy", values)
    rules = [{"match": ["a.*", "b.*"], "from": "v.npy"}, ("**", "normal")]

    def share(number: int) -> materializing.Materialized:
        plan = plan_infos(read_shapes("shapes.json"), rules)
        return mik.materialize(plan, "out", seed=7, shard_size=20_000, share=(number, 2))

    share(1)
    values[3, 5] = 1e-30  # between the least and the greatest
    np.save("v.npy", values)
    with pytest.raises(ApplyError, match="holds another run: the values of the files that are loaded differs"):
        share(2)

    values[3, 5] = 0
    np.save("v.npy", values)
    assert share(2).missing == ()


def test_a_name_that_the_format_keeps_for_itself_is_refused() -> None:
    Path("shapes.json").write_text(
        json.dumps({"parameters": [{"name": "__metadata__", "shape": [2], "dtype": "float32"}]})
    )

    with pytest.raises(ApplyError, match=r"ambiguous-name.*'__metadata__'"):
        mik.materialize(plan_infos(read_shapes("shapes.json"), {"**": 0}), "out", seed=7)
    assert not Path("out").exists()


def test_a_file_of_another_run_is_refused_without_the_record(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7)
    Path("out/ms_initkit.json").unlink()

    with pytest.raises(ApplyError, match="the seed: 7 before, 8 now"):
        mik.materialize(demo, "out", seed=8)


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


# Sharing.


def test_shares_make_up_the_whole(demo: Plan) -> None:
    first = mik.materialize(demo, "out", seed=7, shard_size=10_000, share=(1, 2))
    assert not first.is_complete
    assert not Path("out/model.safetensors.index.json").exists()
    assert "2 files still to come from other shares" in str(first)

    second = mik.materialize(demo, "out", seed=7, shard_size=10_000, share=(2, 2))

    assert second.is_complete
    assert sorted((*first.written, *second.written)) == sorted(shard.file for shard in arrange(demo, 10_000))
    assert set(read(Path("out"))) == {line.name for line in demo.assignments}


def test_two_processes_share_the_work() -> None:
    big_model(4)
    processes = [start("--share", f"{n}/2", "--json") for n in (1, 2)]

    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]

    assert [len(answer["written"]) for answer in answers] == [2, 2]
    assert any(answer["complete"] for answer in answers)
    assert Path("out/model.safetensors.index.json").exists()


def test_two_processes_without_shares_do_no_harm() -> None:
    big_model(4)
    processes = [start("--json") for _ in (1, 2)]

    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]

    written = [file for answer in answers for file in answer["written"]]
    assert len(written) == len(set(written)) == 4
    assert not list(Path("out").glob("*.partial"))


def test_a_file_that_another_process_writes_is_left_to_it(demo: Plan) -> None:
    import fcntl

    Path("out").mkdir()
    with Path("out/model-00001-of-00001.safetensors.partial").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = mik.materialize(demo, "out", seed=7)
        assert done.missing == ("model-00001-of-00001.safetensors",)

    assert mik.materialize(demo, "out", seed=7).is_complete


# Parts.


@given(st.lists(st.integers(1, 4), max_size=4), st.data())
def test_boxes_of_a_run_are_the_run(shape: list[int], data: st.DataObject) -> None:
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    start = data.draw(st.integers(0, numbers.size))
    stop = data.draw(st.integers(start, numbers.size))

    parts = [numbers[box].reshape(-1) for box in slices_of_run(tuple(shape), start, stop)]

    found = np.concatenate(parts) if parts else np.empty(0, int)
    np.testing.assert_array_equal(found, np.arange(start, stop))
    assert len(parts) <= max(1, 2 * len(shape) - 1)


LINES = st.lists(
    st.tuples(
        st.lists(st.integers(1, 40), max_size=3).map(tuple),
        st.sampled_from(["float32", "float16", "bfloat16", "float64"]),
        st.sampled_from(
            [
                draws.Normal(0.0, 1.0),
                draws.Constant(3.0),
                draws.Edited(draws.Normal(0.0, 1.0), (draws.Step("add", 1.0),)),
                draws.Mixture((0.5, 0.5), (draws.Constant(0.0), draws.Uniform(0.0, 1.0))),
            ]
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(LINES, st.integers(50, 30_000))
def test_any_model_in_files_of_any_size(lines: list[tuple[tuple[int, ...], str, draws.Draw]], shard_size: int) -> None:
    import tempfile

    assignments = tuple(
        Assignment(f"p{n}", (), f"p{n}", shape, dtype, "r", "i", draw, Fans(1, 1), moments(draw, shape), ("r",))
        for n, (shape, dtype, draw) in enumerate(lines)
    )
    plan = Plan("any", "any", "", (), (), assignments)
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", 4096)
        patch.setattr(shard_writing, "CHUNK", 4096)
        folder = Path(place)
        shards = arrange(plan, shard_size)

        done = mik.materialize(plan, folder, seed=2, shard_size=shard_size)

        assert done.is_complete
        assert all(is_whole(folder / shard.file, shard) for shard in shards)
        assert all(shard.size <= shard_size or len(shard.lines) == 1 for shard in shards)
        for name, values in read(folder).items():
            np.testing.assert_array_equal(values, words(plan, name, 2), strict=True)


@pytest.mark.usefixtures("small_chunks")
def test_every_value_is_aligned_after_an_odd_number_of_narrow_ones() -> None:
    parameters = [
        {"name": "narrow", "shape": [1001], "dtype": "bfloat16"},
        {"name": "wide", "shape": [5000], "dtype": "float64"},
        {"name": "middle", "shape": [3001], "dtype": "float32"},
    ]
    Path("mixed.json").write_text(json.dumps({"parameters": parameters}))
    plan = plan_infos(read_shapes("mixed.json"), "demo.yaml", strict=False)

    mik.materialize(plan, "out", seed=7)

    header = read_header("out/model-00001-of-00001.safetensors")
    assert [(tensor.name, (header.length + tensor.start) % 8) for tensor in header.tensors] == [
        ("wide", 0),
        ("middle", 0),
        ("narrow", 4),
    ]
    for name, values in read(Path("out")).items():
        np.testing.assert_array_equal(values, words(plan, name, 7))


@pytest.mark.parametrize(
    ("text", "size"), [("5GB", 5 * 10**9), ("500MB", 5 * 10**8), ("2GiB", 2**31), ("1.5kb", 1500), ("77", 77)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5 apples", "0GB", "-1GB", "iB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size, such as 5GB"):
        parse_size(text)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no share, such as 1/4"):
        parse_share(text)


def test_kept_parameters_are_refused() -> None:
    Path("demo.yaml").write_text(RECIPE.replace("init: ones", "init: keep"))

    code, _, stderr = run()

    assert code == 1
    assert "error[kept-parameter]: 1 parameter is kept, the first 'a.norm.weight'" in stderr


def test_the_command_says_what_it_did() -> None:
    code, stdout, _ = run("--shard-size", "10KB")

    assert code == 0
    assert re.search(r"out: wrote 5 files, [\d.]+ kB in ", stdout)
    assert "1 tensor had to be drawn whole" in stdout


def test_what_was_written_is_a_list_of_shapes_itself() -> None:
    assert run("--shard-size", "10KB")[0] == 0

    from_index = read_shapes("out/model.safetensors.index.json")
    from_file = read_shapes("out/model-00001-of-00005.safetensors")

    assert {(info.name, info.shape, info.dtype) for info in from_index} == {
        (info.name, info.shape, info.dtype) for info in read_shapes("demo.json")
    }
    assert [info.name for info in from_file] == ["embedding.weight"] or from_file


def test_a_header_alone_tells_shapes() -> None:
    assert run()[0] == 0
    whole = Path("out/model-00001-of-00001.safetensors").read_bytes()
    Path("head.safetensors").write_bytes(whole[: 8 + int.from_bytes(whole[:8], "little")])

    assert len(read_shapes("head.safetensors")) == len(MANIFEST)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.safetensors", b"\xff" * 16, "not a safetensors file"),
        ("x.index.json", b"[]", "not a safetensors index"),
        ("y.index.json", b'{"weight_map": {"a": "nowhere.safetensors"}}', "cannot be read"),
    ],
)
def test_what_tells_no_shapes_is_refused(name: str, content: bytes, message: str) -> None:
    Path(name).write_bytes(content)

    with pytest.raises(ValueError, match=message):
        read_shapes(name)


def test_manifest_writes_down_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))

    result = CliRunner().invoke(app, ["manifest", "--net", "tests.networks:Mlp", "--out", "mlp.json"])

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("mlp.json: ")
    assert read_shapes("mlp.json")[0].owners[0].cell[0] == "Dense"


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
