from __future__ import annotations

from pathlib import Path

import pytest

from ms_initkit.language import library


def test_shipped_recipes_are_listed_by_name_with_their_descriptions() -> None:
    shipped = library.shipped()

    assert tuple(entry.name for entry in shipped) == library.names() == tuple(sorted(library.names()))
    assert all(entry.description for entry in shipped)
    assert all("\n" not in entry.description for entry in shipped)


def test_a_shipped_recipe_has_a_file() -> None:
    path = library.find("base")

    assert path is not None
    assert path.name == "base.yaml"
    assert path.is_file()


@pytest.mark.parametrize("name", ["", "../recipes/base", "base.yaml", "BASE", "base\0"])
def test_no_other_name_finds_one(name: str) -> None:
    assert library.find(name) is None


@pytest.mark.parametrize("name", ["./x", "a/b", "x.yaml", "x.yml", str(Path("a") / "b"), "..\\x"])
def test_a_separator_or_an_ending_makes_a_path(name: str) -> None:
    assert library.is_path(name)


@pytest.mark.parametrize("name", ["resnet", "x.yamls", "gpt2.small", "yaml"])
def test_anything_else_is_a_name(name: str) -> None:
    assert not library.is_path(name)
