"""What each shape takes: ``python -m tests.bombs.measure [SHAPE ...]`` prints processor time and memory.

Each is answered in a process of its own: checked, and held against a network of one parameter and of 50,000.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from ms_initkit.findings import InitKitError, findings_to_json
from ms_initkit.language.load import draft_recipe
from ms_initkit.networks.params import Owner, ParamInfo
from ms_initkit.stages.plan import plan_infos
from ms_initkit.syntax.source import read_text
from tests.bombs.shapes import MEBIBYTE, SHAPES

_LEAVES: Final = ("attn.weight", "attn.bias", "mlp.fc1.weight", "mlp.fc2.weight", "norm.gamma")
_GIVEN_UP: Final = 60  # seconds of processor time


def network(size: int) -> tuple[ParamInfo, ...]:
    """Returns ``size`` parameters of layers that are numbered through."""
    found = []
    for number in range(size):
        layer, leaf = divmod(number, len(_LEAVES))
        name = f"layers.{layer}.{_LEAVES[leaf]}"
        shape = (8,) if leaf in (1, 4) else (8, 8)
        cell = ("LayerNorm", "Cell") if leaf == 4 else ("Dense", "Cell")
        siblings = (("weight", (8, 8)),) if leaf != 4 else ()
        found.append(ParamInfo((Owner(name, name.rpartition(".")[2], cell, 1, False, siblings),), shape))
    return tuple(found)


def text_of(name: str, size: int = MEBIBYTE) -> str:
    """Returns the longest recipe of a shape, up to ``size``, that has no more values than are read."""
    while True:
        text = SHAPES[name](size)
        if not any("has more than" in finding.message for finding in read_text(text, "bomb.yaml").findings):
            return text
        size = size * 4 // 5


def answer(path: str, infos: tuple[ParamInfo, ...]) -> str:
    """Returns what is said of the recipe ``path``, alone or held against ``infos``; as long as that is shown."""
    if not infos:
        _, findings = draft_recipe(path)
        findings_to_json(findings)
        return str(InitKitError(findings)) if findings else "nothing is wrong"
    try:
        return str(plan_infos(infos, path))
    except InitKitError as error:
        findings_to_json(error.findings)
        return str(error)


def _measured(name: str, parameters: int, size: int) -> str:
    """Returns seconds of processor time and MiB that one answer takes beside what was there before."""
    command = [sys.executable, "-m", "tests.bombs.measure", "--alone", str(parameters), "--size", str(size), name]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else f"broke: {result.stderr[-200:].strip()}"


def _alone(name: str, parameters: int, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bomb.yaml"
        path.write_text(text_of(name, size), encoding="utf-8")
        infos = network(parameters)
        answer("{family: a, rules: [{match: '**', init: ones}]}", infos)  # what is imported late
        before = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(before.ru_utime) + 25, resource.RLIM_INFINITY))
        said = answer(str(path), infos)
        after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(
        f"{seconds:.2f} s, {(after.ru_maxrss - before.ru_maxrss) / 1024:.0f} MiB, {len(said):,} characters\n"
    )


def main() -> None:
    """Measures the shapes that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=MEBIBYTE)
    parser.add_argument("--alone", type=int)
    parser.add_argument("shapes", nargs="*")
    options = parser.parse_args()
    if options.alone is not None:
        _alone(options.shapes[0], options.alone, options.size)
        return
    for name in options.shapes or SHAPES:
        each = " | ".join(_measured(name, parameters, options.size) for parameters in (0, 1, 50_000))
        sys.stdout.write(f"{name} | {each}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
