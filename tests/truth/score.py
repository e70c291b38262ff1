"""How a recipe does: for classes, or for all of a package.

python -m tests.truth.score hf/default BertModel LlamaForCausalLM     # every mismatch, grouped
python -m tests.truth.score --all --package transformers hf/default   # a line a class
python -m tests.truth.score --suggested --all                         # the recipe that is recommended for each
python -m tests.truth.score constructed BertModel                     # what the package's constructor does
python -m tests.truth.score --manifest BertModel                      # the class as `ms-initkit` reads it
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ms_initkit.findings import RecipeError
from ms_initkit.networks.manifest import to_json
from tests.truth import data
from tests.truth.data import Case
from tests.truth.names import generic
from tests.truth.recommending import recommended
from tests.truth.scoring import Mismatch, Score, as_constructed, score

CONSTRUCTED: Final = "constructed"
FINDINGS: Final = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns 0 if every class is whole."""
    options = _options(arguments)
    chosen = list(_chosen(options))
    missing = set(options.classes) - {case.name for case in chosen}
    for name in sorted(missing):
        _say(f"{name}: {_why_absent(name)}")
    if options.manifest:
        for case in chosen:
            _say(to_json(case.infos, case.classes.own, case.configuration, case.classes.modules))
        return 0
    try:
        whole, worse = _told(options, chosen)
    except RecipeError as error:
        _say(str(error))
        return 2
    if len(chosen) > 1:
        _say(f"{whole} of {len(chosen)} whole, {worse} worse than as constructed")
    return 0 if whole == len(chosen) and not missing else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipe", nargs="?", help=f"a recipe's name or path; `{CONSTRUCTED}` for the package's own")
    parser.add_argument("classes", nargs="*")
    parser.add_argument("--all", action="store_true", help="every class, a line each")
    parser.add_argument("--package", help="only classes of this package")
    parser.add_argument("--suggested", action="store_true", help="the recipe that is recommended, class by class")
    parser.add_argument("--wrong", action="store_true", help="only classes that are not whole")
    parser.add_argument("--manifest", action="store_true", help="print the classes' manifests instead")
    options = parser.parse_args(arguments)
    if options.recipe and (options.suggested or options.manifest):
        options.classes.insert(0, options.recipe)
    elif not options.recipe and not options.suggested:
        parser.error("which recipe?")
    return options


def _chosen(options: argparse.Namespace) -> Iterator[Case]:
    for package in [options.package] if options.package else data.packages():
        for name in data.names(package):
            if options.all or name in options.classes:
                yield data.case(package, name)


def _why_absent(name: str) -> str:
    reasons = [why for package in data.packages() for one, why in data.absent(package).items() if one == name]
    return reasons[0] if reasons else "no such class"


def _told(options: argparse.Namespace, chosen: Iterable[Case]) -> tuple[int, int]:
    """Prints how each class does; returns how many are whole, and worse than as constructed."""
    whole = worse = 0
    for case in chosen:
        recipe = recommended(case) if options.suggested else options.recipe
        own = as_constructed(case)
        found = own if recipe is None or recipe == CONSTRUCTED else score(recipe, case)
        if found is None:
            continue
        is_worse = own is not None and found.equal < own.equal
        whole, worse = whole + found.is_whole, worse + is_worse
        if options.wrong and found.is_whole:
            continue
        beside = "" if own is None else f"as constructed {own.equal}" + ("  WORSE" if is_worse else "")
        _say(f"{case.name:<44} {found.recipe:<20} {found.equal:>4}/{found.compared:<4} {beside}")
        if not options.all:
            for line in report(found):
                _say(line)
    return whole, worse


def report(found: Score) -> Iterator[str]:
    """Yields the mismatches, those of one kind together."""
    for message in found.findings[:FINDINGS]:
        yield f"  error: {message}"
    groups: dict[tuple[str, str], list[Mismatch]] = {}
    for one in found.mismatches:
        groups.setdefault((generic(one.name), one.rule), []).append(one)
    for (kind, rule), several in groups.items():
        first = several[0]
        yield f"  {len(several)} x {kind}"
        yield f"      the reference: {first.reference}; the plan: {first.plan} ({rule or 'no rule'})"
        yield f"      {first.reason}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
