from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.language import library


def test_shipped_recipes_are_listed_by_name_with_their_descriptions() -> None:
    shipped = library.shipped()

    assert tuple(entry.name for entry in shipped) == library.names() == tuple(sorted(library.names()))
    assert all(entry.description for entry in shipped)
    assert all("\n" not in entry.description for entry in shipped)


def test_what_a_recipe_says_of_itself_may_stand_behind_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    rules = "rules:\n\n# All of them.\n  - {match: '**', init: zeros}\n"
    path.write_text(f"vars: {{a: 1}}\n{rules}networks:\n  mine: [Net]\ndescription: one\n", encoding="utf-8")

    entry = library.read_head("mine", path)

    assert entry.description == "one"
    assert [one.names for one in entry.audience.networks] == [("Net",)]


def test_a_shipped_recipe_has_a_file() -> None:
    path = library.find("torch/base")

    assert path is not None
    assert path.parts[-2:] == ("torch", "base.yaml")
    assert path.is_file()


@pytest.mark.parametrize(("alias", "name"), library.aliases().items())
def test_a_name_from_before_the_sources_finds_the_same_recipe(alias: str, name: str) -> None:
    assert "/" not in alias
    assert library.find(alias) == library.find(name) is not None


def test_every_recipe_that_had_a_name_before_the_sources_goes_by_it_still() -> None:
    assert len(library.aliases()) == len(set(library.aliases().values())) == 119


def test_a_recipe_is_about_words_of_its_name_its_aliases_and_its_description() -> None:
    (entry,) = (entry for entry in library.shipped() if entry.name == "jax/vit")

    assert entry.source == "jax"
    assert entry.aliases == ("vit-paper",)
    assert all(entry.is_about(word) for word in ("vit", "JAX", "paper", "transformer"))
    assert not entry.is_about("resnet")


@pytest.mark.parametrize("name", ["", "../recipes/torch/base", "torch/base.yaml", "torch", "BASE", "base\0"])
def test_no_other_name_finds_one(name: str) -> None:
    assert library.find(name) is None


@pytest.mark.parametrize("name", ["./x", "./hf/bert", "a/b", "hf/bert.yaml", "x.yaml", "x.yml", "..\\x"])
def test_a_separator_or_an_ending_makes_a_path(name: str) -> None:
    assert library.is_path(name)


@pytest.mark.parametrize("name", ["resnet", "hf/bert", "hf/no-such-recipe", "x.yamls", "gpt2.small", "yaml"])
def test_anything_else_is_a_name(name: str) -> None:
    assert not library.is_path(name)


def test_a_shipped_recipe_is_known_by_its_file(tmp_path: Path) -> None:
    path = library.find("hf/bert")

    assert path is not None
    assert library.shipped_name(str(path)) == "hf/bert"
    assert library.portable_path(str(path)) == "recipes/hf/bert.yaml"
    assert library.shipped_name(str(tmp_path / "hf" / "bert.yaml")) is None
    assert library.portable_path("hf/bert.yaml") == "hf/bert.yaml"
