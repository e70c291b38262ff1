"""Which recipe a network is recommended, asked in Python."""

from __future__ import annotations

import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.language import library
from tests.networks import Mlp


def test_a_network_is_asked_about_in_python() -> None:
    net = nn.SequentialCell(nn.Dense(2, 2))

    found = mik.suggest(net)

    assert (found.answer, found.recipe, found.changes) == ("unknown", None, None)
    assert "no recipe is recommended" in str(found)
    assert "  --recipe torch/base: " in str(found)


def test_what_would_change_is_told_of_values_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from ms_initkit.language.audience import Audience
    from ms_initkit.language.audience import Classes as Listed

    head = library.Shipped("torch/default", "", (), Audience((Listed("tests.networks", ("Mlp",)),)))
    monkeypatch.setattr("ms_initkit.stages.choose.shipped", lambda: (head,))
    net = Mlp()
    mik.apply(net, {"**": "ones"}, seed=1)

    found = mik.suggest(net)

    assert found.changes is not None
    assert any("Dense weight, 1 -> std" in line for line in found.changes)
    assert "of the values that the network holds now it would change:" in str(found)
    assert found.to_json()["changes"] == list(found.changes)
    assert "<li>" in found._repr_html_()
    with mik.deferred():
        assert mik.suggest(Mlp()).changes is None
