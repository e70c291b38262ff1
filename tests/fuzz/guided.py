"""A campaign that is guided by coverage: ``python -m tests.fuzz.guided --seconds 600``, in an environment with atheris.

libFuzzer takes each target in turn, in a process of its own, with the library's branches counted; it begins with the
corpus. What breaks something is kept in the corpus, as the other campaign's finds are.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzz.mutations import WORDS

_LONGEST: Final = 4096
_ALONE: Final = "MS_INITKIT_FUZZ_TARGET"
_DONE: Final = re.compile(rb"stat::number_of_executed_units: (\d+)")


def dictionary() -> str:
    """Returns the words that matter as libFuzzer reads them."""
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in WORDS)


def fuzz(name: str) -> None:
    """Gives one target inputs until libFuzzer has had enough; never returns."""
    import atheris  # type: ignore[import-not-found]  # of that environment only

    with atheris.instrument_imports(include=["ms_initkit"], enable_loader_override=False):
        from tests.fuzz.campaign import outcome
        from tests.fuzz.targets import TARGETS
    target: Callable[[bytes], None] = TARGETS[name]

    def one(content: bytes) -> None:
        error = outcome(target, content)
        if error is not None:
            raise error

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


def campaign(name: str, seconds: int) -> tuple[int, list[Path], str]:
    """Returns how many inputs ``name`` had, what was found, and the end of what libFuzzer said of it."""
    from tests.fuzz.targets import CORPUS

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        words, grown = Path(folder) / "words.txt", Path(folder) / "corpus"
        words.write_text(dictionary(), encoding="ascii")
        grown.mkdir()
        seeds = CORPUS / name
        before = set(seeds.iterdir())
        limits = (f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-timeout=60", "-print_final_stats=1")
        options = (*limits, f"-dict={words}", f"-artifact_prefix={seeds / 'found-'}")
        result = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.guided", *options, grown, seeds],
            env=os.environ | {_ALONE: name},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        count = _DONE.search(result.stderr)
        said = result.stderr[-3000:].decode("utf-8", "replace") if result.returncode else ""
        return int(count[1]) if count else 0, sorted(set(seeds.iterdir()) - before), said


def main() -> int:
    """Runs a campaign over all targets, or those that are named."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all of them together")
    parser.add_argument("targets", nargs="*", default=[], help=", ".join(TARGETS))
    options = parser.parse_args()
    chosen = options.targets or list(TARGETS)
    total, wrong = 0, 0
    for name in chosen:
        count, found, said = campaign(name, max(1, options.seconds // len(chosen)))
        total, wrong = total + count, wrong + bool(found or said)
        sys.stdout.write(f"{name}: {count:,} inputs\n{said}" + "".join(f"  kept as {path}\n" for path in found))
        sys.stdout.flush()
    sys.stdout.write(f"{total:,} inputs, {wrong} targets are wrong\n")
    return int(bool(wrong))


if __name__ == "__main__":
    if _ALONE in os.environ:
        fuzz(os.environ[_ALONE])
    sys.exit(main())
