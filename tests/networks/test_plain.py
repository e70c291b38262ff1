from __future__ import annotations

import json
from pathlib import Path

import pytest
from mindspore import nn

from ms_initkit.networks.describe import describe
from ms_initkit.networks.manifest import config_in, read_manifest, to_json
from ms_initkit.networks.plain import config_of, options_of


class Trap:
    """Whoever runs what is not stored is found out."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was asked for")


class InnerConfig:
    def __init__(self) -> None:
        self.initializer_range = 0.5


class Config(Trap):
    attribute_map = {"hidden_size": "n_embd"}  # noqa: RUF012  # as transformers has it

    def __init__(self) -> None:
        self.initializer_range = 0.02
        self.n_embd = 64
        self.tie = True
        self.act = "gelu"
        self.window = [7, 7]
        self.text_config = InnerConfig()
        self.nothing = None
        self.weights = object()
        self._hidden = 3

    @property
    def computed(self) -> int:
        raise AssertionError("a property was run")


class Net(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4, padding_idx=3)
        self.dense = nn.Dense(4, 2)
        self.config = Config()

    @property
    def odd(self) -> int:
        raise AssertionError("a property was run")


def test_a_configuration_is_read_as_it_is_stored() -> None:
    assert config_of(Net()) == {
        "initializer_range": 0.02,
        "n_embd": 64,
        "hidden_size": 64,
        "tie": True,
        "act": "gelu",
        "window": (7, 7),
        "text_config.initializer_range": 0.5,
    }


def test_a_configuration_inside_a_wrapper_is_found_and_one_that_is_not_there_is_empty() -> None:
    assert config_of(nn.SequentialCell(nn.Dense(2, 2), Net()))["n_embd"] == 64
    assert config_of(nn.Dense(2, 2)) == {}


def test_options_of_a_cell_are_its_plain_data() -> None:
    options = dict(options_of(nn.Embedding(10, 4, padding_idx=3)))

    assert options["padding_idx"] == 3
    assert options["embedding_size"] == 4
    assert not {name for name in options if name.startswith("_")}
    assert "training" not in options
    assert "padding_idx" not in dict(options_of(nn.Embedding(10, 4)))


def test_only_what_is_asked_for_is_read() -> None:
    infos = {info.name: info.owners[0].options for info in describe(Net(), ("padding_idx",))}

    assert infos == {"embedding.embedding_table": (("padding_idx", 3),), "dense.weight": (), "dense.bias": ()}


def test_a_manifest_keeps_options_and_configuration(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    infos = describe(Net())
    path.write_text(to_json(infos, ("Net",), config_of(Net())))

    assert [info.owners[0].options for info in read_manifest(path)] == [info.owners[0].options for info in infos]
    assert config_in(path) == config_of(Net())


@pytest.mark.parametrize("config", [[1], {"a": {"b": 1}}, {"a": None}])
def test_a_manifest_whose_configuration_is_no_plain_data_is_refused(tmp_path: Path, config: object) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"config": config, "parameters": []}))

    with pytest.raises(ValueError, match=r"net\.json: `config`"):
        config_in(path)
