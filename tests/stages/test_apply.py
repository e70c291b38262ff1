from __future__ import annotations

import pickle
import random
import threading
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mindspore
import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from mindspore.common.initializer import initializer
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

import ms_initkit as mik
from ms_initkit import stream
from ms_initkit.stages import write
from tests.networks import Mixed, Mlp, Stack, Tied
from tests.recipes import recipe

Values = dict[str, NDArray[np.generic]]

NORMAL = '{match: "**", init: {normal: 0.02}}'
STACK = """
{match: {param: weight}, init: {normal: 0.02}}
{match: {param: [bias, beta]}, init: zeros}
{match: {param: gamma}, init: ones}
{match: {param: "moving_*", trainable: any}, init: keep}
"""


def values(net: nn.Cell) -> Values:
    return {name: parameter.asnumpy().copy() for name, parameter in net.parameters_and_names()}


def assert_same(left: Values, right: Values) -> None:
    assert left.keys() == right.keys()
    for name, value in left.items():
        assert_array_equal(value, right[name], err_msg=name)


def global_state() -> bytes:
    mindspores = mindspore.get_rng_state().asnumpy().tolist()
    return pickle.dumps([np.random.get_state(), random.getstate(), mindspores])  # noqa: NPY002  # the global ones are meant


def test_values_are_those_of_the_stream() -> None:
    net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)

    wanted = stream.sample(
        mik.plan(net, recipe(NORMAL))["hidden.weight"].draw, (256, 20), stream.key(7, "hidden.weight")
    )
    assert_array_equal(net.hidden.weight.asnumpy(), wanted)


def test_applying_twice_gives_the_same_values() -> None:
    net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)
    first = values(net)
    mik.apply(net, recipe(NORMAL), seed=7)

    assert_same(values(net), first)


def test_another_seed_gives_other_values() -> None:
    net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)
    first = values(net)
    mik.apply(net, recipe(NORMAL), seed=8)

    assert not np.array_equal(values(net)["hidden.weight"], first["hidden.weight"])


@pytest.mark.parametrize(
    "names",
    ["first new second third", "first third", "first renamed third", "third second first"],
    ids=["inserted", "removed", "renamed", "reordered"],
)
def test_a_layer_that_is_changed_changes_no_other_parameter(names: str) -> None:
    def network(layers: str) -> nn.SequentialCell:
        return nn.SequentialCell(OrderedDict((name, nn.Dense(8, 8)) for name in layers.split()))

    before, after = network("first second third"), network(names)

    mik.apply(before, recipe(NORMAL), seed=7)
    mik.apply(after, recipe(NORMAL), seed=7)

    old, new = values(before), values(after)
    common = old.keys() & new.keys()
    assert {name.partition(".")[0] for name in common} == {"first", "second", "third"} & set(names.split())
    assert_same({name: old[name] for name in common}, {name: new[name] for name in common})


def test_wrapping_a_network_changes_no_value() -> None:
    net, inside = Mlp(), Mlp()
    wrapped = nn.WithLossCell(inside, nn.MSELoss())
    stripping = recipe(NORMAL, head="strip_prefixes: [_backbone.]")

    mik.apply(net, recipe(NORMAL), seed=7)
    mik.apply(wrapped, stripping, seed=7)

    assert_same(values(inside), values(net))


def test_parameters_keep_their_identity_and_options() -> None:
    net = Mlp()
    net.hidden.bias.requires_grad = False
    before = {name: id(parameter) for name, parameter in net.parameters_and_names()}

    mik.apply(net, recipe('{match: {name: "**", trainable: any}, init: {normal: 0.02}}'), seed=7)

    assert {name: id(parameter) for name, parameter in net.parameters_and_names()} == before
    assert not net.hidden.bias.requires_grad


def test_a_tied_weight_is_drawn_once_and_stays_tied() -> None:
    net = Tied()

    mik.apply(net, recipe(NORMAL), seed=7)

    assert net.head.weight is net.embedding.embedding_table
    wanted = stream.sample(
        mik.plan(net, recipe(NORMAL))["head.weight"].draw, (50, 16), stream.key(7, "embedding.embedding_table")
    )
    assert_array_equal(net.head.weight.asnumpy(), wanted)


class Sharing(nn.Cell):
    """Two parameters that are parts of one stretch of memory."""

    def __init__(self, first: slice, second: slice) -> None:
        super().__init__()
        base = Tensor(np.full(100, 5.0, np.float32))
        for name, part in (("first", first), ("second", second)):
            parameter = Parameter(Tensor(np.zeros(part.stop - part.start, np.float32)), name=name)
            parameter.set_data(mindspore.mint.narrow(base, 0, part.start, part.stop - part.start))
            self.insert_param_to_cell(name, parameter)


@pytest.mark.since("2.9")
@pytest.mark.parametrize(
    ("first", "second"),
    [(slice(0, 100), slice(25, 75)), (slice(25, 75), slice(0, 100)), (slice(0, 60), slice(40, 100))],
    ids=["within", "around", "beside"],
)
def test_parameters_whose_memory_overlaps_are_given_their_own(first: slice, second: slice) -> None:
    net = Sharing(first, second)

    plan = mik.apply(net, recipe(NORMAL), seed=7).plan

    assert not mik.verify(net, plan, seed=7)


@pytest.mark.since("2.9")
def test_a_kept_parameter_keeps_its_values_where_a_drawn_one_shares_its_memory() -> None:
    net = Sharing(slice(0, 60), slice(40, 100))

    plan = mik.apply(net, recipe("{match: first, init: {normal: 0.02}}\n{match: second, init: keep}"), seed=7).plan

    assert_array_equal(net.second.asnumpy(), np.full(60, 5.0, np.float32))
    assert not mik.verify(net, plan, seed=7)


def test_parameters_without_elements_are_planned_written_and_verified() -> None:
    class Empty(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.weight = Parameter(Tensor(np.zeros((0, 3), np.float32)), name="weight")

    for init in ("{normal: 0.02}", "orthogonal", "eye", "7"):
        net = Empty()
        plan = mik.apply(net, recipe(f'{{match: "**", init: {init}}}'), seed=7).plan
        assert not mik.verify(net, plan, seed=7)
        assert not mik.verify(net, plan)


def test_parameters_that_share_memory_are_given_their_own() -> None:
    tensor = Tensor(np.zeros((4, 4), np.float32))

    class Shared(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.w1 = Parameter(tensor, name="w1")
            self.w2 = Parameter(tensor, name="w2")

    net = Shared()

    mik.apply(net, recipe(NORMAL), seed=7)

    assert not np.array_equal(net.w1.asnumpy(), net.w2.asnumpy())
    assert not mik.verify(net, mik.plan(net, recipe(NORMAL)), seed=7)


def test_deferred_networks_get_the_values_of_constructed_ones() -> None:
    built = Mlp()
    with mik.deferred():
        deferred = Mlp()

    mik.apply(built, recipe(NORMAL), seed=7)
    mik.apply(deferred, recipe(NORMAL), seed=7)

    assert_same(values(deferred), values(built))


def test_deferred_parameters_are_never_drawn_by_their_constructor(monkeypatch: pytest.MonkeyPatch) -> None:
    from mindspore.common.initializer import HeUniform, Uniform

    drawn = []
    for kind in (HeUniform, Uniform):
        monkeypatch.setattr(kind, "_initialize", lambda *args: drawn.append(args))
    with mik.deferred():
        net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)
    net.init_parameters_data()

    assert not drawn
    assert not mik.verify(net, mik.plan(net, recipe(NORMAL)), seed=7)


@pytest.mark.since("2.9")
def test_networks_on_the_meta_device_are_initialised() -> None:
    with mindspore.DeviceCtx("meta"):
        net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)

    assert not mik.verify(net, mik.plan(net, recipe(NORMAL)), seed=7)
    assert net(Tensor(np.ones((1, 20), np.float32))).shape == (1, 10)


@pytest.mark.parametrize("context", ["deferred", pytest.param("meta", marks=pytest.mark.since("2.9"))])
def test_a_kept_deferred_parameter_gets_its_constructors_values(context: str) -> None:
    with mik.deferred() if context == "deferred" else mindspore.DeviceCtx("meta"):
        net = Stack()

    mik.apply(net, recipe(STACK), seed=7)

    assert_array_equal(net.norm.moving_variance.asnumpy(), np.ones(8, np.float32))


def test_a_kept_parameter_is_not_touched() -> None:
    net = Stack()
    net.norm.moving_mean.set_data(Tensor(np.full(8, 5.0, np.float32)))

    mik.apply(net, recipe(STACK), seed=7)

    assert_array_equal(net.norm.moving_mean.asnumpy(), np.full(8, 5.0, np.float32))


def test_narrow_types_are_the_rounded_float32_draw() -> None:
    net = Mixed()

    mik.apply(net, recipe(NORMAL), seed=7)

    plan = mik.plan(net, recipe(NORMAL))
    for name, parameter in net.parameters_and_names():
        wide = mik.draw(plan, name, seed=7)
        rounded = Tensor(wide).astype(parameter.dtype).astype(mindspore.float32).asnumpy()
        assert_array_equal(parameter.astype(mindspore.float32).asnumpy(), rounded, err_msg=name)


def test_the_values_are_used_by_the_network() -> None:
    net = Mlp()
    x = Tensor(np.ones((1, 20), np.float32))
    net(x)

    mik.apply(net, recipe("{match: {param: weight}, init: 1}\n{match: {param: bias}, init: 0}"), seed=7)

    assert_array_equal(net(x).asnumpy(), np.full((1, 10), 20 * 256, np.float32))


def test_global_random_states_are_untouched() -> None:
    net = Mlp()
    mindspore.set_seed(3)
    before = global_state()

    mik.apply(net, recipe(NORMAL), seed=7)

    after = global_state()
    assert after == before
    assert mindspore.get_seed() == 3


def test_without_a_seed_the_global_one_decides() -> None:
    net = Mlp()

    mindspore.set_seed(3)
    first = mik.apply(net, recipe(NORMAL))
    second = mik.apply(net, recipe(NORMAL))
    mindspore.set_seed(3)
    third = mik.apply(net, recipe(NORMAL))

    assert first.seed == third.seed
    assert first.seed != second.seed


@pytest.mark.parametrize("seed", [1.5, "1", None])
def test_a_draw_needs_a_whole_number_for_a_seed(seed: float | str | None) -> None:
    plan = mik.plan(Mlp(), recipe(NORMAL))

    with pytest.raises(TypeError, match=f"a seed is a whole number, not {seed!r}"):
        mik.draw(plan, "hidden.weight", seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"a seed is 0 to 2\\*\\*64 - 1, not {seed}"):
        mik.apply(Mlp(), recipe(NORMAL), seed=seed)


def test_a_value_that_does_not_fit_is_refused_before_anything_is_written() -> None:
    net = Mixed()
    before = net.float32.asnumpy().copy()
    rules = '{match: "float32", init: {normal: 1}}\n{match: "**", init: 1e6}'

    with pytest.raises(mik.PlanError, match="values as large as 1e\\+06 do not fit: float16 ends at 65504"):
        mik.apply(net, recipe(rules), seed=7)

    assert_array_equal(net.float32.asnumpy(), before)


def test_integers_take_whole_constants() -> None:
    net = Stack()

    mik.apply(net, recipe('{match: {param: steps, trainable: any}, init: 3}\n{match: "**", init: ones}'), seed=7)

    assert net.steps.asnumpy().tolist() == [3]


def test_values_come_from_files(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "weights.safetensors"
    stored = {f"layer.{i}.w": np.full((24, 8), i, np.float32) for i in range(3)}
    save_file(stored, path)
    rules = f"""
    {{match: "blocks.{{i}}.fc.weight", from: {{path: "{path}", key: "layer.{{i}}.w"}}}}
    {{match: "**", init: ones}}
    """
    net = Stack()

    mik.apply(net, recipe(rules), seed=7)

    for i in range(3):
        assert_array_equal(net.blocks[i].fc.weight.asnumpy(), stored[f"layer.{i}.w"])


def test_values_of_a_file_can_be_edited(tmp_path: Path) -> None:
    path = tmp_path / "w.npy"
    np.save(path, np.arange(2560, dtype=np.float32).reshape(10, 256))
    rules = (
        f'{{match: "output.weight", from: {{path: "{path}", key: w}}, then: [{{add: 1}}]}}\n{{match: "**", init: ones}}'
    )
    net = Mlp()

    mik.apply(net, recipe(rules), seed=7)

    assert net.output.weight.asnumpy()[0, 1] == 2.0


def test_a_checkpoint_of_mindspore_is_a_source(tmp_path: Path) -> None:
    source, net = Mlp(), Mlp()
    path = tmp_path / "mlp.ckpt"
    mindspore.save_checkpoint(source, str(path))

    mik.apply(net, recipe(f'{{match: "hidden.*", from: "{path}"}}\n{{match: "**", init: ones}}'), seed=7)

    assert_array_equal(net.hidden.weight.asnumpy(), source.hidden.weight.asnumpy())


def test_a_file_of_another_shape_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "w.npy"
    np.save(path, np.zeros((3, 3), np.float32))
    rules = f'{{match: "output.weight", from: {{path: "{path}", key: w}}}}\n{{match: "**", init: ones}}'

    with pytest.raises(
        mik.PlanError, match=r"'output\.weight' \(10, 256\) float32: 'w' of .*w\.npy has shape \(3, 3\)"
    ):
        mik.apply(Mlp(), recipe(rules), seed=7)


def test_a_missing_entry_is_an_error_with_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "mlp.ckpt"
    mindspore.save_checkpoint(Mlp(), str(path))
    rules = f'{{match: "hidden.weight", from: {{path: "{path}", key: hiden.weight}}}}\n{{match: "**", init: ones}}'

    with pytest.raises(mik.PlanError, match=r"no tensor called 'hiden\.weight'[\s\S]*did you mean 'hidden\.weight'"):
        mik.apply(Mlp(), recipe(rules), seed=7)


def test_a_file_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mlp.ckpt"
    net = Mlp()
    rules = f'{{match: hidden.bias, from: {{path: "{path}", key: hidden.bias}}}}\n{{match: "**", init: ones}}'

    for value in (1.0, 2.0):
        net.hidden.bias.set_data(Tensor(np.full(256, value, np.float32)))
        mindspore.save_checkpoint(net, str(path))
        other = Mlp()
        mik.apply(other, recipe(rules), seed=7)
        assert_array_equal(other.hidden.bias.asnumpy(), np.full(256, value, np.float32))


def test_progress_counts_every_element() -> None:
    net = Mlp()
    seen: list[int] = []

    report = mik.apply(net, recipe(NORMAL), seed=7, progress=seen.append)

    assert sum(seen) == report.written == sum(parameter.size for parameter in net.get_parameters())


def test_an_interrupted_apply_says_how_to_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(stream, "fill_many", fail)

    with pytest.raises(mik.ApplyError, match=r"writing stopped: no room[\s\S]*applying again with the same seed"):
        mik.apply(Mlp(), recipe(NORMAL), seed=7)


def test_any_tensor_argument_of_mindspore_still_works_afterwards() -> None:
    net = Mlp()
    mik.apply(net, recipe(NORMAL), seed=7)

    net.output.weight.set_data(initializer("ones", [10, 256]))

    assert net.output.weight.asnumpy().min() == 1.0


def test_drawing_and_copying_to_a_device_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for the copy of a lot goes on until the next lot is being drawn."""
    net = Mixed()
    lots = 0
    begun = threading.Semaphore(0)
    draw = write._draw

    def begin(*arguments: Any, **options: Any) -> None:  # noqa: ANN401  # whatever it is given
        begun.release()
        draw(*arguments, **options)

    def give(parameter: Parameter, values: NDArray[Any]) -> None:
        nonlocal lots
        for _ in range((2, 1)[lots] if lots < 2 else 0):  # its own drawing and the next one's
            assert begun.acquire(timeout=60), "the next lot is not drawn meanwhile"
        lots += 1
        usual(parameter, values)

    usual = write._give
    monkeypatch.setattr("ms_initkit.stages.write.get_current_device", lambda: SimpleNamespace(device_target="Ascend"))
    monkeypatch.setattr("ms_initkit.stages.write._DEVICE_CHUNK", 1)
    monkeypatch.setattr(write, "_give", give)
    monkeypatch.setattr(write, "_draw", begin)
    mik.apply(net, recipe(NORMAL), seed=7)

    assert lots > 2
    assert not mik.verify(net, mik.plan(net, recipe(NORMAL)), seed=7)


def test_a_device_without_host_memory_is_written_through_set_data(monkeypatch: pytest.MonkeyPatch) -> None:
    built, remote = Mixed(), Mixed()
    mik.apply(built, recipe(NORMAL), seed=7)

    monkeypatch.setattr("ms_initkit.stages.write.get_current_device", lambda: SimpleNamespace(device_target="Ascend"))
    monkeypatch.setattr("ms_initkit.stages.write._DEVICE_CHUNK", 5000)
    mik.apply(remote, recipe(NORMAL), seed=7)

    assert not mik.verify(remote, mik.plan(remote, recipe(NORMAL)), seed=7)


@pytest.mark.parametrize("context", ["deferred", pytest.param("meta", marks=pytest.mark.since("2.9"))])
def test_narrow_deferred_parameters_keep_their_type(context: str) -> None:
    with mik.deferred() if context == "deferred" else mindspore.DeviceCtx("meta"):
        net = nn.Dense(8, 8, dtype=mindspore.bfloat16)

    mik.apply(net, recipe(NORMAL), seed=7)

    assert net.weight.dtype == mindspore.bfloat16
    assert not mik.verify(net, mik.plan(net, recipe(NORMAL)), seed=7)


@pytest.mark.parametrize("context", ["deferred", pytest.param("meta", marks=pytest.mark.since("2.9"))])
def test_a_clone_of_a_deferred_parameter_has_the_applied_values(context: str) -> None:
    with mik.deferred() if context == "deferred" else mindspore.DeviceCtx("meta"):
        net = Mlp()

    mik.apply(net, recipe(NORMAL), seed=7)

    assert_array_equal(net.hidden.weight.clone().asnumpy(), net.hidden.weight.asnumpy())


def test_where_numpy_keeps_mindspore_from_bfloat16_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, wide = nn.Dense(8, 8, dtype=mindspore.bfloat16), nn.Dense(8, 8)
    before = narrow.bias.float().asnumpy().copy()
    monkeypatch.delattr("mindspore.common.np_dtype.bfloat16")

    with pytest.raises(ValueError, match=r"makes no bfloat16 parameters beside NumPy .*: pip install 'numpy<2'$"):
        mik.apply(narrow, {"weight": {"normal": 0.02}, "bias": 1}, seed=1)
    mik.apply(wide, {"weight": {"normal": 0.02}, "bias": 1}, seed=1)

    assert np.array_equal(narrow.bias.float().asnumpy(), before)
    assert (wide.bias.asnumpy() == 1).all()
