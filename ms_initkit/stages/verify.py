"""Stage verify: reads the written values back and holds them against the plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.draws.dtypes import FLOATS, TYPES
from ms_initkit.findings import Finding
from ms_initkit.stages.apply import fit
from ms_initkit.stages.draw import fill_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mindspore import Parameter
    from mindspore.nn import Cell
    from numpy.typing import NDArray

    from ms_initkit.plans.lines import Assignment
    from ms_initkit.plans.plan import Plan

    Array = NDArray[np.generic]

# Elements redrawn at once: 64 MiB of float32 is never exceeded, whatever the parameter.
_PIECE: Final = 1 << 22
# Standard errors: of ten million comparisons of right values one fails.
_Z: Final = 5.3


def verify(net: Cell, plan: Plan, *, seed: int | None = None) -> tuple[Finding, ...]:
    """Returns what in ``net`` is not as ``plan`` says; empty if everything is.

    With a seed every value is drawn again and compared bit by bit. Without one, values are held against the plan's
    distributions: constants and files exactly, the others by mean, standard deviation and bounds within 5.3 standard
    errors, and no two drawn parameters may share their content. Kept parameters are not looked at.

    Args:
        net: The network that was initialised.
        plan: The plan that was applied.
        seed: The seed of the apply, if it is known.

    Raises:
        ApplyError: If the plan was made for another network.
    """
    findings: list[Finding] = []
    contents: dict[bytes, str] = {}
    for line, parameter in zip(plan.assignments, fit(plan, net), strict=True):
        if line.is_kept:
            continue
        if parameter.has_init:
            findings.append(_finding("uninitialised-parameter", line, "it has no values yet"))
        elif seed is not None:
            findings += _exact(line, parameter, seed)
        else:
            findings += _statistical(line, parameter)
            findings += _repeated_content(line, parameter, contents)
    return tuple(findings)


def stored_values(parameter: Parameter) -> Array:
    """Returns the values as they are stored; of bfloat16 the words."""
    from mindspore.common import dtype as mstype

    values = parameter.asnumpy()
    return values.view(np.uint16) if parameter.dtype == mstype.bfloat16 else values  # type: ignore[no-any-return]


def _exact(line: Assignment, parameter: Parameter, seed: int) -> Iterator[Finding]:
    values = stored_values(parameter)
    differing, first = 0, -1
    for start, piece, redrawn in _redrawn(line, values, seed):
        unequal = np.flatnonzero(
            piece.reshape(-1).view(f"u{piece.itemsize}") != redrawn.reshape(-1).view(f"u{piece.itemsize}")
        )
        if unequal.size and first < 0:
            first = start + int(unequal[0])
        differing += unequal.size
    if differing:
        place = [int(i) for i in np.unravel_index(first, line.local_shape)] if line.local_shape else []
        yield _finding(
            "different-values",
            line,
            f"{differing:,} of {line.size:,} values are not those of seed {seed}, the first at {place}",
        )


def _redrawn(line: Assignment, values: Array, seed: int) -> Iterator[tuple[int, Array, Array]]:
    """Yields stored and redrawn values in pieces along the first axis, each with the number of its first element."""
    shape = line.local_shape
    rows = shape[0] if shape else 1
    inner = max(1, line.size // max(rows, 1))
    step = max(1, _PIECE // inner)
    for start in range(0, rows, step):
        head = (slice(start, min(start + step, rows)),) if shape else ()
        index = (*head, *(slice(0, extent) for extent in shape[1:]))
        piece = np.ascontiguousarray(values[index])
        redrawn = np.empty_like(piece)
        fill_line(redrawn, line, seed, index)
        yield start * inner, piece, redrawn


def _statistical(line: Assignment, parameter: Parameter) -> Iterator[Finding]:
    if line.size == 0:
        return
    if line.dtype not in FLOATS:
        yield from _exact(line, parameter, 0)
        return
    if not line.draw.is_random:
        yield from _exact(line, parameter, 0)
        return
    values = as_floats(stored_values(parameter), line.dtype)
    moments = line.moments
    if not np.isfinite(values).all():
        yield _finding("not-finite", line, "some values are not finite")
        return
    if moments.mean is not None and moments.std:
        error = _Z * moments.std / math.sqrt(line.size)
        mean = float(values.mean())
        if abs(mean - moments.mean) > error:
            yield _finding("wrong-mean", line, f"mean {mean:.6g} instead of {moments.mean:.6g} +- {error:.2g}")
        if moments.kurtosis is not None and line.size > 1:
            variance = moments.std**2
            # Var of the sample variance is (kurtosis - 1 + 2/(n - 1)) sigma^4 / n.
            spread = _Z * variance * math.sqrt((moments.kurtosis - 1 + 2 / (line.size - 1)) / line.size)
            found = float(np.square(values - moments.mean).mean())
            if abs(found - variance) > spread and line.size >= _SMALLEST:
                yield _finding("wrong-std", line, f"std {math.sqrt(found):.6g} instead of {moments.std:.6g}")
    # The type's own rounding may carry a value onto or over its bound.
    slack = max(TYPES[line.dtype].epsilon, 2.0**-22)
    if moments.low is not None and values.min() < moments.low - slack * abs(moments.low):
        yield _finding("out-of-bounds", line, f"minimum {values.min():.6g} is below {moments.low:.6g}")
    if moments.high is not None and values.max() > moments.high + slack * abs(moments.high):
        yield _finding("out-of-bounds", line, f"maximum {values.max():.6g} is above {moments.high:.6g}")


def _repeated_content(line: Assignment, parameter: Parameter, contents: dict[bytes, str]) -> Iterator[Finding]:
    import hashlib

    if not line.draw.is_random or line.size < _SMALLEST:
        return
    values = np.ascontiguousarray(stored_values(parameter))
    digest = hashlib.blake2b(values.tobytes(), digest_size=16).digest()
    if digest in contents:
        yield _finding("repeated-content", line, f"its values are those of {contents[digest]!r}")
    contents.setdefault(digest, line.name)


# Below so many elements sample moments of these distributions are too far from normal for a bound in standard errors.
_SMALLEST: Final = 64


def as_floats(values: Array, dtype: str) -> NDArray[np.float64]:
    """Returns stored values as float64."""
    if dtype == "bfloat16":
        values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return values.astype(np.float64)


def _finding(code: str, line: Assignment, message: str) -> Finding:
    message = f"{line.name!r} {line.shape} {line.dtype}: {message}"
    note = f"rule {line.rule!r} gives it {line.initializer}"
    return Finding.error(code, message, note, rule=line.rule, parameter=line.name)
