"""What drawing is given from outside the stream: values that are there already, and sums that were added up before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import Draw, sums
from ms_initkit.draws.arrays import Array, Floats
from ms_initkit.draws.sums import Axes, Of
from ms_initkit.draws.windows import Shape, Slices
from ms_initkit.stream.pool import run

Values: TypeAlias = NDArray[np.floating[Any]]
# Returns a slice of the global tensor that a parameter is, or is part of.
Reader: TypeAlias = Callable[[Slices], Array]

_BLOCK: Final = 1 << 18  # elements that are summed at a time
_MOST_SUMS: Final = 64  # that are remembered where they can be added up again


class Given:
    """What one tensor, or one stage, is drawn with.

    Args:
        there: The values that parameters have before anything is written, by name, "" being the one that is written.
    """

    def __init__(self, there: Mapping[str, Reader] | None = None) -> None:
        self._there: Final = there or {}
        self._sums: OrderedDict[Hashable, Future[Floats]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def read(self, name: str, slices: Slices) -> Array:
        """Returns what the parameter ``name`` holds.

        Raises:
            ValueError: If that is not known.
        """
        if name not in self._there:
            of = repr(name) if name else "the parameter"
            raise ValueError(f"the values that {of} had before are not known: they are the network's")
        return self._there[name](slices)

    def remembered(self, key: Hashable, make: Callable[[], Floats]) -> Floats:
        """Returns what ``make`` adds up, which is called once for a ``key``, as long as it is remembered."""
        with self._lock:
            known = self._sums.get(key)
            is_new = known is None
            future = self._sums[key] = Future() if known is None else known
            self._sums.move_to_end(key)
            # What is there may be written over meanwhile: its sums cannot be added up again.
            if len(self._sums) > _MOST_SUMS and not self._there:
                self._sums.popitem(last=False)
        if is_new:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()


class DrawnSource:
    """The values of a draw, of which something is made: a ``draws.functions.Source``.

    Args:
        draw: The draw.
        shape: The shape of all of its values.
        sample: Returns any slices of them.
        given: Remembers sums.
        key: What they depend on beside the draw.
    """

    def __init__(
        self, draw: Draw, shape: Shape, sample: Callable[[Slices], Values], given: Given, key: Hashable
    ) -> None:
        self.shape: Final = shape
        self._is_whole: Final = draw.is_drawn_whole
        self._sample: Final = sample
        self._given: Final = given
        self._key: Final = (draw, shape, key)
        self._last: tuple[Slices, Values] | None = None

    def read(self, slices: Slices | None = None) -> Values:
        """Returns a slice of the values, or all; the last one is remembered."""
        wanted = _whole(self.shape) if slices is None else slices
        if self._is_whole:
            return self._all()[wanted]
        if self._last is None or self._last[0] != wanted:
            self._last = (wanted, self._sample(wanted))
        return self._last[1]

    def sums(self, of: Of, axes: Axes, slices: Slices | None = None) -> Floats:
        """Returns the sums over ``axes``, as ``draws.sums`` adds them up."""
        everything = _whole(self.shape)
        wanted = everything if slices is None else slices
        box = tuple(everything[axis] if axis in axes else part for axis, part in enumerate(wanted))
        if _size(box) <= _BLOCK:
            return sums.total(self.read, box, axes, of, _BLOCK, _in_turn)
        # Pieces of one row, or of a few: their sums are the same whichever of the columns are wanted.
        first = box[:1] + everything[1:]
        everything_drawn = self._all() if self._is_whole else None
        read = self._sample if everything_drawn is None else everything_drawn.__getitem__
        bounds = tuple((part.start, part.stop) for part in first)
        key = (self._key, of, axes, bounds)
        made = self._given.remembered(key, lambda: sums.total(read, first, axes, of, _BLOCK, _together))
        inside = tuple(
            slice(0, 1) if axis in axes else slice(part.start - start.start, part.stop - start.start)
            for axis, (part, start) in enumerate(zip(box, first, strict=True))
        )
        return made[inside]

    def _all(self) -> Values:
        everything = _whole(self.shape)
        if self._last is None:
            self._last = (everything, self._sample(everything))
        return self._last[1]


def _whole(shape: Shape) -> Slices:
    return tuple(slice(0, extent) for extent in shape)


def _size(box: Slices) -> int:
    size = 1
    for part in box:
        size *= part.stop - part.start
    return size


def _in_turn(call: Callable[[int], None], count: int) -> None:
    for number in range(count):
        call(number)


def _together(call: Callable[[int], None], count: int) -> None:
    def task(start: int, stop: int) -> None:
        for number in range(start, stop):
            call(number)

    run([(task, number, number + 1) for number in range(count)])
