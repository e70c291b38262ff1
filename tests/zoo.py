"""Networks that other people wrote, by what becomes of them with the recipe that is recommended; writes docs/zoo.md.

python -m tests.zoo

Nothing is constructed here: what there is to know is in ``tests/truth``, whose scores are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.truth import data, table
from tests.truth.choices import ANOTHER_SIZE
from tests.truth.table import Row

PAGE: Final = Path(__file__).parent.parent / "docs" / "zoo.md"
# As `classes.yaml` and the harness begin their reasons.
SIZES: Final = (ANOTHER_SIZE, "another input size")
NOT_CONSTRUCTED: Final = ("mindspore:", "mindcv's constructor", "holds ")
HEAD: Final = """# Networks that other people wrote

Every network of the packages below, by what the recipe does that `ms-initkit suggest` names for it. A network *equals
its reference* if every parameter that has a counterpart is planned as the reference, executed, draws it; where no
recipe is named, what its package's constructor draws is what counts.
"""
TAIL: Final = """Written by `make zoo` ([tests/zoo.py](../tests/zoo.py)) from what `make truth` saw.
[The truth](truth.md) has each network's parameters, what differs where it is not equal, and why the others were not
compared.
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many networks of a package came to what.

    Args:
        equal: Every parameter is as the reference draws it.
        partly: Some are not.
        sizes: Of another size than one of its family that was compared.
        unconstructed: Its package does not construct it here.
        alone: No reference is known, or it does not construct.
    """

    equal: int = 0
    partly: int = 0
    sizes: int = 0
    unconstructed: int = 0
    alone: int = 0

    def __add__(self, other: Count) -> Count:
        """Returns both together."""
        return Count(
            self.equal + other.equal,
            self.partly + other.partly,
            self.sizes + other.sizes,
            self.unconstructed + other.unconstructed,
            self.alone + other.alone,
        )

    @property
    def compared(self) -> int:
        """How many were."""
        return self.equal + self.partly

    def line(self, package: str) -> str:
        """Returns the row of the table."""
        total = self.compared + self.sizes + self.unconstructed + self.alone
        cells = (total, self.equal, self.partly, self.sizes, self.unconstructed, self.alone)
        return f"| {package} | {' | '.join(f'{cell:,}' for cell in cells)} |"


def main() -> None:
    """Entry point."""
    PAGE.write_text(page(table.read()), encoding="utf-8")


def page(rows: Mapping[str, Mapping[str, Row]]) -> str:
    """Returns the text of the page."""
    counts = {package: count(package, several.values()) for package, several in rows.items()}
    total = sum(counts.values(), Count())
    share = f"{total.equal:,} ({total.equal / total.compared:.1%})"
    told = f"**Of {total.compared:,} that were compared, {share} are equal.**\n"
    lines = [
        "| package | networks | equal | partly | other sizes of those | not constructed | no reference |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(one.line(table.title(package)) for package, one in counts.items()),
        total.line("all"),
        "",
        "## Equal to their references\n",
        *(line for package, several in rows.items() for line in _equal(package, several)),
    ]
    return "\n".join([HEAD, told, TAIL, *lines]) + "\n"


def count(package: str, rows: Iterable[Row]) -> Count:
    """Returns what the networks of a package came to."""
    whole = [row.is_whole for row in rows]
    reasons = list(data.absent(package).values())
    sizes = sum(reason.startswith(SIZES) for reason in reasons)
    unconstructed = sum(reason.startswith(NOT_CONSTRUCTED) for reason in reasons)
    alone = len(reasons) - sizes - unconstructed
    return Count(sum(whole), len(whole) - sum(whole), sizes, unconstructed, alone)


def _equal(package: str, rows: Mapping[str, Row]) -> Iterator[str]:
    recipes: dict[str, list[str]] = {}
    for name, row in rows.items():
        if row.is_whole:
            recipes.setdefault(row.recipe or "as constructed", []).append(name)
    yield f"### {table.title(package)}\n"
    yield "| recipe | networks |"
    yield "|---|---|"
    for recipe, names in sorted(recipes.items()):
        yield f"| {recipe} | {len(names)}: {', '.join(names)} |"
    yield ""


if __name__ == "__main__":
    main()
