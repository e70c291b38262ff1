"""Stage verify: reads the written values back and holds them against the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import EllipsisType
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ms_initkit import draws
from ms_initkit.basis.records import record
from ms_initkit.draws import Draw, Step, windows
from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import FLOATS, TYPES
from ms_initkit.draws.moments import Moments, moments
from ms_initkit.draws.windows import Slices, everything, partition, shape_of, with_axis
from ms_initkit.findings import Finding, counted
from ms_initkit.plans.lines import Assignment
from ms_initkit.plans.order import past
from ms_initkit.plans.plan import Plan
from ms_initkit.stages.draw import fill_line
from ms_initkit.stages.given import given_plan
from ms_initkit.stages.pairing import paired
from ms_initkit.stages.statistics.distributions import distribution
from ms_initkit.stages.statistics.goodness import TESTS, Misfit, misfits
from ms_initkit.stages.statistics.regions import Mask, Region, fixed, has_fixed, regions, repeats
from ms_initkit.stages.statistics.structure import structural_misfits
from ms_initkit.stages.statistics.tally import AT_ONCE, SAMPLE, Tally, as_floats
from ms_initkit.stages.there import There, digest, stored_values
from ms_initkit.stream.given import Given
from ms_initkit.stream.keys import checked_seed

if TYPE_CHECKING:
    from mindspore import Parameter
    from mindspore.nn import Cell


Pair = tuple[np.generic, np.generic]

FALSE_ALARMS: Final = 1e-6
"""Of so many networks that are as their plan says, verify without a seed finds something in one, at most."""


class Carried(Protocol):
    """A report: what carried out a plan."""

    @property
    def plan(self) -> Plan:
        """The plan."""

    @property
    def digests(self) -> tuple[tuple[str, str], ...]:
        """Digests of what cannot be drawn again."""


# Elements redrawn at once: 16 MiB of float32, whatever the parameter.
_AT_ONCE: Final = 1 << 22
_UNITS: Final = 4  # in the last place of the greatest value, by which LAPACKs may differ
_DIFFERENT: Final = "different-values"
# Two tensors whose values have fewer random bits than this can be equal by chance.
_FEWEST_BITS: Final = 128


def verify(net: Cell, plan: Plan | Carried, *, seed: int | None = None) -> tuple[Finding, ...]:
    """Returns what in ``net`` is not as ``plan`` says; empty if everything is.

    With a seed every value is drawn again and compared bit by bit.

    Without one, what the plan fixes is compared bit by bit: constants, tables, files, rows and elements that are set.
    What is drawn is held against its law: the whole distribution function, mean, standard deviation, the extremes,
    equal values, and the structure of what is drawn whole (W W^T = gain**2 I for orthogonal). No two drawn parameters
    may share their content. All elements are looked at, in pieces.

    No more than one in a million networks that are as their plan says is found fault with, whatever their size: every
    test is held to a share of 1e-6 (Bonferroni), by a bound that is exact or holds for each number of elements. What
    chance explains, in a tensor of few elements above all, is not found; with a seed it is.

    Kept parameters are not looked at. What was made of values that the apply wrote over (``init: keep`` with ``then``)
    cannot be drawn again: the report of the apply knows digests of it; a plan does not, which a note says. Of those
    of which ``rows`` keeps a part the report has digests as well; of a plan the kept rows are not looked at.

    Args:
        net: The network that was initialised.
        plan: The plan that was applied, or the report of it.
        seed: The seed of the apply, if it is known.

    Raises:
        ApplyError: If the plan was made for another network.
        TypeError: If ``plan`` is neither a plan nor a report, or the seed is no whole number.
        ValueError: If the seed is outside 0 to 2**64 - 1.
    """
    seed = None if seed is None else checked_seed(seed)
    digests = {} if isinstance(plan, Plan) else dict(getattr(plan, "digests", ()))
    plan = given_plan(plan, "verify")
    parameters = paired(plan, net).parameters
    held = dict(zip((line.name for line in plan.assignments), parameters, strict=True))
    gone = {line.name: line for line in past(plan.assignments)}
    there = There(plan.assignments, parameters)
    written = [
        _Written(line, held[line.name], there)
        for line in plan.assignments
        if not line.is_kept and line.name not in gone
    ]
    found = list(_gone(gone, held, digests))
    if seed is not None:
        found += _drawn_again(written, seed)
    else:
        found += _statistical(written)
    faulty = {finding.parameter for finding in found}
    partly_kept = {one.line.name: one.line for one in written if one.line.name in digests}
    sound = {name: line for name, line in partly_kept.items() if name not in faulty}
    return (*found, *_gone(sound, held, digests))


@record
class _Written:
    """A parameter with its line, and what is there for it to be drawn with again."""

    line: Assignment
    parameter: Parameter
    there: There

    @property
    def given(self) -> Given:
        """What it is drawn with."""
        return self.there.given_for(self.line)


def _gone(
    lines: Mapping[str, Assignment], held: Mapping[str, Parameter], digests: Mapping[str, str]
) -> Iterator[Finding]:
    """Yields what differs of the parameters that cannot be drawn again, or that it is not known."""
    unknown = [line for name, line in lines.items() if name not in digests]
    for name, line in lines.items():
        if name in digests and not held[name].has_init and digest(held[name]) != digests[name]:
            yield _finding(_DIFFERENT, line, "its values are not those that the apply left")
    if unknown:
        message = f"{counted(len(unknown), 'parameter')} cannot be drawn again, the first {unknown[0].name!r}"
        note = "their values were made of some that the apply has written over"
        hint = "give verify the report of the apply in place of the plan: it has digests of them"
        yield Finding.note("unknown-values", message, note, help=hint)


def _drawn_again(written: Sequence[_Written], seed: int) -> list[Finding]:
    """Returns what is not as the seed has it; where nothing that is drawn is, the first of these asks for the seed."""
    found = [finding for one in written for finding in _exact(one, seed)]
    differing = {finding.parameter: number for number, finding in enumerate(found) if finding.code == _DIFFERENT}
    drawn = [one.line.name for one in written if one.line.draw.is_random]
    if len(drawn) > 1 and differing.keys() >= set(drawn):
        number = differing[drawn[0]]
        question = f"nothing that is drawn has the values of seed {seed}: was another one applied? The report has it"
        found[number] = replace(found[number], help=question)
    return found


def _exact(written: _Written, seed: int) -> Iterator[Finding]:
    line, parameter = written.line, written.parameter
    if parameter.has_init:
        yield _uninitialised(line)
        return
    differing, first, _ = _differences(line, stored_values(parameter), seed, written.given, only_fixed=False)
    if differing:
        yield _finding(
            _DIFFERENT,
            line,
            f"{differing:,} of {line.size:,} values are not those of seed {seed}, the first at {list(first)}",
        )


def _statistical(written: Sequence[_Written]) -> Iterator[Finding]:
    drawn = [list(regions(one.line)) if one.line.dtype in FLOATS else [] for one in written]
    alpha = FALSE_ALARMS / max(1, TESTS * sum(map(len, drawn)))
    contents: dict[bytes, str] = {}
    for one, parts in zip(written, drawn, strict=True):
        line, parameter = one.line, one.parameter
        if parameter.has_init:
            yield _uninitialised(line)
            continue
        if line.size == 0:
            continue
        values = stored_values(parameter)
        yield from _unlike_plan(one, values, is_fixed=not line.draw.is_random)
        yield from _unequal_repeats(line, values)
        for number, region in enumerate(parts):
            part = "" if len(parts) == 1 else f"in part {number + 1} of {len(parts)}, {_slices_text(region.local)}: "
            for misfit in _misfits(line, values, region, alpha):
                yield _finding(misfit.code, line, part + misfit.message)
        if parts:
            yield from _repeated_content(line, values, contents)


def _differences(
    line: Assignment, values: Array, seed: int, given: Given, *, only_fixed: bool
) -> tuple[int, tuple[int, ...], Pair | None]:
    """Returns how many values are not those of ``seed``, where the first one is, and what it is and should be."""
    differing, first, pair = 0, (), None
    for slices in partition(line.local_shape, _AT_ONCE):
        mask = _fixed(line, slices) if only_fixed else True
        if mask is False:
            continue
        stored = np.ascontiguousarray(values[slices])
        redrawn = np.empty_like(stored)
        fill_line(redrawn, line, seed, slices, given)
        word = f"u{stored.itemsize}"
        unequal = (stored.reshape(-1).view(word) != redrawn.reshape(-1).view(word)).reshape(shape_of(slices)) & mask
        if line.draw.is_by_lapack:
            unequal &= ~_nearly_equal(stored, redrawn, line.dtype).reshape(unequal.shape)
        count = int(np.count_nonzero(unequal))
        if count and not differing:
            at = tuple(int(i) for i in np.unravel_index(int(np.argmax(unequal)), unequal.shape))
            first = tuple(i + part.start for i, part in zip(at, slices, strict=True))
            pair = (stored.reshape(unequal.shape)[at], redrawn.reshape(unequal.shape)[at])
        differing += count
    return differing, first, pair


def _nearly_equal(values: Array, due: Array, dtype: str) -> NDArray[np.bool_]:
    """Returns which values differ by no more than LAPACKs do: a few units in the last place of the greatest one.

    A float64 parameter is held to those of float32, too: the factors of adapters are rounded to it.
    """
    found, wanted = as_floats(values, dtype), as_floats(due, dtype)
    epsilon = max(TYPES[dtype].epsilon, TYPES["float32"].epsilon)
    near: NDArray[np.bool_] = np.abs(found - wanted) <= _UNITS * epsilon * np.abs(wanted).max(initial=0.0)
    return near


def _unlike_plan(written: _Written, values: Array, *, is_fixed: bool) -> Iterator[Finding]:
    """Yields whether values that are the same under every seed are not those of the plan."""
    line = written.line
    if not is_fixed and not has_fixed(line.draw):
        return
    differing, first, pair = _differences(line, values, 0, written.given, only_fixed=not is_fixed)
    if pair is not None:
        found, due = (_text(value, line.dtype) for value in pair)
        yield _finding(
            _DIFFERENT,
            line,
            f"{differing:,} values are not those that the plan fixes, the first at {list(first)}: "
            f"{found} in place of {due}",
        )


def _text(value: np.generic, dtype: str) -> str:
    return f"{as_floats(np.array([value]), dtype)[0]:.4g}" if dtype == "bfloat16" else str(value)


def _unequal_repeats(line: Assignment, values: Array) -> Iterator[Finding]:
    """Yields whether slices that are to be equal are not, where they are neighbours and nothing of them is fixed."""
    found = repeats(line.draw)
    if found is None or line.window is not None:
        return
    axis, times = found
    along = np.moveaxis(values, axis, 0)
    unequal = 0
    for start in range(0, len(along), times):
        group = along[start : start + times]
        is_fixed = _fixed(line, with_axis(everything(line.shape), axis, slice(start, start + times)))
        if has_fixed(line.draw) and is_fixed is not False:
            continue
        unequal += int(np.count_nonzero(group != group[:1]))
    if unequal:
        yield _finding(
            _DIFFERENT, line, f"{unequal:,} values are not those that they repeat, {times} at a time along axis {axis}"
        )


def _misfits(line: Assignment, values: Array, region: Region, alpha: float) -> Iterator[Misfit]:
    view = _view(values, region.local)
    is_edited = has_fixed(line.draw)
    elements = _element_law(region.draw)
    law = distribution(elements, region.steps)
    tally = Tally(line.dtype, max(1, view.size // SAMPLE), 0.0 if law is None else law.center)
    for slices in partition(view.shape, AT_ONCE):
        stored = np.ascontiguousarray(_view(view, slices)).reshape(-1)
        if is_edited:
            stored = _drawn_only(line, region, slices, stored)
        tally.add(stored if elements is region.draw else stored[stored != 0])
    if not tally.is_finite:
        yield Misfit("not-finite", "some values are not finite")
        return
    if tally.size and law is not None:
        known = _moments(elements, region.steps)
        yield from misfits(tally, law, known, alpha, is_normal=_is_normal(elements, region.steps))
    if not is_edited:
        yield from structural_misfits(view, line.dtype, region, alpha)


def _element_law(draw: Draw) -> Draw:
    """Returns the law of single elements; of a sparse draw, that of those which are not 0."""
    match draw:
        case draws.Whole("sparse", arguments):
            return draws.Normal(0.0, float(dict(arguments)["std"]))  # type: ignore[arg-type]  # a number
        case _:
            return draw


@lru_cache(maxsize=4096)
def _moments(draw: Draw, steps: tuple[Step, ...]) -> Moments:
    return moments(draws.Edited(draw, steps) if steps else draw, (1,))


def _is_normal(draw: Draw, steps: tuple[Step, ...]) -> bool:
    return isinstance(draw, draws.Normal) and all(step.name in ("add", "multiply") for step in steps)


def _view(values: Array, slices: Slices) -> Array:
    # The ellipsis makes a view of a scalar, too.
    index: tuple[slice | EllipsisType, ...] = (*slices, ...)
    return values[index]


def _drawn_only(line: Assignment, region: Region, slices: Slices, stored: Array) -> Array:
    """Returns the values in ``slices`` of a region that the plan does not fix."""
    bounds, steps = [], []
    for at, part in zip(region.local, slices, strict=True):
        step = at.step or 1
        bounds.append(slice(at.start + part.start * step, at.start + (part.stop - 1) * step + 1))
        steps.append(slice(None, None, step))
    mask = _fixed(line, tuple(bounds))
    if isinstance(mask, bool):
        return stored[:0] if mask else stored
    return stored[~mask[tuple(steps)].reshape(-1)]


def _fixed(line: Assignment, slices: Slices) -> Mask:
    """Returns which elements in ``slices`` of the parameter are the same under every seed."""
    if line.window is None:
        return fixed(line.draw, slices, line.shape)
    mask = np.zeros(shape_of(slices), bool)
    for local, drawn in windows.slices_of(windows.restrict(line.window, slices)):
        mask[local] = fixed(line.draw, drawn, line.shape)
    return mask


def _repeated_content(line: Assignment, values: Array, contents: dict[bytes, str]) -> Iterator[Finding]:
    """Yields whether the values are those of a parameter before, of which ``contents`` remembers the digests."""
    if line.like or line.size * _BITS[line.dtype] < _FEWEST_BITS or line.moments.std == 0.0:
        return
    digest = hashlib.blake2b(digest_size=16)
    for slices in partition(values.shape, _AT_ONCE):
        digest.update(np.ascontiguousarray(values[slices]).data)
    key = digest.digest()
    if key in contents:
        yield _finding("repeated-content", line, f"its values are those of {contents[key]!r}")
    contents.setdefault(key, line.name)


# At least so many bits of an element are random: its sign and its fraction's, and in 16 bits not all of those.
_BITS: Final = {"float16": 4, "bfloat16": 4, "float32": 16, "float64": 16}


def _slices_text(local: Slices) -> str:
    return (
        "[" + ", ".join(f"{at.start}:{at.stop}" + (f":{at.step}" if (at.step or 1) > 1 else "") for at in local) + "]"
    )


def _uninitialised(line: Assignment) -> Finding:
    return _finding("uninitialised-parameter", line, "it has no values yet")


def _finding(code: str, line: Assignment, message: str) -> Finding:
    message = f"{line.name!r} {line.shape} {line.dtype}: {message}"
    note = f"rule {line.rule!r} gives it {line.initializer}"
    return Finding.error(code, message, note, rule=line.rule, parameter=line.name)
