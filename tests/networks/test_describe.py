from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import mindspore
import pytest
from mindspore import nn
from mindspore.nn.utils import no_init_parameters

from ms_initkit.networks.construct import deferred
from ms_initkit.networks.describe import describe
from tests.networks import Mixed, Mlp, Stack, Tied


def test_parameters_are_listed_in_the_networks_own_order() -> None:
    net = Stack()

    assert [info.name for info in describe(net)] == [name for name, _ in net.parameters_and_names()]


def test_a_tied_weight_is_listed_once_with_all_its_names() -> None:
    infos = describe(Tied())

    assert [info.names for info in infos] == [("embedding.embedding_table", "head.weight")]
    assert [owner.cell[0] for owner in infos[0].owners] == ["Embedding", "Dense"]


def test_a_cell_held_under_two_names_gives_its_parameters_both() -> None:
    layer = nn.Dense(4, 4, has_bias=False)
    net = nn.SequentialCell(layer, nn.ReLU(), layer)

    assert [info.names for info in describe(net)] == [("0.weight", "2.weight")]


def test_an_owner_tells_groups_transposition_and_its_weight() -> None:
    net = nn.SequentialCell(nn.Conv2d(8, 16, 3, group=4, has_bias=True), nn.Conv2dTranspose(16, 4, 2))
    infos = {info.name: info for info in describe(net)}

    assert infos["0.bias"].owners[0].groups == 4
    assert infos["0.bias"].owners[0].weight_shape == (16, 2, 3, 3)
    assert infos["1.weight"].owners[0].is_transposed
    assert not infos["0.weight"].owners[0].is_transposed


def test_the_whole_mro_of_the_owner_is_known() -> None:
    class Linear(nn.Dense):
        pass

    info = describe(Linear(2, 2))[0]

    assert info.owners[0].cell[:3] == ("Linear", "Dense", "Cell")


def test_element_types_and_trainability_are_known() -> None:
    assert [info.dtype for info in describe(Mixed())] == ["float16", "bfloat16", "float32", "float64"]
    assert {info.name: info.is_trainable for info in describe(Stack())}["norm.moving_mean"] is False


def test_deferred_parameters_are_told_and_not_constructed() -> None:
    with deferred():
        net = Mlp()

    assert all(info.is_deferred for info in describe(net))
    assert all(parameter.has_init for parameter in net.get_parameters())


def test_deferring_inside_deferring_does_not_end_it() -> None:
    with deferred():
        with deferred():
            pass
        inside = Mlp()

    assert all(info.is_deferred for info in describe(inside))
    assert not any(info.is_deferred for info in describe(Mlp()))


def test_other_threads_construct_as_always_meanwhile() -> None:
    with ThreadPoolExecutor(1) as pool, deferred():
        other = pool.submit(Mlp).result()

    assert not any(info.is_deferred for info in describe(other))


def test_mindspores_own_deferring_goes_on_around_it() -> None:
    with no_init_parameters():
        with deferred():
            pass
        inside = Mlp()

    assert all(info.is_deferred for info in describe(inside))
    assert not any(info.is_deferred for info in describe(Mlp()))


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a network is a mindspore\.nn\.Cell, not Tensor"):
        describe(mindspore.Tensor(1.0))
