"""What may import what; each test that says so is shown to be able to fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("mindspore", "scipy", "numpy")
PROBE = """
import sys
{work}
print(",".join(name for name in {heavy!r} if name in sys.modules))
"""


def imported_by(work: str) -> list[str]:
    program = PROBE.format(work=work, heavy=HEAVY)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [name for name in run.stdout.splitlines()[-1].split(",") if name]


def command(*words: str) -> str:
    return f"""
sys.argv = ['ms-initkit', *{words!r}]
from ms_initkit.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def test_importing_the_package_imports_no_framework() -> None:
    assert imported_by("import ms_initkit") == []


def test_check_imports_no_framework() -> None:
    assert imported_by(command("check", "resnet", "vit", "gpt2")) == []


def test_list_and_initializers_import_no_framework() -> None:
    assert imported_by(command("list")) == []
    assert imported_by(command("initializers")) == []


def test_binding_a_manifest_imports_no_mindspore() -> None:
    work = (
        "from ms_initkit.stages.plan import plan_infos\n"
        "from tests.recipes import info\n"
        "plan_infos([info('fc.weight')], 'base')"
    )
    assert "mindspore" not in imported_by(work)


def test_an_apply_begins_without_what_few_of_them_need() -> None:
    work = (
        "import ms_initkit as mik\nmik.apply\nprint(*(name for name in sys.modules if name.startswith('ms_initkit.')))"
    )
    run = subprocess.run([sys.executable, "-c", f"import sys\n{work}"], capture_output=True, text=True, check=True)

    loaded = set(run.stdout.split())
    assert "ms_initkit.stages.apply" in loaded
    assert loaded.isdisjoint(f"ms_initkit.{name}" for name in ("layouts", "stages.reports.measure", "stages.choices"))


def test_drawing_imports_no_mindspore() -> None:
    work = "from ms_initkit import draws, stream\nstream.sample(draws.Normal(0, 1), (4, 4), 1)"
    assert "mindspore" not in imported_by(work)


def test_the_probe_sees_what_is_imported() -> None:
    assert imported_by("import ms_initkit\nms_initkit.apply\nimport scipy") == ["mindspore", "scipy", "numpy"]


ROOT = Path(__file__).parents[2]


def broken_contracts(tree: Path) -> list[str]:
    """Returns the names of the contracts of pyproject.toml that the package in ``tree`` breaks."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)
    lines = run.stdout.splitlines()
    assert any(line.startswith("Contracts: ") for line in lines), run.stdout + run.stderr
    return [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")]


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("formulas/scaling.py", "", []),
        ("formulas/scaling.py", "from ms_initkit.plans import bind", ["The order of the rooms"]),
        ("formulas/scaling.py", "def late() -> None: from ms_initkit.plans import bind", ["The order of the rooms"]),
        ("formulas/fans.py", "from ms_initkit.formulas import scaling", ["No circles, at any level"]),
    ],
)
def test_the_contracts_hold_and_can_fail(tmp_path: Path, module: str, line: str, broken: list[str]) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "ms_initkit", tmp_path / "ms_initkit", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "ms_initkit" / module
    changed.write_text(f"{changed.read_text()}\n{line}\n")

    found = broken_contracts(tmp_path)

    assert [name for name in found if name in broken] == broken
    assert bool(found) == bool(broken)
