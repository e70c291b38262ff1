"""The kernels' machine code: what it is made of, and where it is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ms_initkit.stream import compiled

if TYPE_CHECKING:
    from pathlib import Path

kernels = pytest.importorskip("ms_initkit.stream.kernels", reason="numba is not installed")

DRAW = """
import json, sys
from ms_initkit import stream
from ms_initkit.draws import Normal
print(json.dumps({"sum": float(stream.sample(Normal(0.0, 1.0), (999,), 1).sum()), "numba": "numba" in sys.modules}))
"""


def draw_in_a_process(cache: Path, **variables: str) -> dict[str, object]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "MS_INITKIT_THREADS": "1", **variables}
    done = subprocess.run(
        [sys.executable, "-c", DRAW], check=True, capture_output=True, text=True, timeout=120, env=environment
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_only_the_first_process_compiles(tmp_path: Path) -> None:
    first, second = draw_in_a_process(tmp_path), draw_in_a_process(tmp_path)

    assert first["numba"]
    assert not second["numba"]
    assert first["sum"] == second["sum"]
    assert not [file for file in tmp_path.iterdir() if file.suffix != ".o"]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    first = draw_in_a_process(tmp_path)
    files = sorted(tmp_path.iterdir())
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    again, third = draw_in_a_process(tmp_path), draw_in_a_process(tmp_path)

    assert again == first
    assert not third["numba"]
    assert sorted(tmp_path.iterdir()) == files


def test_an_unwritable_cache_folder_costs_only_the_compilation(tmp_path: Path) -> None:
    """A file where the folder should be: nothing can be made there, whoever asks (root writes to any folder)."""
    blocked = tmp_path / "file"
    blocked.write_text("")

    assert draw_in_a_process(blocked / "cache") == {**draw_in_a_process(tmp_path / "cache"), "numba": True}


def test_where_numba_is_switched_off_numpy_draws_the_same(tmp_path: Path) -> None:
    slow = draw_in_a_process(tmp_path / "none", NUMBA_DISABLE_JIT="1")

    assert slow["sum"] == draw_in_a_process(tmp_path / "cache")["sum"]
    assert not (tmp_path / "none").exists()


def test_what_numba_is_told_has_files_of_its_own(tmp_path: Path) -> None:
    draw_in_a_process(tmp_path, NUMBA_OPT="0")

    assert draw_in_a_process(tmp_path)["numba"]


def assembly(unit: str) -> str:
    llvm, machine, _ = compiled._target()
    text: str = machine().emit_assembly(llvm.parse_assembly(kernels.llvm_ir(unit)[1]))
    return text


def fused(code: str) -> list[str]:
    """Instructions that multiply and add in one rounding, on x86-64 and aarch64."""
    return re.findall(r"\b(?:vfn?m(?:add|sub)\w+|fn?m(?:add|sub|la|ls))\b", code)


@pytest.mark.parametrize("unit", sorted(kernels.UNITS))
def test_nothing_is_rounded_once_that_the_oracle_rounds_twice(unit: str) -> None:
    assert not fused(assembly(unit))


def test_a_fused_multiply_add_would_be_found() -> None:
    llvm, machine, _ = compiled._target()
    module = llvm.parse_assembly(
        "declare float @llvm.fma.f32(float, float, float)\n"
        "define float @f(float %a, float %b, float %c) {\n"
        "%d = call float @llvm.fma.f32(float %a, float %b, float %c)\nret float %d\n}"
    )

    code = machine().emit_assembly(module)

    assert fused(code) or "fmaf" in code  # a call, where the processor has none


@pytest.mark.parametrize(
    ("unit", "operation", "element"),
    [
        ("normal", "fdiv", "float"),
        ("truncated", "fdiv", "float"),
        ("far", "fdiv", "double"),
        ("uniform", "fmul", "float"),
        ("float16", "lshr", "i32"),
        ("bfloat16", "lshr", "i32"),
        ("fill", "mul", "i64"),
        ("philox", "mul", "i64"),
    ],
)
def test_the_kernels_work_on_vectors(unit: str, operation: str, element: str) -> None:
    assert re.search(rf"= {operation}[a-z ]* <\d+ x {element}>", kernels.llvm_ir(unit)[1])
