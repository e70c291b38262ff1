"""Suggestions: which recipe is known to be right for a network, by what, and what it would leave over."""

from __future__ import annotations

import pytest
from mindspore import nn

from ms_initkit.language import library
from ms_initkit.plans.suggest import BASE, Classes, classes_of, foreign
from tests.networks import Mlp
from tests.plans.shelf import ALL, BIAS, NET, NORM, OWN, WEIGHT, Shelf
from tests.recipes import info


def test_a_recipe_that_was_compared_with_the_networks_class_is_known(shelf: Shelf) -> None:
    shelf.put("a/other", "networks: {pkg: Other}")
    shelf.put("a/net", "networks: {pkg: [Net]}")

    found = shelf.suggest(NET)

    assert (found.answer, found.recipe) == ("known", "a/net")
    assert found.reason == "a/net was compared with the reference of Net of pkg"
    assert [one.recipe for one in found.candidates] == ["a/net"]


@pytest.mark.parametrize("head", ["networks: {other: Net}", "networks: {pk: Net}", "networks: {pkg: Ne}", ""])
def test_a_class_of_another_package_or_name_is_not_known(shelf: Shelf, head: str) -> None:
    shelf.put("a/net", head)

    assert shelf.suggest(NET).answer == "unknown"


def test_a_class_that_derives_from_a_packages_own_is_known_by_it(shelf: Shelf) -> None:
    shelf.put("a/net", "networks: {pkg: Net}")

    found = shelf.suggest(OWN)

    assert (found.answer, found.recipe) == ("known", "a/net")
    assert found.reason == "Mine is a Net of pkg, with whose reference a/net was compared"


def test_a_packages_own_class_is_not_known_by_its_base(shelf: Shelf) -> None:
    shelf.put("a/base", "networks: {pkg: Base}")

    assert shelf.suggest(NET).answer == "unknown"


def test_the_nearest_base_decides(shelf: Shelf) -> None:
    shelf.put("a/base", "networks: {pkg: Base}")
    shelf.put("a/net", "networks: {pkg: Net}")

    assert shelf.suggest(OWN).recipe == "a/net"


def test_another_authors_way_is_named_beside(shelf: Shelf) -> None:
    shelf.put("b/net", "alternatives: {pkg: Net}")
    shelf.put("a/net", "networks: {pkg: Net}")

    found = shelf.suggest(NET)

    assert [(one.recipe, one.why) for one in found.candidates] == [("a/net", "compared"), ("b/net", "alternative")]


def test_a_family_is_told_by_names_that_are_all_there(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: ["**.fc.weight", "**.{fc,other}.bias"]')
    shelf.put("a/other", 'signature: ["**.fc.weight", "**.gamma"]')

    found = shelf.suggest(Classes(("Unheard",), ("of",)))

    assert (found.answer, found.recipe) == ("family", "a/net")
    assert found.reason == "the parameters have the names of a/net's family; its class was not compared"


def test_names_do_not_answer_for_a_package_whose_other_classes_were_compared(shelf: Shelf) -> None:
    shelf.put("a/net", 'networks: {pkg.models: Other}\nsignature: "**.fc.weight"')
    shelf.put(BASE)

    found = shelf.suggest(NET)

    assert (found.answer, found.recipe) == ("unknown", None)
    assert found.reason == (
        "other classes of pkg were compared with their references, Net was not; "
        "that it has the names of a/net does not tell how it is drawn"
    )
    assert [(one.recipe, one.why) for one in found.candidates] == [("a/net", "signature"), (BASE, "default")]


def test_names_answer_for_a_network_of_ones_own_whatever_was_compared(shelf: Shelf) -> None:
    shelf.put("a/net", 'networks: {pkg.models: Other}\nsignature: "**.fc.weight"')

    assert shelf.suggest(OWN).answer == "family"
    assert shelf.suggest(Classes()).answer == "family"


def test_a_family_whose_rules_leave_something_over_is_not_recommended(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')

    found = shelf.suggest(Classes(), WEIGHT, BIAS, info("fc.scale", (4,), "LayerNorm"))

    assert (found.answer, found.recipe) == ("unknown", None)
    assert found.reason == "its class is not known; it has the names of a/net, whose rules leave something over"
    assert found.candidates[0].unmatched == ("fc.scale",)


def test_a_network_that_is_mostly_something_else_is_not_of_the_family(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')
    others = [info(f"other.{n}.weight") for n in range(3)]

    found = shelf.suggest(Classes(), info("part.fc.weight"), info("part.fc.bias"), *others)

    assert (found.answer, found.recipe, found.candidates) == ("unknown", None, ())
    assert found.reason == (
        "its class is not known; 2 of its 5 parameters, under part, have the names of a/net's family, the others not"
    )


def test_a_rule_that_matches_everything_recommends_nothing(shelf: Shelf) -> None:
    shelf.put("a/everything", "networks: {pkg: Other}", ALL)
    shelf.put(BASE)

    found = shelf.suggest(NET)

    assert (found.answer, found.recipe) == ("unknown", None)
    assert found.reason == (
        "other classes of pkg were compared with their references, Net was not, "
        "and its parameters have the names of no family"
    )
    assert [(one.recipe, one.why) for one in found.candidates] == [(BASE, "default")]


def test_a_recipe_for_other_networks_is_said_to_be_foreign(shelf: Shelf) -> None:
    shelf.put("a/net", 'networks: {pkg: Net}\nsignature: "**.fc.weight"')
    shelf.put("a/any")
    recipe, other = shelf.load("a/net"), Classes(("Other",), ("mine",))

    note = foreign(recipe, [NORM], other)

    assert note is not None
    assert "is not known to be for Other: neither its class nor its names are" in note.message
    assert foreign(recipe, [NORM], NET) is None
    assert foreign(recipe, [WEIGHT], other) is None
    assert foreign(shelf.load("a/any"), [NORM], other) is None


def test_classes_of_a_network_are_its_mro_with_its_modules() -> None:
    classes = classes_of(nn.SequentialCell(Mlp(), nn.ReLU()))

    assert classes == Classes(("SequentialCell",), ("mindspore.nn.layer.container",))


def test_no_class_has_two_shipped_recipes() -> None:
    listed = [(one.package, name) for head in library.shipped() for one in head.audience.networks for name in one.names]

    assert sorted(set(listed)) == sorted(listed)
