"""Frozen copies of what is drawn: a note, and the rule that keeps them equal."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.findings import Finding
from ms_initkit.stages.copies import CODE
from tests.networks import Mlp

RULES = [("**.weight", {"normal": 0.02}), ("**.bias", "zeros")]


class Pair(nn.Cell):
    """An online network and a target."""

    def __init__(self, *, is_copied: bool, is_frozen: bool = True) -> None:
        super().__init__()
        self.online, self.target = Mlp(), Mlp()
        for one, other in zip(self.online.get_parameters(), self.target.get_parameters(), strict=True):
            other.requires_grad = not is_frozen
            if is_copied:
                other.set_data(one.value())


def notes(net: nn.Cell) -> list[Finding]:
    return [finding for finding in mik.plan(net, RULES).findings if finding.code == CODE]


def test_a_frozen_copy_of_what_is_drawn_is_noted_and_the_rule_keeps_them_equal() -> None:
    net = Pair(is_copied=True)

    (note,) = notes(net)

    assert note.severity == "note"
    assert "'target.hidden.weight'" in note.message
    assert note.help is not None
    match, like = re.findall('"([^"]+)"', note.help)
    mik.apply(net, {"family": "pair", "rules": [{"match": match, "like": like}, *RULES_AS_MAPPINGS]}, seed=1)
    for one, other in zip(net.online.get_parameters(), net.target.get_parameters(), strict=True):
        assert (one.asnumpy() == other.asnumpy()).all()


RULES_AS_MAPPINGS = [{"match": name, "init": init} for name, init in RULES]


@pytest.mark.parametrize(
    "net",
    [
        lambda: Pair(is_copied=False),
        lambda: Pair(is_copied=True, is_frozen=False),
        lambda: nn.SequentialCell(frozen(Mlp()), Mlp()),
    ],
    ids=["other values", "both trained", "a frozen backbone"],
)
def test_others_are_not_noted(net: Callable[[], nn.Cell]) -> None:
    assert not notes(net())


def frozen(net: nn.Cell) -> nn.Cell:
    for one in net.get_parameters():
        one.requires_grad = False
    return net


def test_what_has_no_values_yet_is_no_copy() -> None:
    with mik.deferred():
        assert not notes(Pair(is_copied=False))
