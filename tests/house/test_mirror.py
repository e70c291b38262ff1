"""Every module has its tests in a file of its name, and every file of tests is named after what it tests."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = ROOT / "ms_initkit", ROOT / "tests"

# Modules that have nothing of their own to ask: names of types, tables of numbers, the inside of another one. Each with
# the tests that fail if it is wrong.
TESTED_THROUGH = {
    "draws/arrays": "draws/test_functions",  # names of types
    "draws/fitting": "draws/test_fits",  # the arithmetic of `fits`
    "files/chunks": "stages/test_shard_writing",
    "language/call_schemas": "language/test_schema",
    "language/parameters": "language/test_selector_tests",  # protocols
    "language/recipe": "language/test_load",
    "language/step": "language/test_steps",  # the class that steps derive from
    "plans/factors": "families/test_lora",
    "stream/coefficients": "stream/test_oracle",  # numbers
}
# What is asked across modules.
SUITES = {
    "cli/test_hostile": "what nobody means well, or a tired person types",
    "files/test_mutations": "altered files of every format",
    "findings/test_pages": "the pages of `tests/diagnostics`",
    "findings/test_reaching": "every finding below an error reaches whoever calls",
    "plans/test_golden_values": "a golden plan",
    "stream/test_golden": "the golden bits",
    "stream/test_quality": "the random numbers at a thousand million draws",
    "stream/test_statistics": "every initializer against its law",
}


def modules(package: Path) -> set[str]:
    """Returns the modules in rooms, as `room/module`; the kernels are one, in C."""
    sources = [*package.glob("*/**/*.py"), *package.glob("*/kernels.c")]
    return {path.relative_to(package).with_suffix("").as_posix() for path in sources if path.stem != "__init__"}


def without_tests(package: Path, tests: Path) -> list[str]:
    """Returns the modules that neither have tests of their name nor are tested through others."""
    names = {name for name in modules(package) if not (tests / place_of(name)).with_suffix(".py").exists()}
    return sorted(names - TESTED_THROUGH.keys())


def of_no_module(package: Path, tests: Path) -> list[str]:
    """Returns the files of tests in rooms that are named after nothing in theirs."""
    rooms = {name.partition("/")[0] for name in modules(package)}
    paths = [path for room in rooms for path in (tests / room).rglob("test_*.py")]
    files = {path.relative_to(tests).with_suffix("").as_posix() for path in paths}
    return sorted(files - {place_of(name) for name in modules(package)} - SUITES.keys())


def place_of(name: str) -> str:
    """Returns where the tests of `room/module` are."""
    room, _, module = name.rpartition("/")
    return f"{room}/test_{module}"


def test_every_module_has_tests_of_its_name() -> None:
    assert without_tests(PACKAGE, TESTS) == []


def test_every_file_of_tests_is_named_after_a_module() -> None:
    assert of_no_module(PACKAGE, TESTS) == []


def test_the_lists_are_as_short_as_they_can_be() -> None:
    known = modules(PACKAGE)
    assert [name for name in TESTED_THROUGH if name not in known or (TESTS / f"{place_of(name)}.py").exists()] == []
    assert [name for name in {*TESTED_THROUGH.values(), *SUITES} if not (TESTS / f"{name}.py").exists()] == []


@pytest.mark.parametrize(
    ("path", "lacking", "strange"),
    [
        ("package/draws/more.py", ["draws/more"], []),
        ("package/draws/inner/more.py", ["draws/inner/more"], []),
        ("package/draws/kernels.c", ["draws/kernels"], []),
        ("package/draws/more.c", [], []),
        ("tests/draws/test_more.py", [], ["draws/test_more"]),
        ("tests/draws/inner/test_more.py", [], ["draws/inner/test_more"]),
        ("tests/fuzz/test_more.py", [], []),
    ],
)
def test_it_would_be_found(tmp_path: Path, path: str, lacking: list[str], strange: list[str]) -> None:
    for name in ("package/draws/one.py", "package/draws/__init__.py", "tests/draws/test_one.py", path):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    assert without_tests(tmp_path / "package", tmp_path / "tests") == lacking
    assert of_no_module(tmp_path / "package", tmp_path / "tests") == strange
