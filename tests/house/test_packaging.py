"""Wheel, sdist and editable install all carry the recipes and the kernels, with a compiler or without."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from tests.pinned import GOLDEN

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
    "\0"
)
RECIPES = sorted(name for name in TRACKED if name.startswith("recipes/") and name.endswith(".yaml"))


HAS_COMPILER = shutil.which("cc") is not None
needs_compiler = pytest.mark.skipif(not HAS_COMPILER, reason="there is no C compiler")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is tracked: setuptools writes beside its sources."""
    source = tmp_path_factory.mktemp("source") / "project"
    for name in filter(None, TRACKED):
        origin, copy = ROOT / name, source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_symlink():
            copy.symlink_to(origin.readlink())
        elif origin.is_file():
            copy.write_bytes(origin.read_bytes())
    return source


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    """A wheel that was built from the sdist, as an installer of the sdist would."""
    folder = tmp_path_factory.mktemp("dist")
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
    assert "ms_initkit/stages/reports/report.html" in names
    assert "ms_initkit/findings/codes.yaml" in names
    assert "ms_initkit/py.typed" in names


def test_a_recipe_loads_from_the_wheel(built: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(next(built.glob("*.whl"))).extractall(tmp_path)
    program = "import ms_initkit\nprint(ms_initkit.__file__, ms_initkit.load_recipe('resnet').family)"

    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout.split() == [str(tmp_path / "ms_initkit" / "__init__.py"), "resnet"]


def test_the_wheels_page_has_no_link_into_the_repository(built: Path) -> None:
    archive = zipfile.ZipFile(next(built.glob("*.whl")))
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))

    head, _, page = archive.read(metadata).decode().partition("\n\n")

    assert "Description-Content-Type: text/markdown" in head
    assert page.startswith("# ms_initkit\n\nInitialise any MindSpore network from a YAML recipe.")
    assert re.findall(r"\]\((?!https?://)[^)]*\)|<img", page) == []
    assert "| [findings]" in (ROOT / "README.md").read_text(), "so that there is something to take out"
    assert "| findings, what real code gets wrong |" in page


def test_the_editable_install_carries_the_recipes() -> None:
    assert all((files("ms_initkit") / name).is_file() for name in RECIPES)


def test_the_sdist_carries_what_the_kernels_are_built_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}

    sources = {f"ms_initkit/stream/{name}" for name in ("kernels.c", "kernels.h", "module.c")}
    assert names >= {"setup.py", "tools/build_backend.py", *sources}


@needs_compiler
def test_one_wheel_serves_every_python(built: Path) -> None:
    (wheel,) = built.glob("*.whl")

    assert "-cp311-abi3-" in wheel.name
    assert "ms_initkit/stream/kernels.abi3.so" in zipfile.ZipFile(wheel).namelist()


PROGRAM = """
import json, sys, warnings
from pathlib import Path
import ms_initkit
from ms_initkit import stream
from ms_initkit.draws import Normal
warnings.simplefilter("ignore")
import hashlib
drawn = stream.sample(Normal(0.5, 0.02), (40, 258), stream.key(42, "layer1.0.conv1.weight"))
kernels = sys.modules.get("ms_initkit.stream.kernels")
print(json.dumps({
    "package": ms_initkit.__file__,
    "kernels": kernels and kernels.__file__,
    "normal": hashlib.sha256(drawn.tobytes()).hexdigest(),
    "recipe": ms_initkit.load_recipe("resnet").family,
}))
"""


def installed(folder: Path, *what: str, **variables: str) -> dict[str, str]:
    """Installs into an environment of its own, which sees this one's dependencies, and draws there."""
    venv.create(folder, with_pip=False)
    python = str(folder / "bin" / "python")
    (site,) = folder.glob("lib/*/site-packages")
    here = {sysconfig.get_path("purelib"), str(Path(pytest.__file__).parent.parent)}
    (site / "dependencies.pth").write_text("\n".join(sorted(here)) + "\n")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    environment = {**os.environ, **variables}
    subprocess.run([*pip, "--no-build-isolation", *what], check=True, capture_output=True, env=environment)
    run = subprocess.run([python, "-c", PROGRAM], cwd=folder, check=True, capture_output=True, text=True)
    answer: dict[str, str] = json.loads(run.stdout)
    assert answer["normal"] == json.loads(GOLDEN.read_text())["normal"]
    assert answer["recipe"] == "resnet"
    return answer


@needs_compiler
def test_the_wheel_installs_in_a_fresh_environment(built: Path, tmp_path: Path) -> None:
    answer = installed(tmp_path, str(next(built.glob("*.whl"))))

    assert Path(answer["package"]).is_relative_to(tmp_path)
    assert Path(answer["kernels"]).is_relative_to(tmp_path)


@needs_compiler
def test_the_sdist_installs_in_a_fresh_environment(built: Path, tmp_path: Path) -> None:
    answer = installed(tmp_path, str(next(built.glob("*.tar.gz"))))

    assert Path(answer["kernels"]).is_relative_to(tmp_path)


@needs_compiler
def test_an_editable_install_compiles_in_place(source: Path, tmp_path: Path) -> None:
    answer = installed(tmp_path, "--editable", str(source))

    assert Path(answer["package"]).is_relative_to(source)
    assert Path(answer["kernels"]).is_relative_to(source)


def test_where_nothing_can_be_compiled_it_installs_all_the_same(built: Path, tmp_path: Path) -> None:
    answer = installed(tmp_path, str(next(built.glob("*.tar.gz"))), CC="false")

    assert Path(answer["package"]).is_relative_to(tmp_path)
    assert answer["kernels"] is None


REQUIRES = (
    "import sys; sys.path.insert(0, 'tools'); import build_backend; print(build_backend.get_requires_for_build_{}())"
)


@pytest.mark.parametrize("kind", ["wheel", "editable"])
@pytest.mark.parametrize("has_compiler", [pytest.param(True, marks=needs_compiler), False])
def test_a_compiler_is_asked_of_pypi_where_there_is_none(
    source: Path, tmp_path: Path, kind: str, has_compiler: bool
) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "CC"}
    path = environment if has_compiler else {**environment, "PATH": str(tmp_path)}

    run = subprocess.run(
        [sys.executable, "-c", REQUIRES.format(kind)], cwd=source, check=True, capture_output=True, text=True, env=path
    )

    assert ("ziglang" in run.stdout) is not has_compiler


@pytest.mark.slow
def test_without_a_compiler_the_build_takes_one_from_pypi(source: Path, tmp_path: Path) -> None:
    """Needs PyPI: the environment in which it is built is pip's own."""
    environment = {key: value for key, value in os.environ.items() if key != "CC"} | {"PATH": str(tmp_path)}
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(tmp_path / "dist"), str(source)]

    subprocess.run(pip, check=True, capture_output=True, env=environment)

    (wheel,) = tmp_path.glob("dist/*.whl")
    assert "ms_initkit/stream/kernels.abi3.so" in zipfile.ZipFile(wheel).namelist()
