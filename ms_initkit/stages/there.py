"""Values that are there: what a network's parameters hold before anything is written, as drawing asks for them.

Parameters that take what another one holds are written before any of those is, and a parameter that is changed where it
lies takes its own values piece by piece: nothing is held twice.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from ms_initkit.draws.arrays import Array
from ms_initkit.draws.dtypes import FLOATS
from ms_initkit.draws.windows import Slices, localised, partition
from ms_initkit.findings import Finding
from ms_initkit.plans.check import out_of_range
from ms_initkit.plans.lines import Assignment
from ms_initkit.stages.statistics.tally import as_floats
from ms_initkit.stream.given import Given, Reader

if TYPE_CHECKING:
    from mindspore import Parameter


def stored_values(parameter: Parameter) -> Array:
    """Returns the values as they are stored; of bfloat16 the words."""
    from mindspore.common import dtype as mstype

    values = parameter.asnumpy()
    return values.view(np.uint16) if parameter.dtype == mstype.bfloat16 else values  # type: ignore[no-any-return]


_LOOK: Final = 1 << 18  # elements whose bounds are looked for at a time
_AT_ONCE: Final = 1 << 22  # elements of which a digest is made at a time


class There:
    """What the parameters of a network hold.

    Args:
        lines: A plan's lines.
        parameters: The parameter of each.
    """

    def __init__(self, lines: Sequence[Assignment], parameters: Sequence[Parameter]) -> None:
        self._held: Final = {line.name: (line, parameter) for line, parameter in zip(lines, parameters, strict=True)}

    def given_for(self, line: Assignment) -> Given:
        """Returns what ``line`` is drawn with: the values that it takes, as they are now."""
        return Given({name: self._reader(name or line.name) for name in line.draw.takes})

    def out_of_range(self, line: Assignment) -> Finding | None:
        """Returns that what ``line`` makes of the values it takes would not fit its type, None if it does."""
        return out_of_range(line, lambda name: self._bounds(name or line.name))

    def _bounds(self, name: str) -> tuple[float, float] | None:
        """Returns the least and the greatest value that a parameter holds; None of none, and if any is not finite."""
        line, parameter = self._held[name]
        if parameter.has_init or not line.size or line.dtype not in FLOATS:
            return None
        values = stored_values(parameter)
        low, high = math.inf, -math.inf
        for slices in partition(values.shape, _LOOK):
            part = as_floats(values[slices], line.dtype)
            ends = float(part.min()), float(part.max())
            if not all(map(math.isfinite, ends)):
                return None
            low, high = min(low, ends[0]), max(high, ends[1])
        return low, high

    def _reader(self, name: str) -> Reader:
        line, parameter = self._held[name]
        values = stored_values(parameter)

        def read(slices: Slices) -> Array:
            local = slices if line.window is None else localised(line.window, slices)
            # Whole numbers are copied, and not computed with: as floats they might not be themselves.
            return as_floats(values[local], line.dtype) if line.dtype in FLOATS else values[local]

        return read


def digest(parameter: Parameter) -> str:
    """Returns a digest of the values that a parameter holds, to know them again."""
    found = hashlib.blake2b(digest_size=16)
    values = stored_values(parameter)
    for slices in partition(values.shape, _AT_ONCE):
        found.update(np.ascontiguousarray(values[slices]).data)
    return found.hexdigest()
