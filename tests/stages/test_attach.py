"""Slices through MindSpore's own calls, held against the same slices of the whole tensor."""

from __future__ import annotations

import math
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import mindspore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mindspore import Parameter, Tensor, nn
from mindspore.common.initializer import Initializer, XavierNormal, initializer
from mindspore.nn.utils import no_init_parameters
from mindspore.parallel import _tensor as parallel_tensor
from numpy.typing import NDArray

from ms_initkit import ApplyError, Assignment, Plan, apply, attach, draw, draws, verify
from ms_initkit.draws.moments import moments
from ms_initkit.networks.describe import describe
from ms_initkit.stages import attach as attaching
from tests.networks import Mlp, Tied

SEED = 7
NORMAL = draws.Normal(0.0, 0.02)


class One(nn.Cell):
    """A single parameter, deferred where constructed so."""

    def __init__(self, shape: tuple[int, ...], dtype: object = mindspore.float32, init: object = "normal") -> None:
        super().__init__()
        self.weight = Parameter(initializer(init, shape, dtype), name="weight")


def planned(net: nn.Cell, laws: dict[str, draws.Draw] | draws.Draw = NORMAL) -> Plan:
    """A plan by hand: one law for all parameters, or one by name and the rest kept."""
    lines = []
    for info in describe(net):
        law = laws.get(info.name, draws.Keep()) if isinstance(laws, dict) else laws
        spread = moments(law, info.shape)
        lines.append(
            Assignment(
                info.name,
                info.names[1:],
                info.name,
                info.shape,
                info.dtype,
                "rule",
                "law",
                law,
                None,
                spread,
                ("rule",),
            )
        )
    return Plan("test", "by hand", "", (), (), tuple(lines))


def deferred(shape: tuple[int, ...], dtype: object = mindspore.float32) -> One:
    with no_init_parameters():
        return One(shape, dtype)


def attached(shape: tuple[int, ...], law: draws.Draw = NORMAL, dtype: object = mindspore.float32) -> tuple[One, Plan]:
    net = deferred(shape, dtype)
    plan = planned(net, law)
    attach(net, plan, SEED)
    return net, plan


class Mesh(NamedTuple):
    """A tensor cut over devices as MindSpore says it: `tensor_map` counts the axes of the mesh from the last."""

    mesh: tuple[int, ...]
    tensor_map: tuple[int, ...]
    part: tuple[int, ...]

    @property
    def cuts(self) -> tuple[int, ...]:
        return tuple(1 if m < 0 else self.mesh[len(self.mesh) - 1 - m] for m in self.tensor_map)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(n * size for n, size in zip(self.cuts, self.part, strict=True))

    @property
    def ranks(self) -> range:
        return range(math.prod(self.mesh))

    def place(self, rank: int) -> tuple[slice, ...]:
        """The definition: a rank's place in the mesh says its part along each axis."""
        device = np.unravel_index(rank, self.mesh)
        at = [0 if m < 0 else int(device[len(self.mesh) - 1 - m]) for m in self.tensor_map]
        return tuple(slice(i * size, (i + 1) * size) for i, size in zip(at, self.part, strict=True))

    def replicas(self, rank: int) -> list[int]:
        return [other for other in self.ranks if self.place(other) == self.place(rank)]


@st.composite
def meshes(draw: st.DrawFn) -> Mesh:
    mesh = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    n_axes = draw(st.integers(1, 3))
    axes = draw(st.permutations([*range(len(mesh)), *[-1] * n_axes]))[:n_axes]
    return Mesh(mesh, tuple(axes), tuple(draw(st.integers(1, 5)) for _ in range(n_axes)))


class World:
    """As the processes of a job see each other: which rank this is, and its groups."""

    def __init__(self, rank: int, size: int, groups: dict[str, list[int]] | None = None) -> None:
        self.rank, self.size, self.groups = rank, size, groups or {}

    def get_rank(self, group: str | None = None) -> int:
        return self.rank if group is None else self.groups[group].index(self.rank)

    def get_group_size(self, group: str | None = None) -> int:
        return self.size if group is None else len(self.groups[group])


@contextmanager
def as_rank(rank: int, size: int, groups: dict[str, list[int]] | None = None) -> Iterator[None]:
    world = World(rank, size, groups)
    both: dict[str, Any] = {"get_rank": world.get_rank, "get_group_size": world.get_group_size}
    with patch.multiple(parallel_tensor, **both), patch.multiple(attaching, **both):
        yield


def values(tensor: Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.asnumpy()
    return array.view(np.uint16) if tensor.dtype == mindspore.bfloat16 else array


LAWS = st.sampled_from(
    [
        NORMAL,
        draws.Uniform(-0.5, 0.25),
        draws.TruncatedNormal(0.0, 1.0, -2.0, 2.0),
        draws.Constant(0.0),
        draws.Edited(NORMAL, (draws.SetRows((0,), 3.0),)),
    ]
)


# MindSpore's two ways to a slice


@given(meshes(), LAWS)
def test_every_rank_gets_its_slice_through_parameter_init_data(mesh: Mesh, law: draws.Draw) -> None:
    for rank in mesh.ranks:
        net, plan = attached(mesh.shape, law)

        with as_rank(rank, len(mesh.ranks)):
            net.weight.init_data((list(mesh.mesh), list(mesh.tensor_map), list(mesh.part), 0, True, ""))

        expected = draw(plan, "weight", seed=SEED)[mesh.place(rank)]
        assert np.array_equal(net.weight.asnumpy(), expected)


@given(meshes(), LAWS, st.sampled_from([None, 0, 5]))
def test_every_slice_through_tensor_init_data_is_the_whole_tensors(
    mesh: Mesh, law: draws.Draw, global_seed: int | None
) -> None:
    with patch("mindspore.common.tensor.get_seed", lambda: global_seed):
        for rank in mesh.ranks:
            net, plan = attached(mesh.shape, law)
            with as_rank(rank, len(mesh.ranks)):
                number = int(parallel_tensor._get_slice_index(mesh.mesh, mesh.tensor_map, None))

            tensor = net.weight.init_mode.init_data(number, mesh.part)

            assert np.array_equal(tensor.asnumpy(), draw(plan, "weight", seed=SEED)[mesh.place(rank)])


@settings(max_examples=30)
@given(meshes(), st.sampled_from([None, 0, 5]))
def test_an_initializer_in_another_tensor_recovers_the_slice_from_the_seed(mesh: Mesh, global_seed: int | None) -> None:
    seeds = (
        patch("mindspore.common.tensor.get_seed", lambda: global_seed),
        patch.object(attaching, "get_seed", lambda: global_seed),
    )
    with seeds[0], seeds[1]:
        for rank in mesh.ranks:
            net, plan = attached(mesh.shape)
            with as_rank(rank, len(mesh.ranks)):
                number = int(parallel_tensor._get_slice_index(mesh.mesh, mesh.tensor_map, None))
            copy = Tensor(shape=mesh.part, dtype=mindspore.float32, init=net.weight.init)

            copy.init_data(number, mesh.part)

            assert np.array_equal(copy.asnumpy(), draw(plan, "weight", seed=SEED)[mesh.place(rank)])


@given(meshes(), st.data())
def test_what_the_optimizer_shards_are_slices_of_slices(mesh: Mesh, data: st.DataObject) -> None:
    parts = data.draw(st.sampled_from([n for n in (1, 2, 3) if len(mesh.replicas(0)) % n == 0]))
    mesh = mesh._replace(part=(mesh.part[0] * parts, *mesh.part[1:]))
    shard = (mesh.part[0] // parts, *mesh.part[1:])
    for rank in mesh.ranks:
        members = mesh.replicas(rank)
        first = members.index(rank) // parts * parts
        group = members[first : first + parts]
        net, plan = attached(mesh.shape)

        with as_rank(rank, len(mesh.ranks), {"shards": group}):
            net.weight.init_data((list(mesh.mesh), list(mesh.tensor_map), list(shard), 0, True, "shards"))

        own = draw(plan, "weight", seed=SEED)[mesh.place(rank)]
        assert np.array_equal(net.weight.asnumpy(), np.split(own, parts)[group.index(rank)])


def test_init_parameters_data_draws_the_whole_network() -> None:
    with no_init_parameters():
        net = Mlp()
    plan = planned(net)
    attach(net, plan, SEED)

    net.init_parameters_data()

    assert verify(net, plan, seed=SEED) == ()


@pytest.mark.parametrize("dtype", [mindspore.float16, mindspore.bfloat16, mindspore.float32, mindspore.float64])
def test_every_type_gets_the_bits_that_apply_writes(dtype: object) -> None:
    net, plan = attached((6, 4), dtype=dtype)
    whole = One((6, 4), dtype)
    apply(whole, plan, seed=SEED)

    net.weight.init_mode.init_data(3, (3, 2))

    assert np.array_equal(values(net.weight.init_mode), values(whole.weight)[3:, 2:])


def test_whole_numbers_are_sliced_exactly() -> None:
    net = deferred((6,), mindspore.int32)
    attach(net, planned(net, draws.Constant(3.0)), SEED)

    assert net.weight.init_mode.init_data(1, (2,)).asnumpy().tolist() == [3, 3]


def test_a_type_set_after_attaching_rounds_once() -> None:
    net, plan = attached((64,))
    net.weight.set_dtype(mindspore.float16)

    net.weight.init_data()

    assert net.weight.dtype == mindspore.float16
    assert np.array_equal(net.weight.asnumpy(), draw(plan, "weight", seed=SEED).astype(np.float16))


def test_a_slice_of_an_orthogonal_matrix_is_the_wholes() -> None:
    net, plan = attached((8, 6), draws.Whole("orthogonal"))

    part = net.weight.init_mode.init_data(1, (4, 6)).asnumpy()

    assert np.array_equal(part, draw(plan, "weight", seed=SEED)[4:])


# What MindSpore does without this


def test_mindspore_gives_every_parameter_of_one_slice_shape_the_same_values() -> None:
    mindspore.set_seed(1)
    slices = [initializer("normal", (8, 4)).init_data(0, (4, 4)).asnumpy() for _ in range(2)]

    assert np.array_equal(*slices)


def test_no_two_parameters_share_their_slices() -> None:
    mindspore.set_seed(1)
    with no_init_parameters():
        net = nn.CellList([nn.Dense(4, 8, has_bias=False) for _ in range(3)])
    attach(net, planned(net), SEED)

    slices = [cell.weight.init_mode.init_data(0, (4, 4)).asnumpy().tobytes() for cell in net]

    assert len(set(slices)) == 3


def test_mindspore_takes_the_fans_from_the_slice() -> None:
    mindspore.set_seed(1)
    part = initializer(XavierNormal(), (4096, 64)).init_data(0, (512, 64)).asnumpy()

    assert part.std() == pytest.approx(0.0590, abs=5e-4)


def test_a_slice_has_the_fans_of_the_whole() -> None:
    std = math.sqrt(2 / (4096 + 64))
    net, _ = attached((4096, 64), draws.Normal(0.0, std))

    part = net.weight.init_mode.init_data(0, (512, 64)).asnumpy()

    # Five standard errors of the sample's standard deviation.
    assert abs(part.std() - std) < 5 * std / math.sqrt(2 * part.size)


# The global generators


@pytest.mark.parametrize("global_seed", [None, 3])
@pytest.mark.parametrize("is_copy", [False, True])
def test_global_generators_come_out_as_they_went_in(global_seed: int | None, is_copy: bool) -> None:
    with patch("mindspore.common.tensor.get_seed", lambda: global_seed):
        np.random.random(3)  # noqa: NPY002  # the global one is under test, and not as it was seeded
        state, delta = np.random.get_state(), Tensor.delta_seed  # noqa: NPY002
        net, _ = attached((6, 4))
        copy = Tensor(shape=(3, 2), dtype=mindspore.float32, init=net.weight.init)
        with patch.object(attaching, "get_seed", lambda: global_seed):
            (copy if is_copy else net.weight.init_mode).init_data(1, (3, 2))

        assert all(map(np.array_equal, np.random.get_state(), state))  # noqa: NPY002
        assert Tensor.delta_seed == delta


def test_mindspore_moves_numpys_generator_for_its_own_initializers() -> None:
    np.random.seed(5)  # noqa: NPY002  # the global one is under test
    np.random.random(3)  # noqa: NPY002
    state = np.random.get_state()  # noqa: NPY002
    initializer("normal", (6, 4)).init_data(1, (3, 2))

    assert not all(map(np.array_equal, np.random.get_state(), state))  # noqa: NPY002


# Which slice cannot be told


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ((0, (4, 4)), r"slices of shape \(4, 4\) do not make up the global shape \(6, 4\): axis 0"),
        ((4, (3, 2)), "slice 4 is asked for where there are 4, 2x2"),
        ((1, (6, 4)), "there is one, the whole tensor"),
        ((None, (3, 4)), "a slice's shape and no slice's number"),
        ((0, (3, 4, 1)), "has not the axes"),
    ],
)
def test_a_slice_that_cannot_be_told_is_an_error(call: tuple[int | None, tuple[int, ...]], why: str) -> None:
    net, _ = attached((6, 4))

    with pytest.raises(ApplyError, match=why) as caught:
        net.weight.init_mode.init_data(*call)

    assert [finding.code for finding in caught.value.findings] == ["unknown-slice"]
    assert net.weight.has_init


def test_a_parameter_cut_by_compilation_alone_needs_its_layout() -> None:
    # What AutoParallel leaves behind if it was told not to initialise while it compiles.
    net, plan = attached((6, 4))
    net.weight.shape = net.weight.init_mode.shape = [3, 4]
    with pytest.raises(ApplyError, match="a slice's shape and no slice's number"):
        net.init_parameters_data()

    with as_rank(1, 2):
        net.weight.init_data(([2], [0, -1], [3, 4], 0, True, ""))

    assert np.array_equal(net.weight.asnumpy(), draw(plan, "weight", seed=SEED)[3:])


def test_an_optimizer_shard_without_its_group_is_an_error() -> None:
    net, _ = attached((8, 4))
    copy = Tensor(shape=(2, 4), dtype=mindspore.float32, init=net.weight.init)

    # Slice 1 of 2, shard 0 of 2, of 4 devices: the number alone could as well be slice 0, shard 1.
    with pytest.raises(ApplyError, match="slice 5 is asked for where there are 4"):
        copy.init_data(1 + 4 + 0, (2, 4), "shards")


def test_a_failed_call_can_be_made_again() -> None:
    net, plan = attached((6, 4))
    with pytest.raises(ApplyError, match="slice 9"):
        net.weight.init_mode.init_data(9, (3, 2))

    assert np.array_equal(net.weight.init_mode.init_data(1, (3, 2)).asnumpy(), draw(plan, "weight", seed=SEED)[:3, 2:])


# HyperParallel


def hyper_parallel_index(mesh: tuple[int, int], rank: int, shards: int) -> int:
    """The number that HyperParallel's optimizer sharding computes for a mesh of (data, tensor)."""
    data_rank, tensor_rank = divmod(rank, mesh[1])
    return tensor_rank * shards + data_rank % shards


@pytest.fixture
def hyper_parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyper_parallel", ModuleType("hyper_parallel"))


@pytest.mark.usefixtures("hyper_parallel")
@pytest.mark.parametrize("axis", [0, 1])
def test_shards_of_hyper_parallel_are_numbered_within_tensor_parallel_slices(axis: int) -> None:
    shape, mesh, shards = (8, 6), (4, 2), 2
    layout = SimpleNamespace(mesh_shape=mesh, tensor_map=(0, -1) if axis == 0 else (-1, 0))
    for rank in range(8):
        net, plan = attached(shape)
        local = list(shape)
        local[axis] //= 2
        local[0] //= shards
        net.weight.hsdp_init_index = hyper_parallel_index(mesh, rank, shards)
        net.weight.layout = layout

        part = net.weight.init_mode.init_data(slice_index=net.weight.hsdp_init_index, shape=tuple(local))

        own = np.split(draw(plan, "weight", seed=SEED), 2, axis)[rank % 2]
        assert np.array_equal(part.asnumpy(), np.split(own, shards)[rank // 2 % shards])


@pytest.mark.usefixtures("hyper_parallel")
def test_sharding_that_comes_after_a_first_slice_is_seen() -> None:
    net, plan = attached((8, 6))
    net.weight.init_mode.init_data(1, (4, 3))
    net.weight.hsdp_init_index = 1
    net.weight.layout = SimpleNamespace(mesh_shape=(2, 2), tensor_map=(-1, 0))

    part = net.weight.init_mode.init_data(1, (4, 3)).asnumpy()

    assert np.array_equal(part, draw(plan, "weight", seed=SEED)[4:, :3])


@pytest.mark.usefixtures("hyper_parallel")
def test_an_order_of_hyper_parallel_that_is_not_known_is_an_error() -> None:
    net, _ = attached((8, 6, 4))
    net.weight.hsdp_init_index = 1
    net.weight.layout = SimpleNamespace(mesh_shape=(2, 2, 2), tensor_map=(-1, 1, 0))

    with pytest.raises(ApplyError, match="numbers them in its own order"):
        net.weight.init_mode.init_data(1, (4, 3, 2))


# What is attached to what


@pytest.mark.since("2.9")
def test_parameters_on_meta_become_deferred() -> None:
    with mindspore.DeviceCtx("meta"):
        net = One((6, 4))
    plan = planned(net)
    attach(net, plan, SEED)

    net.weight.init_data()

    assert np.array_equal(net.weight.asnumpy(), draw(plan, "weight", seed=SEED))


def test_parameters_with_storage_are_drawn_whole_at_once() -> None:
    net = One((6, 4))
    plan = planned(net)

    done = attach(net, plan, SEED)

    assert done.drawn == ("weight",)
    assert verify(net, plan, seed=SEED) == ()


def test_kept_parameters_keep_their_initializer() -> None:
    with no_init_parameters():
        net = nn.Dense(4, 6)
    before = net.bias.init_mode.init

    done = attach(net, planned(net, {"weight": NORMAL}), SEED)

    assert done.deferred == ("weight",)
    assert net.bias.init_mode.init is before
    assert str(done).startswith("1 parameter will be drawn when asked for, 0 were drawn at once, 1 are kept; seed 7")


def test_a_tied_parameter_is_attached_once() -> None:
    with no_init_parameters():
        net = Tied()
    plan = planned(net)

    done = attach(net, plan, SEED)
    net.init_parameters_data()

    assert done.deferred == ("embedding.embedding_table",)
    assert net.head.weight is net.embedding.embedding_table
    assert np.array_equal(net.head.weight.asnumpy(), draw(plan, "head.weight", seed=SEED))


def test_attaching_again_replaces() -> None:
    net, plan = attached((6, 4))
    attach(net, plan, SEED + 1)

    net.weight.init_data()

    assert np.array_equal(net.weight.asnumpy(), draw(plan, "weight", seed=SEED + 1))


def test_apply_writes_over_what_is_attached() -> None:
    net, plan = attached((6, 4))

    apply(net, plan, seed=SEED + 1)

    assert not net.weight.has_init
    assert verify(net, plan, seed=SEED + 1) == ()


def test_verify_says_what_is_attached_and_not_drawn() -> None:
    net, plan = attached((6, 4))

    assert [finding.code for finding in verify(net, plan, seed=SEED)] == ["uninitialised-parameter"]


def test_a_copy_does_not_use_the_initializer_up() -> None:
    net, plan = attached((6, 4))
    net.weight.clone("zeros")

    with as_rank(1, 2):
        net.weight.init_data(([2], [0, -1], [3, 4], 0, True, ""))

    assert np.array_equal(net.weight.asnumpy(), draw(plan, "weight", seed=SEED)[3:])


def test_a_plan_for_another_network_attaches_nothing() -> None:
    net = deferred((6, 4))
    before = net.weight.init_mode.init

    with pytest.raises(ApplyError, match="plan was made for"):
        attach(net, planned(deferred((6, 5))), SEED)

    assert net.weight.init_mode.init is before


def test_attach_refuses_to_choose_a_seed() -> None:
    net = deferred((6, 4))

    with pytest.raises(TypeError, match="each rank chose for itself"):
        attach(net, planned(net), None)  # type: ignore[arg-type]  # the mistake under test


def test_initialised_parameters_hold_no_initializer() -> None:
    net, _ = attached((6, 4))
    held = weakref.ref(net.weight.init)

    net.weight.init_data()

    assert held() is None


def test_it_is_an_initializer_of_mindspore() -> None:
    net, _ = attached((6, 4))

    assert isinstance(net.weight.init, Initializer)
    assert repr(net.weight.init) == "PlannedInitializer('weight', (6, 4), law, seed=7)"


def test_a_type_that_cannot_hold_the_values_any_more_is_refused() -> None:
    net = deferred((6,))
    attach(net, planned(net, draws.Constant(1e6)), SEED)
    with pytest.raises(ApplyError, match="values as large as 1e\\+06 do not fit: float16 ends at 65504"):
        net.weight.init_mode.init(np.empty(6, np.float16))
