"""What drawing is given from outside the stream: values that are there already, and sums that were added up before."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from math import prod
from typing import Final, TypeAlias

from ms_initkit.draws import Draw, sums
from ms_initkit.draws.arrays import Array, Floats, Reals
from ms_initkit.draws.sums import Axes, Of
from ms_initkit.draws.windows import Shape, Slices, everything, relative, shape_of
from ms_initkit.stream.pool import run

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
        self, draw: Draw, shape: Shape, sample: Callable[[Slices], Reals], given: Given, key: Hashable
    ) -> None:
        self.shape: Final = shape
        self._is_whole: Final = draw.is_drawn_whole
        self._sample: Final = sample
        self._given: Final = given
        self._key: Final = (draw, shape, key)
        self._last: tuple[Slices, Reals] | None = None

    def read(self, slices: Slices | None = None) -> Reals:
        """Returns a slice of the values, or all; the last one is remembered."""
        wanted = everything(self.shape) if slices is None else slices
        if self._is_whole:
            return self._all()[wanted]
        if self._last is None or self._last[0] != wanted:
            self._last = (wanted, self._sample(wanted))
        return self._last[1]

    def sums(self, of: Of, axes: Axes, slices: Slices | None = None) -> Floats:
        """Returns the sums over ``axes``, as ``draws.sums`` adds them up."""
        whole = everything(self.shape)
        wanted = whole if slices is None else slices
        summed = tuple(whole[axis] if axis in axes else part for axis, part in enumerate(wanted))
        if prod(shape_of(summed)) <= _BLOCK:
            return sums.total(self.read, summed, axes, of, _BLOCK, _in_turn)
        # Slices of one row, or of a few: their sums are the same whichever of the columns are wanted.
        first = summed[:1] + whole[1:]
        everything_drawn = self._all() if self._is_whole else None
        read = self._sample if everything_drawn is None else everything_drawn.__getitem__
        bounds = tuple((part.start, part.stop) for part in first)
        key = (self._key, of, axes, bounds)
        made = self._given.remembered(key, lambda: sums.total(read, first, axes, of, _BLOCK, _together))
        inside = relative(summed, first)
        return made[tuple(slice(0, 1) if axis in axes else part for axis, part in enumerate(inside))]

    def _all(self) -> Reals:
        if self._last is None:
            wanted = everything(self.shape)
            self._last = (wanted, self._sample(wanted))
        return self._last[1]


def _in_turn(call: Callable[[int], None], count: int) -> None:
    for number in range(count):
        call(number)


def _together(call: Callable[[int], None], count: int) -> None:
    def task(start: int, stop: int) -> None:
        for number in range(start, stop):
            call(number)

    run([(task, number, number + 1) for number in range(count)])
