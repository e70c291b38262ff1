"""Suggestions: which recipe is known to be right for a network, by what, and what it would leave over."""

from __future__ import annotations

from pathlib import Path

import pytest
from mindspore import nn

import ms_initkit as mik
from ms_initkit.language import library
from ms_initkit.language.load import load_recipe
from ms_initkit.language.recipe import Recipe
from ms_initkit.networks.describe import describe
from ms_initkit.networks.manifest import modules_of, network_of, to_json
from ms_initkit.networks.params import ParamInfo
from ms_initkit.plans.bind import draft_plan
from ms_initkit.plans.suggest import BASE, Classes, classes_of, foreign, suggest
from ms_initkit.plans.suggestion import Share, Suggestion
from tests.networks import Mlp
from tests.recipes import info

WEIGHT, BIAS, NORM = info("fc.weight", (8, 4)), info("fc.bias", (8,)), info("norm.gamma", (4,), "LayerNorm")
DENSE = "  - {id: dense, match: {cell: Dense}, init: {normal: 0.02}}\n"
ALL = '  - {match: "**", init: {normal: 0.02}}\n'
NET = Classes(("Net", "Base"), ("pkg.models.net", "pkg.models.base"))
OWN = Classes(("Mine", "Net", "Base"), ("mine", "pkg.models.net", "pkg.models.base"))


class Shelf:
    """Recipes of a test, in place of the shipped ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}

    def put(self, name: str, head: str = "", rules: str = DENSE) -> None:
        path = self.folder / f"{name.replace('/', '-')}.yaml"
        path.write_text(f"family: {name}\n{head}\nrules:\n{rules}", encoding="utf-8")
        self.paths[name] = path

    def load(self, name: str) -> Recipe:
        return load_recipe(self.paths[name])

    def suggest(self, classes: Classes, *infos: ParamInfo) -> Suggestion:
        heads = [library.read_head(name, path) for name, path in self.paths.items()]
        return suggest(infos or (WEIGHT, BIAS), classes, heads, self.load)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_recipe_that_was_compared_with_the_networks_class_is_known(shelf: Shelf) -> None:
    shelf.put("a/other", "networks: {pkg: Other}")
    shelf.put("a/net", "networks: {pkg: [Net]}")

    found = shelf.suggest(NET)

    assert (found.answer, found.recipe) == ("known", "a/net")
    assert found.reason == "a/net was compared with the reference of Net of pkg"
    assert [one.recipe for one in found.candidates] == ["a/net"]


def test_what_notebooks_show_is_short_and_escaped(shelf: Shelf) -> None:
    shelf.put("a/net", "networks: {pkg: [Net]}")

    found = shelf.suggest(NET)

    assert repr(found) == "<Suggestion for Net: a/net, a/net was compared with the reference of Net of pkg>"
    assert "<b>a/net</b> for Net" in found._repr_html_()


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


def test_two_families_at_once_are_ambiguous_and_neither_is_recommended(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')
    shelf.put("b/net", 'signature: "**.fc.bias"')

    found = shelf.suggest(Classes())

    assert (found.answer, found.recipe) == ("family", None)
    assert found.reason == "the parameters have the names of several families: a/net, b/net"
    assert [one.recipe for one in found.candidates] == ["a/net", "b/net"]


def test_a_signature_that_asks_for_more_is_the_nearer_family(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc.weight"')
    shelf.put("b/net", 'signature: ["**.fc.weight", "**.fc.bias"]')

    assert shelf.suggest(Classes()).recipe == "b/net"


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


def test_all_of_a_signature_stands_in_one_place(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: ["**.fc.weight", "**.head.weight"]')

    assert shelf.suggest(Classes(), info("a.fc.weight"), info("a.head.weight")).recipe == "a/net"
    assert shelf.suggest(Classes(), info("a.fc.weight"), info("b.head.weight")).recipe is None


def test_a_signature_may_ask_for_shapes(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: {name: "**.fc.weight", shape: [any, 4]}')

    assert shelf.suggest(Classes(), info("fc.weight", (8, 4))).recipe == "a/net"
    assert shelf.suggest(Classes(), info("fc.weight", (8, 5))).recipe is None
    assert shelf.suggest(Classes(), info("fc.weight", (8, 4, 1))).recipe is None


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


def test_a_candidate_says_what_it_would_claim_and_leave(shelf: Shelf) -> None:
    rules = DENSE + "  - {id: never, match: {cell: Conv2d}, init: zeros}\n"
    shelf.put("a/net", "networks: {pkg: Net}", rules)
    frozen = info("fixed", (2,), "Net", is_trainable=False)

    (one,) = shelf.suggest(NET, WEIGHT, NORM, frozen).candidates

    assert (one.own, one.inherited, one.kept) == (Share(1, 32), Share(), Share(1, 2))
    assert (one.unmatched, one.unused) == (("norm.gamma",), ("never",))
    assert not one.fits


def test_numbers_in_names_do_not_matter_to_a_signature(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.layers.{i}.fc.weight"')
    layers = [info(f"layers.{n}.fc.weight") for n in (3, 41)]

    assert shelf.suggest(Classes(), *layers).recipe == "a/net"


def test_digits_within_a_segment_do_matter_to_a_signature(shelf: Shelf) -> None:
    shelf.put("a/net", 'signature: "**.fc1.weight"')

    assert shelf.suggest(Classes(), info("fc1.weight")).recipe == "a/net"
    assert shelf.suggest(Classes(), info("fc2.weight")).recipe is None


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


def test_a_manifest_keeps_the_networks_class_and_module(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT], ("Net", "Base"), modules=("pkg", "pkg.base")), encoding="utf-8")

    assert (network_of(path), modules_of(path)) == (("Net", "Base"), ("pkg", "pkg.base"))


def test_other_files_tell_no_class(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(to_json([WEIGHT]), encoding="utf-8")

    assert network_of(path) == modules_of(path) == ()
    assert network_of(tmp_path / "net.safetensors") == ()


def test_no_class_has_two_shipped_recipes() -> None:
    listed = [(one.package, name) for head in library.shipped() for one in head.audience.networks for name in one.names]

    assert sorted(set(listed)) == sorted(listed)


def test_a_plan_that_cannot_be_has_what_could_be_planned(shelf: Shelf) -> None:
    shelf.put("a/net", rules="  - {id: weights, match: {param: weight}, init: ones}\n")

    plan, findings = draft_plan(shelf.load("a/net"), describe(Mlp()), strict=True)

    assert plan is not None
    assert plan["hidden.weight"].rule == "weights"
    assert any(finding.severity == "error" for finding in findings)


def test_auto_takes_the_recipe_that_is_known_and_stops_where_none_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from ms_initkit.language.audience import Audience
    from ms_initkit.language.audience import Classes as Listed

    head = library.Shipped("torch/default", "", (), Audience((Listed("tests.networks", ("Mlp",)),)))
    monkeypatch.setattr("ms_initkit.stages.choose.shipped", lambda: (head,))

    assert mik.apply(Mlp(), "auto", seed=1).plan.recipe == "recipes/torch/default.yaml"
    with pytest.raises(mik.RecipeError, match="no recipe is known for SequentialCell"):
        mik.plan(nn.SequentialCell(nn.Dense(2, 2)), "auto")


def test_a_plan_of_a_recipe_for_other_networks_says_so() -> None:
    plan = mik.plan(Mlp(), "hf/siglip", strict=False)

    assert "foreign-recipe" in {finding.code for finding in plan.findings}
    assert "foreign-recipe" not in {finding.code for finding in mik.plan(Mlp(), "torch/default").findings}


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
