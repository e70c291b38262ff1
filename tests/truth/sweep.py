"""Runs both sides over the classes of a package, several to a process; what is done already is not done again.

python -m tests.truth.sweep [CLASS...] --mindspore PYTHON --reference PYTHON --cache FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.truth.choices import choices, document

ROOT: Final = Path(__file__).resolve().parents[2]
AT_ONCE: Final = 16


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("classes", nargs="*", help="all if none is given")
    parser.add_argument("--package", help="only this one's")
    parser.add_argument("--mindspore", required=True, help="Python of the environment with the MindSpore packages")
    parser.add_argument("--reference", required=True, help="Python of the environment with the references")
    parser.add_argument("--cache", type=Path, required=True, help="where what was seen is kept")
    options = parser.parse_args(arguments)
    packages = [options.package] if options.package else sorted(document())
    lists = {package: listed(options.mindspore, package, options.cache / package) for package in packages}
    missing = set(options.classes).difference(*lists.values())
    if missing:
        parser.error(f"no package has a class {', '.join(sorted(missing))}")
    for package, every in lists.items():
        folder = options.cache / package
        if options.classes:
            chosen = [name for name in every if name in options.classes]
            _forget(folder, chosen)
        else:
            chosen = [name for name in every if has_counterpart(package, name)]
        for start in range(0, len(chosen), AT_ONCE):
            part = chosen[start : start + AT_ONCE]
            run(options.mindspore, "mindspore", package, folder, part)
            run(options.reference, "reference", package, folder, part)


def _forget(folder: Path, classes: Sequence[str]) -> None:
    for name in classes:
        for side in ("mindspore", "reference"):
            (folder / f"{name}.{side}.json").unlink(missing_ok=True)


def listed(python: str, package: str, folder: Path) -> list[str]:
    """Returns the package's classes."""
    kept = folder / "classes.json"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = _call([python, "-W", "ignore", "-m", "tests.truth.listing", package], capture=True)
        kept.write_text(done.stdout.strip().splitlines()[-1], encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def has_counterpart(package: str, name: str) -> bool:
    """Whether a reference is known, as the classes of mindone are called as theirs, and is wanted."""
    choice = choices(package, name)
    return not choice.skip and (package != "mindcv" or bool(choice.reference))


def run(python: str, side: str, package: str, folder: Path, classes: Sequence[str]) -> None:
    """Runs one side; a class that ends the process is written down, and the others go on."""
    left = [name for name in classes if not (folder / f"{name}.{side}.json").exists()]
    if side == "reference":
        left = [name for name in left if "error" not in _read(folder / f"{name}.mindspore.json")]
    while left:
        done = _call([python, "-W", "ignore", "-m", f"tests.truth.{side}_side", package, str(folder), *left])
        left = [name for name in left if not (folder / f"{name}.{side}.json").exists()]
        if left:
            name = left.pop(0)
            document = {"class": name, "error": f"the process ended with {done.returncode}", "where": ""}
            (folder / f"{name}.{side}.json").write_text(json.dumps(document), encoding="utf-8")
            sys.stdout.write(f"{side} {name}: {document['error']}\n")


def _read(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _call(command: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GLOG_v": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        check=False,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
    )


if __name__ == "__main__":
    main()
