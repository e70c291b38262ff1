"""Nothing half-written: users' code runs before the first value is written, and storage that is not ours is left."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, ParameterTuple, Tensor, nn
from mindspore.common.initializer import Initializer, initializer
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import formulas
from ms_initkit.formulas.base import Formula
from ms_initkit.stages.memory import not_writable
from tests.recipes import recipe


class Two(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.a = Parameter(Tensor(np.full((3, 4), 7.0, np.float32)), name="a")
        self.b = Parameter(Tensor(np.full((3, 4), 7.0, np.float32)), name="b")


@pytest.fixture
def register() -> Iterator[Callable[[Any], None]]:
    yield lambda target: mik.register_initializer("of_mine")(target)
    formulas.unregister("of_mine")


def raises(error: BaseException) -> Callable[..., object]:
    def draw(shape: object, rng: object) -> object:
        raise error

    return draw


class Filling(Initializer):
    def _initialize(self, arr: Any) -> None:  # noqa: ANN401 (an array)
        arr[0, 0] = 1.0
        raise LookupError("no more")


WRONG = [
    (raises(ValueError("seven")), "raised ValueError: seven"),
    (raises(KeyError("k")), "raised KeyError"),
    (raises(ZeroDivisionError()), "raised ZeroDivisionError"),
    (raises(OSError("the server does not answer")), "raised OSError"),
    (raises(MemoryError()), "raised MemoryError"),
    (raises(StopIteration()), "raised StopIteration"),
    (raises(SystemExit(0)), "raised SystemExit"),
    (Filling, "raised LookupError"),
    (lambda shape, rng: np.full(shape, np.nan), "not finite"),
    (lambda shape, rng: np.full(shape, np.inf), "not finite"),
    (lambda shape, rng: np.full(shape, 1e39), "not finite"),
    (lambda shape, rng: np.zeros(5), "an array of shape"),
    (lambda shape, rng: np.zeros((4, 3)), "an array of shape"),
    (lambda shape, rng: 0.0, "an array of shape"),
    (lambda shape, rng: np.zeros(shape, np.complex64), "not real numbers"),
    (lambda shape, rng: np.full(shape, "a"), "not real numbers"),
    (lambda shape, rng: None, "not real numbers"),
]


@pytest.mark.parametrize(("target", "problem"), WRONG)
def test_what_an_initializer_of_ones_own_does_wrong_writes_nothing(
    register: Callable[[Any], None], target: Callable[..., object], problem: str
) -> None:
    register(target)
    net = Two()
    with pytest.raises(mik.ApplyError, match=problem) as raised:
        mik.apply(net, recipe("{match: a, init: zeros}\n{match: b, init: of_mine}"), seed=1)
    (finding,) = raised.value.findings
    assert (finding.rule, finding.parameter) == ("2", "b")
    assert finding.notes == ("rule '2'; nothing was written",)
    assert net.a.asnumpy().tolist() == net.b.asnumpy().tolist() == np.full((3, 4), 7.0).tolist()


@dataclass(frozen=True)
class Unfinished(Formula):
    def resolve(self, site: object) -> Any:  # noqa: ANN401 (what the test is about)
        del site


@dataclass(frozen=True)
class Unready(Formula):
    def resolve(self, site: object) -> Any:  # noqa: ANN401 (it returns nothing)
        raise RuntimeError("not today")


def leaves(shape: object) -> object:
    raise SystemExit(0)


def asks_for_fans(fans: Any) -> object:  # noqa: ANN401 (None here)
    return mik.initializers.Normal(fans.there)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (Unfinished, "of_mine resolved to NoneType: must be a draw"),
        (Unready, "of_mine raised RuntimeError: not today"),
        (leaves, "of_mine raised SystemExit: 0"),
        (asks_for_fans, "of_mine raised AttributeError"),
        (lambda shape: None, "returned NoneType: must be an initializer or a draw"),
    ],
)
def test_what_it_does_wrong_while_the_plan_is_made_is_the_rules(
    register: Callable[[Any], None], target: Callable[..., object], problem: str
) -> None:
    register(target)
    with pytest.raises(mik.PlanError, match=problem) as raised:
        mik.plan(Two(), recipe("{match: a, init: zeros}\n{match: b, init: of_mine}"))
    (finding,) = raised.value.findings
    assert (finding.code, finding.rule, finding.parameter) == ("unusable-initializer", "2", "b")


@pytest.mark.parametrize("dtype", [mindspore.float16, mindspore.bfloat16])
def test_what_it_draws_has_to_fit_the_type(register: Callable[[Any], None], dtype: object) -> None:
    register(lambda shape, rng: np.full(shape, 70000.0 if dtype == mindspore.float16 else 3.4e38))
    net = Two()
    net.b = Parameter(Tensor(np.zeros((3, 4), np.float32)).astype(dtype), name="b")
    with pytest.raises(mik.ApplyError, match="cannot hold"):
        mik.apply(net, recipe("{match: a, init: zeros}\n{match: b, init: of_mine}"), seed=1)
    assert net.a.asnumpy()[0, 0] == 7.0


def test_what_it_draws_is_written_in_the_parameters_own_type(register: Callable[[Any], None]) -> None:
    register(lambda shape, rng: rng.random(shape))
    net, wide = Two(), Two()
    wide.b = Parameter(Tensor(np.zeros((3, 4)), mindspore.float64), name="b")
    for one in (net, wide):
        plan = mik.plan(one, recipe("{match: a, init: zeros}\n{match: b, init: of_mine}"))
        mik.apply(one, plan, seed=1)
        assert mik.verify(one, plan, seed=1) == ()
    np.testing.assert_array_equal(wide.b.asnumpy().astype(np.float32), net.b.asnumpy())
    assert (wide.b.asnumpy() != net.b.asnumpy()).any()


def test_a_plan_whose_initializer_is_not_registered_here_writes_nothing(register: Callable[[Any], None]) -> None:
    register(lambda shape, rng: rng.random(shape))
    net = Two()
    plan = mik.plan(net, recipe("{match: a, init: zeros}\n{match: b, init: of_mine}"))
    formulas.unregister("of_mine")
    with pytest.raises(mik.ApplyError, match="import the module that registers it"):
        mik.apply(net, plan, seed=1)
    register(lambda shape, rng: rng.random(shape))
    assert net.a.asnumpy()[0, 0] == 7.0


def over(array: Any, net: Two) -> Two:  # noqa: ANN401 (an array)
    net.b.set_data(Tensor.from_numpy(array))
    return net


def test_a_file_that_was_mapped_to_be_read_is_left(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", np.full((3, 4), 7.0, np.float32))
    mapped = np.load(tmp_path / "b.npy", mmap_mode="r")
    net = over(mapped, Two())
    assert net.b.asnumpy().ctypes.data == mapped.ctypes.data  # the parameter lies in the file
    mik.apply(net, recipe('{match: "**", init: ones}'), seed=1)
    assert net.b.asnumpy().tolist() == np.ones((3, 4)).tolist()
    assert np.load(tmp_path / "b.npy").tolist() == np.full((3, 4), 7.0).tolist()


@pytest.mark.parametrize("rights", [mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_EXEC])
def test_memory_without_the_right_to_write_is_told(rights: int) -> None:
    locked = mmap.mmap(-1, mmap.PAGESIZE * 3, flags=mmap.MAP_PRIVATE, prot=rights)
    open_ = mmap.mmap(-1, mmap.PAGESIZE * 3, flags=mmap.MAP_PRIVATE)
    first = np.frombuffer(locked, np.uint8).ctypes.data
    own = np.frombuffer(open_, np.uint8).ctypes.data
    inside = first + 2 * mmap.PAGESIZE + 17
    addresses = np.array([0, own, first, own + 5, inside, np.zeros(3).ctypes.data], np.uint64)
    assert not_writable(addresses) == [2, 4]
    # of so many the system's table of all memory is read, once
    assert not_writable(np.concatenate([np.full(10_000, own, np.uint64), addresses])) == [10_002, 10_004]
    assert not_writable(addresses[:0]) == []


def test_hash_tables_are_left_alone() -> None:
    from mindspore.experimental import MapParameter

    class Hashed(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Dense(3, 4)
            self.inner = nn.SequentialCell(nn.Dense(4, 4))
            self.table = MapParameter(
                key_dtype=mindspore.int32, value_dtype=mindspore.float32, value_shape=(4,), name="table"
            )

    net = Hashed()
    plan = mik.plan(net, recipe('{match: "**", init: ones}'))
    assert [line.name for line in plan.assignments] == ["fc.weight", "fc.bias", "inner.0.weight", "inner.0.bias"]
    mik.apply(net, plan, seed=1)
    assert mik.verify(net, plan, seed=1) == ()
    mik.apply(net, recipe('{match: "**", init: {normal: 1}}'), seed=1)


def test_a_tuple_of_parameters_names_none_of_them_twice(tmp_path: Path) -> None:
    class Listed(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Dense(3, 4)
            self.everything = ParameterTuple(tuple(self.fc.get_parameters()))
            self.own = ParameterTuple((Parameter(Tensor(np.zeros(2, np.float32)), name="p"),))

    from ms_initkit.networks.manifest import read_manifest, to_json

    infos = mik.describe(Listed())
    assert {info.names for info in infos} == {("fc.weight",), ("fc.bias",), ("p",)}
    weight = next(info for info in infos if info.name == "fc.weight")
    assert (weight.owners[0].leaf, weight.owners[0].cell[0]) == ("weight", "Dense")
    (tmp_path / "m.json").write_text(to_json(infos))
    assert [info.names for info in read_manifest(tmp_path / "m.json")] == [info.names for info in infos]
    net = Listed()
    mik.apply(net, recipe("{match: {cell: Dense}, init: ones}\n{match: p, init: zeros}"), seed=1)
    assert net.fc.weight.asnumpy().min() == 1.0


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 4, 4)])
@pytest.mark.parametrize("init", ["zeros", "{normal: 1}", "he_normal", "layer_default", "orthogonal", "keep"])
def test_a_parameter_of_no_elements_has_no_values(shape: tuple[int, ...], init: str) -> None:
    net = Two()
    net.b = Parameter(Tensor(np.zeros(shape, np.float32)), name="b")
    plan = mik.plan(net, recipe(f"{{match: a, init: ones}}\n{{match: b, init: {init}}}"))
    mik.apply(net, plan, seed=1)
    assert mik.verify(net, plan, seed=1) == mik.verify(net, plan) == ()
    assert net.b.shape == shape
    assert mik.Plan.from_json(plan.to_json()) == plan


def test_kept_deferred_parameters_leave_numpys_generator_as_it_was() -> None:
    with mik.deferred():
        net = nn.SequentialCell(nn.Dense(8, 8), nn.Dense(8, 8))
        net[0].weight = Parameter(initializer("normal", (8, 8)), name="w")
    before = np.random.get_state()  # noqa: NPY002 (the global one is meant)
    mik.apply(net, recipe('{match: "**", init: keep}'), seed=1)
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(left, right) for left, right in zip(before, after, strict=True))
    assert len(np.unique(net[0].weight.asnumpy())) > 1


def test_a_kept_deferred_parameter_whose_own_initializer_fails_leaves_all_as_it_was() -> None:
    class Fails(Initializer):
        def _initialize(self, arr: NDArray[Any]) -> None:
            raise KeyError("sigma")

    net = Two()
    with mik.deferred():
        net.b = Parameter(initializer(Fails(), (3, 4)), name="b")

    with pytest.raises(mik.ApplyError, match=r"'b'.*its constructor's initializer raised KeyError: 'sigma'") as raised:
        mik.apply(net, recipe("{match: a, init: zeros}\n{match: b, init: keep}"), seed=1)

    assert "nothing was written" in str(raised.value)
    assert net.a.asnumpy().tolist() == np.full((3, 4), 7.0).tolist()
    assert net.b.has_init


class Narrow(nn.Cell):
    """A matrix, and one in eight bits, of which MindSpore draws nothing."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.a = Parameter(Tensor(np.full((3, 4), 7.0, np.float32)), name="a")
        self.b = Parameter(Tensor(np.ones((3, 4), np.float32)), name="b", requires_grad=False)
        self.b.set_dtype(getattr(mindspore, name))


NARROW = ["float8_e4m3fn", "float8_e5m2", "hifloat8"]


@pytest.mark.parametrize("name", NARROW)
def test_types_that_only_mindspore_has_are_kept(name: str, tmp_path: Path) -> None:
    net = Narrow(name)
    report = mik.apply(net, {"a": "normal"}, seed=1)

    assert mik.verify(net, report, seed=1) == mik.verify(net, report) == ()
    assert report.plan["b"].is_kept
    assert mik.Plan.from_json(report.plan.to_json()) == report.plan
    assert name.replace("_", "").removesuffix("fn") in report.to_html(tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("init", ["normal", "0", "{constant: 1}", "orthogonal"])
def test_types_that_only_mindspore_has_are_not_written(name: str, init: str) -> None:
    net = Narrow(name)
    with pytest.raises(
        mik.PlanError, match=r"unusable-initializer.*'b' \(3, 4\): a parameter of .*float8.* is not written"
    ):
        mik.apply(
            net, recipe(f"{{match: a, init: zeros}}\n{{match: {{name: b, trainable: any}}, init: {init}}}"), seed=1
        )

    assert net.a.asnumpy().tolist() == np.full((3, 4), 7.0).tolist()


def test_what_fails_midway_promises_no_more_than_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    from ms_initkit import stream

    def fail(*arguments: object) -> None:
        raise OSError("no memory left")

    monkeypatch.setattr(stream, "fill_many", fail)
    with pytest.raises(mik.ApplyError, match=r"any of the 2 parameters may hold old[\s\S]*once the cause is gone"):
        mik.apply(Two(), recipe('{match: "**", init: ones}'), seed=1)
