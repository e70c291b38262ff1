"""``fit``: values of another shape, from files and from other parameters, to the values that are written."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from mindspore import Parameter, Tensor, nn
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

import ms_initkit as mik
from ms_initkit.draws import sums
from ms_initkit.findings import PlanError, RecipeError
from ms_initkit.plans.plan import Plan


class Net(nn.Cell):
    """A parameter of each kind that people make to fit."""

    def __init__(self, *shapes: tuple[int, ...]) -> None:
        super().__init__()
        for number, shape in enumerate(shapes):
            setattr(self, f"w{number}", Parameter(Tensor(np.zeros(shape, np.float32)), name=f"w{number}"))


def values(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def written(path: Path, old: NDArray[np.float32], new: tuple[int, ...], fit: dict[str, object]) -> NDArray[np.float32]:
    """What is written where ``old`` stands in a file, held to the plan in all the ways there are."""
    file = path / "old.safetensors"
    save_file({"w0": old}, file)
    net = Net(new)
    report = mik.apply(net, [{"match": "w0", "from": str(file), "fit": fit}], seed=3)
    found: NDArray[np.float32] = net.w0.asnumpy()
    index = tuple(slice(extent // 3, None) for extent in new)
    assert np.array_equal(mik.draw(report.plan, "w0", seed=3, index=index), found[index])
    assert mik.verify(net, report.plan, seed=3) == ()
    assert mik.verify(net, report.plan) == ()
    assert Plan.from_json(report.plan.to_json()) == report.plan
    assert report.plan["w0"].is_loaded
    net.w0.set_data(Tensor(found + 1))
    assert {finding.code for finding in mik.verify(net, report.plan)} >= {"different-values"}
    return found


def test_new_rows_are_the_mean_of_the_old_ones(tmp_path: Path) -> None:
    old = values(300, 4)

    found = written(tmp_path, old, (310, 4), {"rows": "mean"})

    assert np.array_equal(found[:300], old)
    assert np.array_equal(found[300:], np.repeat(old.astype(np.float64).mean(0)[None], 10, 0).astype(np.float32))


def test_new_rows_are_drawn_with_the_fans_of_the_whole(tmp_path: Path) -> None:
    old = values(30, 4)

    found = written(tmp_path, old, (90, 4), {"rows": "xavier_uniform"})

    bound = (6 / (90 + 4)) ** 0.5
    assert np.array_equal(found[:30], old)
    assert 0.95 * bound < np.abs(found[30:]).max() <= bound  # of 240, the chance to stay below is 0.95**240


def test_rows_are_taken_off_the_end(tmp_path: Path) -> None:
    old = values(30, 4)

    assert np.array_equal(written(tmp_path, old, (20, 4), {"rows": "mean"}), old[:20])


def test_a_stem_takes_another_number_of_channels(tmp_path: Path) -> None:
    old = values(4, 3, 2, 2)

    found = written(tmp_path, old, (4, 1, 2, 2), {"channels": "average"})

    assert np.allclose(found[:, 0], old.sum(1), rtol=1e-6, atol=1e-6)


def test_a_kernel_is_inflated(tmp_path: Path) -> None:
    old = values(4, 3, 2, 2)

    found = written(tmp_path, old, (4, 3, 5, 2, 2), {"inflate": "center"})

    assert np.array_equal(found[:, :, 2], old)
    assert not found[:, :, [0, 1, 3, 4]].any()


def test_positions_are_interpolated_and_tokens_kept(tmp_path: Path) -> None:
    old = values(1, 1 + 9, 4)

    found = written(tmp_path, old, (1, 1 + 16, 4), {"grid": {"tokens": 1}})

    assert np.array_equal(found[0, 0], old[0, 0])


def test_a_large_table_is_read_once_for_all_of_its_new_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Mock(wraps=sums.total)
    monkeypatch.setattr(sums, "total", counted)
    save_file({"w0": values(600, 512)}, tmp_path / "old.safetensors")
    net = Net((2600, 512))

    mik.apply(net, [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": {"rows": "mean"}}], seed=1)

    assert counted.call_count == 1  # without a memory of it there are 8


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    for factor in (1.0, 2.0):
        save_file({"w0": np.full((4 + int(factor), 2), factor, np.float32)}, tmp_path / "old.safetensors")
        net = Net((9, 2))
        rules = [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": {"rows": "mean"}}]
        mik.apply(net, rules, seed=1)
        assert (net.w0.asnumpy() == factor).all()


def test_what_has_the_shape_already_is_loaded_as_it_is(tmp_path: Path) -> None:
    save_file({"w0": values(3, 2)}, tmp_path / "old.safetensors")

    rules = [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": {"rows": "mean"}}]
    plan = mik.plan(Net((3, 2)), rules)

    assert "rows" not in plan["w0"].initializer


def test_a_copy_is_made_to_fit_and_steps_follow() -> None:
    net = Net((6, 4), (9, 4))
    rules = [
        {"match": "w1", "like": "w0", "fit": {"widen": "outputs"}, "then": [{"multiply": 2}]},
        {"match": "w0", "init": {"normal": 1}},
    ]

    report = mik.apply(net, rules, seed=1)

    assert np.array_equal(net.w1.asnumpy(), 2 * net.w0.asnumpy()[[0, 1, 2, 3, 4, 5, 0, 1, 2]])
    assert report.plan["w1"].initializer == "like w0: normal(sigma=1), widened outputs: 6x4 to 9x4, then multiply 2"
    assert mik.verify(net, report.plan, seed=1) == ()
    assert mik.verify(net, report.plan) == ()
    net.w1.set_data(net.w1 + 1)
    assert len(mik.verify(net, report.plan, seed=1)) == 1


@pytest.mark.parametrize(
    ("old", "new", "fit", "said"),
    [
        ((8, 3), (9, 4), {"rows": "mean"}, "(8, 3) has other rows than (9, 4)"),
        ((8, 3), (9, 3), {"channels": "repeat"}, "of (8, 3) it makes (8, 3), not (9, 3)"),
        ((4, 3), (4, 3, 2), {"inflate": "repeat"}, "(4, 3) is no kernel to make 2 slices of"),
        ((1, 10, 2), (1, 17, 2), {"grid": "bicubic"}, "10 positions less 0 tokens are no square: say `tokens: 1`"),
        ((1, 6, 2), (1, 9, 2), {"grid": {"old": [2, 4]}}, "0 tokens and 2 x 4 are not the 6 positions of (1, 6, 2)"),
        ((8, 3), (4, 3), {"widen": "outputs"}, "8 outputs do not become 4"),
    ],
)
def test_what_does_not_fit_is_found_before_a_value_is_written(
    tmp_path: Path, old: tuple[int, ...], new: tuple[int, ...], fit: dict[str, object], said: str
) -> None:
    save_file({"w0": values(*old)}, tmp_path / "old.safetensors")

    with pytest.raises(PlanError) as error:
        mik.plan(Net(new), [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": fit}])

    (finding,) = error.value.findings
    assert finding.code == "shape-mismatch"
    assert said in str(finding)


def test_whole_numbers_are_not_computed_with(tmp_path: Path) -> None:
    save_file({"w0": np.arange(4)}, tmp_path / "old.safetensors")
    net = nn.Cell()
    net.w0 = Parameter(Tensor(np.zeros(6, np.int64)), name="w0", requires_grad=False)

    with pytest.raises(PlanError, match="`then` and `fit` compute with real numbers"):
        mik.plan(net, [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": {"rows": "mean"}}])


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"init": "zeros", "fit": {"rows": "mean"}}, "conflicting-keys"),
        ({"init": "keep", "fit": {"rows": "mean"}}, "conflicting-keys"),
        ({"from": "old.npz", "fit": {"rows": "mean", "channels": "repeat"}}, "wrong-type"),
        ({"from": "old.npz", "fit": {"row": "mean"}}, "unknown-key"),
        ({"from": "old.npz", "fit": {"rows": "meen"}}, "unknown-initializer"),
        ({"from": "old.npz", "fit": {"channels": "mean"}}, "unknown-word"),
        ({"from": "old.npz", "fit": {"grid": "bilinear"}}, "unknown-word"),
        ({"from": "old.npz", "fit": {"grid": {"old": [4]}}}, "wrong-type"),
    ],
)
def test_what_is_written_wrongly_is_found_without_a_network(rule: dict[str, object], code: str) -> None:
    with pytest.raises(RecipeError) as error:
        mik.load_recipe([{"match": "**", **rule}])

    assert [finding.code for finding in error.value.findings] == [code]


def test_bfloat16_is_fitted_from_what_it_holds(tmp_path: Path) -> None:
    from mindspore.common import dtype as mstype

    save_file({"w0": values(9, 4)}, tmp_path / "old.safetensors")
    net = nn.Cell()
    net.w0 = Parameter(Tensor(np.zeros((12, 4), np.float32)).astype(mstype.bfloat16), name="w0")
    rules = [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": {"rows": "mean"}}]

    report = mik.apply(net, rules, seed=1)

    assert mik.verify(net, report.plan, seed=1) == ()
    mean = values(9, 4).astype(np.float64).mean(0)
    assert np.allclose(net.w0.astype(mstype.float32).asnumpy()[9:], mean, rtol=2.0**-8, atol=0)


@pytest.mark.parametrize(
    ("old", "new", "fit"),
    [
        ((9, 4), (12, 4), {"rows": "mean"}),
        ((9, 4), (12, 4), {"rows": {"normal": 1}}),
        ((4, 3, 2, 2), (4, 6, 2, 2), {"channels": "average"}),
        ((1, 10, 2), (1, 26, 2), {"grid": {"tokens": 1}}),
    ],
)
def test_ranks_and_shards_have_slices_of_the_same_values(
    tmp_path: Path, old: tuple[int, ...], new: tuple[int, ...], fit: dict[str, object]
) -> None:
    save_file({"w0": values(*old)}, tmp_path / "old.safetensors")
    rules = [{"match": "w0", "from": str(tmp_path / "old.safetensors"), "fit": fit}]
    whole = Net(new)
    mik.apply(whole, rules, seed=1)
    everything = whole.w0.asnumpy()

    mik.materialize(mik.plan(whole, rules), tmp_path / "out", seed=1)
    (shard,) = (tmp_path / "out").glob("*.safetensors")
    assert np.array_equal(load_file(shard)["w0"], everything)
    axis = 1 if new[0] == 1 else 0
    for rank in range(2):
        half = Net(tuple(extent // 2 if at == axis else extent for at, extent in enumerate(new)))
        position = mik.layouts.layout({"tp": 2}, [mik.layouts.place("w0", mik.layouts.split(axis, over="tp"))]).at(rank)
        mik.apply(half, rules, seed=1, layout=position)
        assert np.array_equal(half.w0.asnumpy(), np.split(everything, 2, axis)[rank])


class Convolutions(nn.Cell):
    """Two convolutions with a norm between them: what Net2Net widens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, width, 3), nn.BatchNorm2d(width)
        self.last = nn.Conv2d(width, 4, 3, has_bias=True)
        self.relu = nn.ReLU()

    def construct(self, x: Tensor) -> Tensor:
        return self.last(self.relu(self.norm(self.first(x))))


def test_wider_convolutions_compute_what_the_narrow_ones_do(tmp_path: Path) -> None:
    narrow, wide = Convolutions(6), Convolutions(17)
    rules = {"norm.moving_variance": {"uniform": {"low": 0.5, "high": 2}}, "norm.moving_mean": {"normal": 1}}
    parts = [{"match": {"name": name, "trainable": "any"}, "init": init} for name, init in rules.items()]
    mik.apply(narrow, [*parts, {"match": "**", "init": {"normal": 0.3}}], seed=1)
    file = str(tmp_path / "narrow.safetensors")
    save_file({name: parameter.asnumpy() for name, parameter in narrow.parameters_and_names()}, file)

    report = mik.apply(
        wide,
        [
            {"match": "{first,norm}.**", "from": file, "fit": {"widen": "outputs"}},
            {"match": "last.weight", "from": file, "fit": {"widen": "inputs"}},
            {"match": "last.bias", "from": file},
        ],
        seed=2,
    )

    x = Tensor(np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32))
    narrow.set_train(mode=False)
    wide.set_train(mode=False)
    expected = narrow(x).asnumpy()
    # Sums of 17 * 9 products in float32, in an order of their own.
    assert np.abs(wide(x).asnumpy() - expected).max() <= 153 * 2.0**-24 * np.abs(expected).max() * 8
    assert mik.verify(wide, report.plan, seed=2) == ()
