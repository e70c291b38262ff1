from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import mindspore
import numpy as np
import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.findings import ApplyError
from ms_initkit.networks.manifest import read_shapes
from ms_initkit.plans.plan import Plan
from ms_initkit.stages import materialize as materializing
from ms_initkit.stages.plan import plan_infos
from ms_initkit.stages.shards import arrange
from tests.stages.materialized import MANIFEST, RECIPE, read, run, words

pytestmark = pytest.mark.usefixtures("demo_folder")


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


def test_a_file_of_another_run_is_refused_without_the_record(demo: Plan) -> None:
    mik.materialize(demo, "out", seed=7)
    Path("out/ms_initkit.json").unlink()

    with pytest.raises(ApplyError, match="the seed: 7 before, 8 now"):
        mik.materialize(demo, "out", seed=8)


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


def test_kept_parameters_are_refused() -> None:
    Path("demo.yaml").write_text(RECIPE.replace("init: ones", "init: keep"))

    code, _, stderr = run()

    assert code == 1
    assert "error[kept-parameter]: 1 parameter is kept, the first 'a.norm.weight'" in stderr


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
