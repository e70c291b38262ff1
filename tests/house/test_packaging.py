"""Wheel, sdist and editable install all carry the recipes."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
    "\0"
)
RECIPES = sorted(name for name in TRACKED if name.startswith("recipes/") and name.endswith(".yaml"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel that was built from the sdist, as an installer of the sdist would."""
    folder = tmp_path_factory.mktemp("dist")
    # The sdist is made from a copy: setuptools writes beside its sources.
    source = tmp_path_factory.mktemp("source") / "project"
    for name in filter(None, TRACKED):
        origin, copy = ROOT / name, source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_symlink():
            copy.symlink_to(origin.readlink())
        elif origin.is_file():
            copy.write_bytes(origin.read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source], check=True, capture_output=True
    )
    return folder


def test_the_sdist_carries_the_recipes(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = archive.getnames()

    carried = [name[name.index("/recipes/") + 1 :] for name in names if "/recipes/" in name and name.endswith(".yaml")]
    assert sorted(carried) == RECIPES


def test_the_wheel_carries_the_recipes_and_the_page_of_the_report(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()

    prefix = "ms_initkit/"
    assert sorted(name.removeprefix(prefix) for name in names if name.startswith(f"{prefix}recipes/")) == RECIPES
    assert "ms_initkit/stages/report.html" in names
    assert "ms_initkit/findings/codes.yaml" in names
    assert "ms_initkit/py.typed" in names


def test_a_recipe_loads_from_the_wheel(built: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(next(built.glob("*.whl"))).extractall(tmp_path)
    program = "import ms_initkit\nprint(ms_initkit.__file__, ms_initkit.load_recipe('resnet').family)"

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.split() == [str(tmp_path / "ms_initkit" / "__init__.py"), "resnet"]


def test_the_editable_install_carries_the_recipes() -> None:
    assert all((files("ms_initkit") / name).is_file() for name in RECIPES)
