"""Writes docs/truth.md: for every class the recommended recipe, and how many parameters it draws as the reference does.

python -m tests.truth.table              # asks `suggest` for each class
python -m tests.truth.table BertModel    # these only; the others stay as they are
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from tests.truth import data
from tests.truth.choices import why_not_whole
from tests.truth.data import Case
from tests.truth.recommending import recommended
from tests.truth.scoring import as_constructed, score

SCORES: Final = Path(__file__).parent / "scores.json"
PAGE: Final = Path(__file__).parents[2] / "docs" / "truth.md"
HEAD: Final = """# How true the recommended recipes are

A network of a MindSpore package is constructed, and so is its reference, each with the same small configuration and
under several seeds. Then the recipe that `ms-initkit suggest` names for the network is planned, and each parameter's
line is held to what the reference draws: constants and tables exactly, distributions by mean, std, kurtosis and bounds
as far as the samples can tell, padding rows row by row. *Equal* counts the parameters that agree; where no recipe is
recommended, or no rule claims a parameter, what counts is what the package's constructor draws.

`make truth` executes both sides and writes this page; [tests/truth](../tests/truth/README.md) says how. `make test`
holds the recipes to it.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One class on the page.

    Args:
        recipe: What is recommended; None where nothing is.
        equal: How many parameters it draws as the reference does.
        compared: How many have a counterpart.
        own: How many the package's constructor draws as the reference does; None where that is not known.
    """

    recipe: str | None
    equal: int
    compared: int
    own: int | None

    @property
    def is_whole(self) -> bool:
        """Whether every parameter is as the reference draws it."""
        return self.equal == self.compared

    @property
    def is_worse(self) -> bool:
        """Whether the advice does harm."""
        return self.own is not None and self.equal < self.own


def row(case: Case, recipe: str | None) -> Row:
    """Returns how ``recipe`` does for a class."""
    own = as_constructed(case)
    equal = None if own is None else own.equal
    if recipe is None:
        return Row(None, equal or 0, len(case.drawn), equal)
    return Row(recipe, score(recipe, case).equal, len(case.drawn), equal)


def read() -> dict[str, dict[str, Row]]:
    """Returns what the page says, by package and class."""
    if not SCORES.exists():
        return {}
    document = json.loads(SCORES.read_text(encoding="utf-8"))
    return {package: {name: Row(*values) for name, values in rows.items()} for package, rows in document.items()}


def main() -> None:
    """Entry point."""
    asked, said = sys.argv[1:], read()
    rows: dict[str, dict[str, Row]] = {}
    for package in data.packages():
        for name in data.names(package):
            known = said.get(package, {}).get(name)
            if asked and name not in asked and known is not None:
                rows.setdefault(package, {})[name] = known
                continue
            case = data.case(package, name)
            found = rows.setdefault(package, {})[name] = row(case, recommended(case))
            sys.stdout.write(f"{package} {name}: {found.recipe} {found.equal}/{found.compared}, own {found.own}\n")
    SCORES.write_text(_text(rows), encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")


def _text(rows: dict[str, dict[str, Row]]) -> str:
    packages = [
        f'"{package}": {{\n'
        + ",\n".join(f'"{name}": {json.dumps(astuple(one))}' for name, one in several.items())
        + "\n}"
        for package, several in rows.items()
    ]
    return "{\n" + ",\n".join(packages) + "\n}\n"


def page(rows: dict[str, dict[str, Row]]) -> str:
    """Returns the text of the page."""
    return "\n".join([HEAD, *_totals(rows), *(line for package in rows for line in _section(package, rows[package]))])


def _totals(rows: dict[str, dict[str, Row]]) -> Iterator[str]:
    yield "| package | reference | classes | whole | whole as constructed | worse than that | parameters equal |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for package, several in rows.items():
        every = list(several.values())
        references = sorted({data.case(package, name).reference for name in several})
        equal, compared = sum(one.equal for one in every), sum(one.compared for one in every)
        cells = [
            title(package),
            ", ".join(references),
            str(len(every)),
            str(sum(one.is_whole for one in every)),
            str(sum(one.own == one.compared for one in every)),
            str(sum(one.is_worse for one in every)),
            f"{equal:,} of {compared:,} ({equal / compared:.1%})",
        ]
        yield _line(cells)
    yield ""


def _section(package: str, rows: dict[str, Row]) -> Iterator[str]:
    yield f"## {title(package)}\n"
    yield "| class | recipe | equal / compared | as constructed | without a counterpart |"
    yield "|---|---|--:|--:|--:|"
    for name, one in rows.items():
        case = data.case(package, name)
        left = sum(1 for info in case.infos if info.is_trainable and info.name not in case.drawn)
        told = f"{one.equal} / {one.compared}"
        cells = [
            name,
            one.recipe or "none",
            told if one.is_whole else f"**{told}**",
            "?" if one.own is None else str(one.own),
            str(left or ""),
        ]
        yield _line(cells)
    yield ""
    partly = {name: why_not_whole(package, name) for name, one in rows.items() if not one.is_whole}
    if partly:
        yield from _reasons(f"Not whole ({title(package)})", "what differs, and the reference's line", partly)
        yield ""
    missing = data.absent(package)
    if missing:
        yield from _reasons(f"Not compared ({title(package)})", "why", missing)
    yield ""


def _reasons(heading: str, column: str, reasons: dict[str, str]) -> Iterator[str]:
    """Yields a table of the classes that ``reasons`` has, those of one reason in one line."""
    names: dict[str, list[str]] = {}
    for name, why in reasons.items():
        names.setdefault(why, []).append(name)
    yield f"### {heading}\n"
    yield f"| classes | {column} |"
    yield "|---|---|"
    for why, alike in names.items():
        yield _line([", ".join(alike), _cell(why)])


def title(package: str) -> str:
    """Returns what a package is called on pages."""
    return f"mindone.{package}" if package in ("transformers", "diffusers") else package


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    first = " ".join(text.partition("\n")[0].split())
    return first.replace("|", "\\|")


if __name__ == "__main__":
    main()
