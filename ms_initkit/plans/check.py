"""Whether a plan can be written: types, ranges, files and shapes, before a single value is drawn.

Whatever writes a value, whatever is written, passes here with the type of its parameter in hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ms_initkit import draws, stream
from ms_initkit.draws import Draw
from ms_initkit.draws.custom import drawers
from ms_initkit.draws.dtypes import TYPES, ElementType
from ms_initkit.draws.reach import FromNetwork, unfit
from ms_initkit.draws.text import apart
from ms_initkit.draws.valid import fault
from ms_initkit.draws.windows import slices_of, whole
from ms_initkit.files import checkpoints
from ms_initkit.findings import About, Finding, Span, counted, suggestion
from ms_initkit.language.recipe import Recipe
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.plan import Plan
from ms_initkit.plans.sources import entries_of, prefix_hint


class _Problem(NamedTuple):
    """What is wrong with a line: a finding without its place."""

    code: str
    message: str
    note: str | None = None


def check(plan: Plan, recipe: Recipe | None = None) -> tuple[Finding, ...]:
    """Returns what would go wrong if ``plan`` were written; places are given where ``recipe`` is at hand."""
    spans = {} if recipe is None else {rule.id: rule.span for rule in recipe.rules}
    found: dict[tuple[str, str], list[tuple[Assignment, _Problem]]] = {}
    for line in plan.columns.kinds:
        for problem in _problems(line):
            # One rule's fault in a hundred parameters is one finding.
            key = problem.code if problem.code in _ONE_FAULT else problem.message
            found.setdefault((line.rule, key), []).append((line, problem))
    return tuple(_finding(cases, spans.get(rule)) for (rule, _), cases in found.items())


# However many parameters of a rule have them, and whatever their names.
_ONE_FAULT: Final = ("out-of-range", "missing-entry")


def _finding(cases: Sequence[tuple[Assignment, _Problem]], span: Span | None) -> Finding:
    line, problem = cases[0]
    message = f"{line.name!r} {line.shape} {line.dtype}: {problem.message}"
    notes = [f"rule {line.rule!r}; nothing was written"]
    hint = None
    if problem.code == "missing-entry" and len(cases) > 1:
        path = line.draw.loaded[0].path
        message += f", nor for {counted(len(cases) - 1, 'more parameter')} of the rule"
        hint = prefix_hint([other.draw.loaded[0].key for other, _ in cases], entries_of(path) or (), 0)
        hint = hint or "`missing: next` gives what the file lacks to the rules after this one"
    elif problem.note is not None:
        notes.append(problem.note)
    about: About = {"rule": line.rule, "parameter": line.name, "span": span, "help": hint}
    return Finding.error(problem.code, message, *notes, **about)


def misfit(line: Assignment) -> str | None:
    """Returns what would go wrong if a line were written as it is, None if nothing would."""
    problem = next(_problems(line), None)
    return None if problem is None else f"{line.name!r} {line.shape} {line.dtype}: {problem.message}"


def refusal(draw: Draw, dtype: str) -> str | None:
    """Returns why no parameter of ``dtype`` can be given ``draw``, whatever its numbers; None if one can."""
    record = TYPES.get(dtype)
    match draw:
        case draws.Keep():
            return None
        case _ if record is None or record.kind == "complex":
            return f"a parameter of {dtype} is not written: it takes `init: keep` only"
        case draws.Edited() | draws.Made() | draws.Blocks() if record.is_whole and draw.loaded:
            why = "`then` and `fit` compute with real numbers"
            return f"{why}: a parameter of {dtype} takes whole ones as a file has them"
        case draws.There():
            return None
        case _ if draw.takes and record.is_whole:
            return f"values that are there are computed with as real numbers, and a parameter of {dtype} takes none"
        case draws.Loaded():
            return None
        case draws.Constant(value) if not record.is_whole or float(value).is_integer():
            return None
        case _ if record.is_whole:
            return (
                f"a parameter of {dtype} takes whole constants only; "
                "a distribution would be cut to whole numbers in silence"
            )
        case _:
            return None


def _problems(line: Assignment) -> Iterator[_Problem]:
    refused = refusal(line.draw, line.dtype)
    if refused is not None:
        yield _Problem("unusable-initializer", refused)
        return
    record = TYPES.get(line.dtype)
    if record is None:
        return  # MindSpore has it, as float8, and it is kept
    wrong = fault(line.draw, line.shape) or _unknown(line.draw)
    if wrong is not None:
        yield _Problem("unusable-initializer", wrong)
        return
    files = [_file_problem(loaded, shape, line, record) for loaded, shape in _loaded(line.draw, line.shape)]
    if any(files):
        yield from filter(None, files)
        return
    if record.is_whole:
        if isinstance(line.draw, draws.Constant) and not record.holds(line.draw.value):
            yield _Problem("out-of-range", f"{int(line.draw.value)} does not fit: {_range(record)}")
        return
    yield from _out_of_range(line, record)


def out_of_range(line: Assignment, there: FromNetwork) -> Finding | None:
    """Returns that what a line makes of values which are there would not fit its type; ``there`` tells their bounds."""
    problem = next(_out_of_range(line, TYPES[line.dtype], there), None)
    return None if problem is None else _finding([(line, problem)], None)


def _out_of_range(line: Assignment, record: ElementType, there: FromNetwork | None = None) -> Iterator[_Problem]:
    found = unfit(line.draw, line.shape, record, lambda loaded, shape: _bounds(loaded, shape, line), there)
    if found is None:
        yield from _no_law(line.draw)
    else:
        inf = "MindSpore's set_data would have written inf in silence"
        yield _Problem("out-of-range", found.message, inf if found.would_be_infinite else None)


def _unknown(draw: Draw) -> str | None:
    """Returns which initializer of a user's own, on which the plan rests, this process has not."""
    if isinstance(draw, draws.Custom) and draw.name not in drawers:
        return f"no initializer of your own is called {draw.name!r}: import the module that registers it"
    return next(filter(None, map(_unknown, draw.parts)), None)


def _no_law(draw: Draw) -> Iterator[_Problem]:
    """Yields why a law of elements cannot be drawn: what only a plan that was not made here can have."""
    try:
        stream.law_of(draw)
    except ValueError as error:
        yield _Problem("unusable-initializer", str(error))
    for part in draw.parts:
        yield from _no_law(part)


def _range(record: ElementType) -> str:
    return f"{record.name} is {record.low} to {record.high}"


def _loaded(draw: Draw, shape: tuple[int, ...]) -> Iterator[tuple[draws.Loaded, tuple[int, ...]]]:
    """Yields what a draw in a tensor of ``shape`` takes from files, each with the shape that it is to have."""
    if isinstance(draw, draws.Loaded):
        yield draw, shape
    for part, inner in zip(draw.parts, draw.shapes(shape), strict=True):
        yield from _loaded(part, inner)


def _bounds(loaded: draws.Loaded, shape: tuple[int, ...], line: Assignment) -> tuple[float, float] | None:
    """Returns the least and the greatest of the values that the parameter takes from a file; None if it takes none.

    What is made to fit is looked at whole.
    """
    window = whole(shape) if line.window is None or shape != line.shape else line.window
    parts = [drawn for _, drawn in slices_of(window)]
    found = [ends for drawn in parts if (ends := checkpoints.extremes(loaded.path, loaded.key, drawn)) is not None]
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _file_problem(
    loaded: draws.Loaded, shape: tuple[int, ...], line: Assignment, record: ElementType
) -> _Problem | None:
    try:
        known = checkpoints.entries(loaded.path)
    except ValueError as error:
        return _Problem("unreadable-file", str(error))
    entry, what = known.get(loaded.key), f"{loaded.key!r} of {loaded.path}"
    if entry is None:
        note = suggestion(loaded.key, known) or f"it has {counted(len(known), 'tensor')}"
        return _Problem("missing-entry", f"{loaded.path} has no tensor called {loaded.key!r}", note)
    if entry.shape != shape:
        hint = "`fit` makes other shapes fit, and a rule with `init` before this one draws the parameter afresh"
        return _Problem("shape-mismatch", f"{what} has shape {entry.shape}", hint)
    stored = TYPES.get(entry.dtype)
    if stored is None:
        return _Problem("unusable-initializer", f"{what} is {entry.dtype}, of which MindSpore has no parameters")
    if stored.kind == "complex" or (record.is_whole and not stored.is_whole):
        lost = "imaginary parts" if stored.kind == "complex" else "what stands behind the point"
        return _Problem("unusable-initializer", f"{what} is {entry.dtype}: in {line.dtype} {lost} would be lost")
    return _value_problem(what, _bounds(loaded, shape, line), record)


def _value_problem(what: str, bounds: tuple[float, float] | None, record: ElementType) -> _Problem | None:
    if bounds is None:
        return None
    if not all(map(math.isfinite, bounds)):
        return _Problem("not-finite", f"{what} has values that are not finite")
    misfit = next((value for value in bounds if not record.holds(value)), None)
    if misfit is None:
        return None
    if record.is_whole:
        value, allowed = str(int(misfit)), _range(record)
    else:
        value, high = apart(misfit, math.copysign(record.high, misfit))
        allowed = f"{record.name} ends at {high.lstrip('-')}"
    return _Problem("out-of-range", f"{what} has the value {value}, which does not fit: {allowed}")
