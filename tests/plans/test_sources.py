from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mindspore import nn
from numpy.typing import NDArray
from safetensors.numpy import save_file

import ms_initkit as mik
from ms_initkit.files import checkpoints
from ms_initkit.plans.sources import prefix_hint

PRETRAINED = {
    "a.weight": np.ones((2, 2), np.float32),
    **{f"norm.{leaf}": np.full(2, 3, np.float32) for leaf in ("gamma", "beta", "moving_mean", "moving_variance")},
}
FINE_TUNING = [{"match": "**", "from": {"path": "pre.safetensors", "missing": "next"}}, {"match": "**", "init": 7}]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def values(*names: str, shape: tuple[int, ...] = (2, 2)) -> dict[str, NDArray[np.float32]]:
    return {name: np.full(shape, number, np.float32) for number, name in enumerate(names, 1)}


class Net(nn.Cell):
    """Two layers and a norm whose statistics are not trained; the first layer is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Dense(2, 2, has_bias=False)
        self.norm = nn.BatchNorm1d(2)
        self.head = nn.Dense(2, 2, has_bias=False)
        self.a.weight.requires_grad = False


def test_fine_tuning_is_two_rules_frozen_layers_and_statistics_included() -> None:
    save_file(PRETRAINED | {"fc.weight": np.zeros((3, 2), np.float32)}, "pre.safetensors")
    net = Net()

    report = mik.apply(net, FINE_TUNING, seed=1)

    held = {name: float(parameter.asnumpy().flat[0]) for name, parameter in net.parameters_and_names()}
    assert held == dict.fromkeys(PRETRAINED, 3.0) | {"a.weight": 1.0, "head.weight": 7.0}
    assert "6 tensors, 16 elements; 0 kept, 5 loaded from files" in str(report)
    (note,) = report.findings
    assert (note.code, note.severity) == ("unused-entries", "note")
    assert note.message.endswith("1 of the 6 tensors of pre.safetensors are not used: fc.weight")


def test_what_a_rule_says_of_training_holds() -> None:
    save_file(PRETRAINED, "pre.safetensors")

    plan = mik.plan(
        Net(), [{"match": {"name": "a.**", "trainable": True}, "from": "pre.safetensors"}, ("**", 0)], strict=False
    )

    assert plan["a.weight"].rule == ""


def test_what_a_file_lacks_is_an_error_unless_it_goes_to_the_next_rule() -> None:
    save_file(PRETRAINED, "pre.safetensors")

    with pytest.raises(mik.PlanError) as caught:
        mik.plan(Net(), [{"match": "**", "from": "pre.safetensors"}])

    assert [finding.code for finding in caught.value.findings if finding.severity == "error"] == ["missing-entry"]


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ([f"module.{name}" for name in PRETRAINED], "with `prefix: module.` 5 would be"),
        ([name.removeprefix("norm.").removeprefix("a.") for name in PRETRAINED], "with `strip: norm.` 4 would be"),
    ],
)
def test_a_file_that_fits_nothing_is_an_error_that_names_the_prefix(names: list[str], word: str) -> None:
    save_file(dict(zip(names, PRETRAINED.values(), strict=True)), "pre.safetensors")

    with pytest.raises(mik.PlanError) as caught:
        mik.plan(Net(), FINE_TUNING)

    (finding,) = [finding for finding in caught.value.findings if finding.severity == "error"]
    assert finding.code == "nothing-loaded"
    assert "0 of 6 parameters are in pre.safetensors" in finding.message
    assert finding.help == word


def test_a_wrong_prefix_without_missing_next_is_one_error_too() -> None:
    save_file({f"module.{name}": value for name, value in PRETRAINED.items()}, "pre.safetensors")

    with pytest.raises(mik.PlanError) as caught:
        mik.plan(Net(), [{"match": "{a,norm}.**", "from": "pre.safetensors"}, ("**", 0)])

    (finding,) = [finding for finding in caught.value.findings if finding.severity == "error"]
    assert finding.help == "with `prefix: module.` 5 would be"


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ({"prefix": "module."}, ["module.a.weight", "module.norm.gamma"]),
        ({"strip": "norm.", "prefix": "n."}, ["n.a.weight", "n.gamma"]),
    ],
)
def test_a_prefix_is_added_and_taken_off(source: dict[str, str], keys: list[str]) -> None:
    save_file(values(keys[0]) | values(keys[1], shape=(2,)), "pre.safetensors")

    plan = mik.plan(
        Net(), [{"match": ["a.weight", "norm.gamma"], "from": {"path": "pre.safetensors", **source}}, ("**", 0)]
    )

    assert [plan[name].draw.key for name in ("a.weight", "norm.gamma")] == keys  # type: ignore[union-attr]


@pytest.mark.parametrize("match", ["backbone.{rest:**}", {"regex": r"backbone\.(?P<rest>.*)"}])
def test_text_is_captured_for_the_names_of_a_file(match: str | dict[str, str]) -> None:
    save_file(values("module.0.weight", "module.1.weight"), "pre.safetensors")

    class Wrapped(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = nn.SequentialCell(nn.Dense(2, 2, has_bias=False), nn.Dense(2, 2, has_bias=False))

    net = Wrapped()
    mik.apply(net, [{"match": match, "from": {"path": "pre.safetensors", "key": "module.{rest}"}}])

    assert [net.backbone[n].weight.asnumpy()[0, 0] for n in range(2)] == [1, 2]


def test_a_file_that_cannot_be_read_is_said_once() -> None:
    with pytest.raises(mik.PlanError) as caught:
        mik.plan(Net(), FINE_TUNING)

    assert [finding.code for finding in caught.value.findings if finding.severity == "error"] == ["unreadable-file"]


def test_a_file_that_has_everything_leaves_the_next_rule_nothing_and_that_is_no_fault() -> None:
    save_file(PRETRAINED | values("head.weight"), "pre.safetensors")

    plan = mik.plan(Net(), FINE_TUNING)

    assert [(finding.code, finding.severity) for finding in plan.findings] == [("shadowed-rule", "note")]


def npz() -> None:
    np.savez_compressed("pre.npz", **values("a.weight"))


def sharded() -> None:
    Path("pre").mkdir()
    save_file(values("a.weight"), "pre/model-1.safetensors")
    save_file(values("b.weight", "c.weight"), "pre/model-2.safetensors")
    index = {"weight_map": {"a.weight": "model-1.safetensors", "b.weight": "model-2.safetensors"}}
    Path("pre/model.safetensors.index.json").write_text(json.dumps(index))


def folder() -> None:
    sharded()
    Path("pre/model.safetensors.index.json").unlink()


@pytest.mark.parametrize(
    ("write", "path"),
    [
        (npz, "pre.npz"),
        (sharded, "pre"),
        (sharded, "pre/model.safetensors.index.json"),
        (folder, "pre"),
        (lambda: np.save("pre.npy", values("a.weight")["a.weight"]), "pre.npy"),
        (lambda: save_file(values("a.weight"), "pre.safetensors"), str(Path("~") / "pre.safetensors")),
    ],
)
def test_formats(write: Callable[[], object], path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    write()
    net = Net()

    mik.apply(net, [{"match": "a.weight", "from": path}, ("**", 0)], seed=1)

    assert (net.a.weight.asnumpy() == 1).all()


def test_a_pickle_is_refused_with_the_command_that_converts_it() -> None:
    with pytest.raises(ValueError, match=r"a pickle runs code.* python -c .*save_file.* pre\.pth pre\.safetensors$"):
        checkpoints.entries("pre.pth")


def test_an_npz_of_other_things_is_refused() -> None:
    with zipfile.ZipFile("pre.npz", "w") as archive:
        archive.writestr("a.npy", b"no array")
    np.savez("text.npz", a=np.array(["x"]))

    for name in ("pre.npz", "text.npz"):
        with pytest.raises(ValueError, match=r"not an \.npz file"):
            checkpoints.entries(name)


def test_one_name_in_two_files_of_a_folder_is_refused() -> None:
    folder()
    save_file(values("a.weight"), "pre/more.safetensors")

    with pytest.raises(ValueError, match=r"'a\.weight' stands in"):
        checkpoints.entries("pre")


def test_prefixes_that_help_nobody_are_not_advised() -> None:
    assert prefix_hint(["a.w"], ["b.v"], 0) is None
    assert prefix_hint(["a.w", "b.w"], ["x.a.w", "a.w"], 1) is None


@pytest.mark.parametrize("name", ["priors.npy", "priors.npz", "priors.safetensors"])
def test_an_argument_takes_a_number_for_each_row_from_a_file(name: str) -> None:
    priors = np.array([0.5, 0.1, 0.01], np.float32)
    np.save("priors.npy", priors)
    np.savez("priors.npz", other=np.zeros((4, 4)), seen=priors)
    save_file({"seen": priors}, "priors.safetensors")
    argument = {"from": name, "key": "seen"} if name.endswith("z") else {"from": name}
    net = nn.SequentialCell(nn.Dense(2, 3))

    report = mik.apply(
        net,
        {"**.bias": {"prior_probability": {"probability": argument}}, "**.weight": {"constant": {"value": argument}}},
        seed=1,
    )

    assert np.allclose(1 / (1 + np.exp(-net[0].bias.asnumpy())), priors, rtol=0, atol=1e-6)
    assert np.array_equal(net[0].weight.asnumpy(), np.repeat(priors[:, None], 2, 1))
    assert mik.verify(net, report.plan) == ()


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"from": "gone.npy"}, "no such file"),
        ({"from": "many.npz"}, "has 2 tensors, a, b: say which by `key`"),
        ({"from": "many.npz", "key": "a"}, "values of shape (2, 2), not numbers in one axis"),
        ({"from": "many.npz", "key": "b"}, "2 values are not one for each row of the shape (3,)"),
        ({"from": "many.npz", "key": "c"}, "has no tensor called 'c'"),
    ],
)
def test_numbers_that_cannot_be_had_are_a_finding(argument: dict[str, str], said: str) -> None:
    np.savez("many.npz", a=np.zeros((2, 2)), b=np.zeros(2))
    net = nn.SequentialCell(nn.Dense(2, 3, has_bias=True))

    with pytest.raises(mik.PlanError) as error:
        mik.plan(net, {"**.bias": {"constant": {"value": argument}}, "**": 0})

    assert said in str(error.value)
