"""Recipes that other packages bring."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ms_initkit.cli.main import app
from ms_initkit.findings import RecipeError
from ms_initkit.language import library, packages
from ms_initkit.language.load import load_recipe

Install = Callable[..., Path]

RECIPE = "family: small\ndescription: Ours for small networks\nrules:\n  - {match: '**', init: ones}\n"
RUNNER = CliRunner()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a package on the path, as pip does: its modules, and what it says of itself."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for cached in (packages.packages, packages._recipes):
        cached.cache_clear()

    def put(name: str = "mylab", *, source: str = "mylab", module: str = "mylab_recipes", code: str = "") -> Path:
        info = tmp_path / f"{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[ms_initkit.recipes]\n{source} = {module}\n")
        folder = tmp_path.joinpath(*module.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / module.split(".")[0] / "__init__.py").write_text(code)
        (folder / "small.yaml").write_text(RECIPE)
        return folder

    return put


@pytest.fixture(autouse=True)
def _forgotten() -> object:
    yield
    for cached in (packages.packages, packages._recipes):
        cached.cache_clear()


def test_a_packages_recipe_goes_by_its_name_and_can_be_extended(install: Install) -> None:
    install()

    assert load_recipe("mylab/small").family == "small"
    assert [rule.id for rule in load_recipe("{family: own, extends: mylab/small, rules: []}").rules] == ["1"]
    assert "mylab_recipes" not in sys.modules  # its code has not been run


def test_it_is_listed_with_whose_it_is(install: Install) -> None:
    install()

    result = RUNNER.invoke(app, ["list", "mylab"])

    assert result.exit_code == 0
    assert result.stdout == "mylab/small  Ours for small networks (of mylab 1.5)\n"


def test_what_is_misspelt_is_compared_with_packages_names_too(install: Install) -> None:
    install()

    with pytest.raises(RecipeError, match="did you mean 'mylab/small'"):
        load_recipe("mylab/smal")


def test_what_is_shipped_cannot_be_replaced(install: Install) -> None:
    folder = install(source="hf")
    (folder / "bert.yaml").write_text(RECIPE)

    assert load_recipe("hf/bert").family == "bert"
    assert load_recipe("hf/small").family == "small"


def test_a_package_whose_recipes_cannot_be_had_is_named(install: Install) -> None:
    install(module="mylab.recipes", code="raise SystemExit(3)")

    with pytest.raises(RecipeError) as error:
        load_recipe("{family: own, extends: mylab/small, rules: []}")

    (finding,) = error.value.findings
    assert finding.code == "unreadable-recipe"
    assert "mylab 1.5 promises recipes in 'mylab.recipes', which cannot be imported: SystemExit: 3" in finding.message
    assert finding.span is not None
    listed = RUNNER.invoke(app, ["list", "bert"])
    assert listed.exit_code == 0
    assert "mylab 1.5 promises recipes" in listed.stderr


def test_two_packages_of_one_source_are_named(install: Install) -> None:
    install()
    install("other", module="other_recipes")

    with pytest.raises(RecipeError, match=r"mylab 1\.5 and other 1\.5 both call their recipes 'mylab'"):
        load_recipe("mylab/small")


def test_a_module_that_is_not_there_is_said(install: Install, tmp_path: Path) -> None:
    install(module="gone")
    for file in (tmp_path / "gone").iterdir():
        file.unlink()
    (tmp_path / "gone").rmdir()

    with pytest.raises(RecipeError, match="and there is no such package"):
        load_recipe("mylab/small")


def test_a_recipe_that_cannot_be_read_hides_no_other(install: Install) -> None:
    (install() / "broken.yaml").write_bytes(b"\xff")

    entries, findings = library.others()

    assert [finding.code for finding in findings] == ["not-utf-8"]
    assert [entry.name for entry in entries] == ["mylab/small"]


def test_recipes_that_are_shipped_do_not_wait_for_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError

    monkeypatch.setattr(packages, "packages", refuse)

    for name in ("base", "hf/bert", "timm/vit"):
        assert load_recipe(name).rules
