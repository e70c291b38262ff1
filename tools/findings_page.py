"""Writes docs/findings.md: the table of codes, each with its page of tests/diagnostics.

``python tools/findings_page.py docs/findings.md``
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from ms_initkit.findings import Code, codes
from ms_initkit.findings.codes import STAGES, Stage

PAGES: Final = Path(__file__).parents[1] / "tests" / "diagnostics"
_INSTEAD: Final = "## Instead\n"
_HEAD: Final = """\
# Findings

A finding says what, where, why and what to type. Errors stop the stage that found them before anything is written; all
of them are reported at once. `ms-initkit explain CODE` shows what is said here of a code.

Made of `ms_initkit/findings/codes.yaml` and `tests/diagnostics/` by `python tools/findings_page.py docs/findings.md`; a
test holds it current, and others run every example and compare its message to the character. Files are called
`recipe.yaml` where they have no other name; `network` lists parameters by name, shape, type, cell and whether they are
trainable.
"""


def text() -> str:
    """Returns the page."""
    chapters: dict[Stage, dict[str, Code]] = {stage: {} for stage in STAGES}
    for name, code in codes().items():
        chapters[code.stage][name] = code
    parts = [_HEAD, *(_index(STAGES[stage].capitalize(), members) for stage, members in chapters.items())]
    parts += [_section(name, code) for members in chapters.values() for name, code in members.items()]
    return "\n".join(parts)


def _index(title: str, members: dict[str, Code]) -> str:
    rows = ["| code | severity | what is wrong |", "|---|---|---|"]
    for name, code in members.items():
        rows.append(f"| [{name}](#{name}) | {' or '.join(code.severities)} | {_cell(code.what)} |")
    return "\n".join([f"## {title}", "", *rows, ""])


def _section(name: str, code: Code) -> str:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    titled = re.sub(r"^```(\w+) (\S+)$", r'```\1 title="\2"', page, flags=re.MULTILINE)
    wrong, _, right = titled.removeprefix(f"# {name}\n").partition(_INSTEAD)
    parts = [f"## {name}", f"{code.what} {code.why}", wrong.strip(), f"**Instead.** {code.instead}", right.strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cell(sentence: str) -> str:
    return sentence.replace("|", r"\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
