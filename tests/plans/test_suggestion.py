"""What is recommended, as it is told."""

from __future__ import annotations

from ms_initkit.networks.describe import describe
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.suggestion import Share
from tests.networks import Mlp
from tests.plans.shelf import DENSE, NET, NORM, WEIGHT, Shelf
from tests.recipes import info


def test_what_notebooks_show_is_short_and_escaped(shelf: Shelf) -> None:
    shelf.put("a/net", "networks: {pkg: [Net]}")

    found = shelf.suggest(NET)

    assert repr(found) == "<Suggestion for Net: a/net, a/net was compared with the reference of Net of pkg>"
    assert "<b>a/net</b> for Net" in found._repr_html_()


def test_a_candidate_says_what_it_would_claim_and_leave(shelf: Shelf) -> None:
    rules = DENSE + "  - {id: never, match: {cell: Conv2d}, init: zeros}\n"
    shelf.put("a/net", "networks: {pkg: Net}", rules)
    frozen = info("fixed", (2,), "Net", is_trainable=False)

    (one,) = shelf.suggest(NET, WEIGHT, NORM, frozen).candidates

    assert (one.own, one.inherited, one.kept) == (Share(1, 32), Share(), Share(1, 2))
    assert (one.unmatched, one.unused) == (("norm.gamma",), ("never",))
    assert not one.fits


def test_a_plan_that_cannot_be_has_what_could_be_planned(shelf: Shelf) -> None:
    shelf.put("a/net", rules="  - {id: weights, match: {param: weight}, init: ones}\n")

    plan, findings = draft_plan(shelf.load("a/net"), describe(Mlp()), strict=True)

    assert plan is not None
    assert plan["hidden.weight"].rule == "weights"
    assert any(finding.severity == "error" for finding in findings)
