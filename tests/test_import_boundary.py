"""Checking a recipe imports neither MindSpore nor numba; the test that says so is shown to be able to fail."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("mindspore", "numba")
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


def test_drawing_imports_no_mindspore() -> None:
    work = "from ms_initkit import draws, stream\nstream.sample(draws.Normal(0, 1), (4, 4), 1)"
    assert "mindspore" not in imported_by(work)


def test_the_probe_sees_what_is_imported() -> None:
    assert imported_by("import ms_initkit\nms_initkit.apply\nimport numba") == ["mindspore", "numba"]
