"""The values of ``draws.Table``: deterministic functions of an element's coordinates.

Everything is computed in float64 by operations that give the same bits on every machine: ``+ - * /`` and
``sqrt``, and the elementary functions of ``ms_initkit.draws.portable``. As each value depends on its own
coordinates alone, a slice of a table equals the slice of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import Arguments, portable
from ms_initkit.draws.arrays import Floats
from ms_initkit.draws.windows import Shape

Coords: TypeAlias = tuple[NDArray[np.int64], ...]


class _Values:
    """The arguments of a table, each read as what it is."""

    def __init__(self, arguments: Arguments) -> None:
        self._values: Mapping[str, object] = dict(arguments)

    def number(self, name: str) -> float:
        value = self._values[name]
        assert isinstance(value, int | float)
        return float(value)

    def numbers(self, name: str) -> Floats:
        return np.asarray(self._values[name], np.float64)

    def has(self, name: str) -> bool:
        return name in self._values

    def integer(self, name: str) -> int:
        return int(self.number(name))

    def flag(self, name: str) -> bool:
        return self._values[name] is True

    def word(self, name: str) -> str:
        return str(self._values[name])


def evaluate(name: str, arguments: Arguments, coords: Coords, shape: Shape) -> Floats:
    """Returns the values at ``coords`` of the table ``name`` for a tensor of ``shape``.

    Along the axes named by an argument ``batch_axes`` the tensor is a stack of tables.

    Args:
        name: Which table, as its formula calls it.
        arguments: As the formula resolved them.
        coords: One array per axis, broadcastable against each other, as ``np.ogrid`` makes of slices.
        shape: Shape of the whole tensor.

    Raises:
        ValueError: If there is no such table.
    """
    if name not in _TABLES:
        raise ValueError(f"no table is called {name!r}")
    stacked = dict(arguments).get("batch_axes", ())
    inner = [axis for axis in range(len(shape)) if not (isinstance(stacked, tuple) and axis in stacked)]
    values = _TABLES[name](
        _Values(arguments), tuple(coords[axis] for axis in inner), tuple(shape[axis] for axis in inner)
    )
    return np.broadcast_to(values, np.broadcast_shapes(*(coord.shape for coord in coords)))


def _eye(values: _Values, coords: Coords, shape: Shape) -> Floats:
    del shape
    return np.where(coords[0] == coords[1], values.number("gain"), 0.0)


def _triangle(values: _Values, coords: Coords, shape: Shape) -> Floats:
    """Ones on one side of a diagonal of the last two axes and on it, zeros on the other."""
    del shape
    above = coords[-1] - coords[-2] - values.integer("diagonal")
    return np.where(above <= 0 if values.word("side") == "lower" else above >= 0, 1.0, 0.0)


def _dirac(values: _Values, coords: Coords, shape: Shape) -> Floats:
    per_group = shape[0] // values.integer("groups")
    is_set = coords[0] % per_group == coords[1]
    for coord, extent in zip(coords[2:], shape[2:], strict=True):
        is_set = is_set & (coord == extent // 2)
    return np.where(is_set, 1.0, 0.0)


def _bilinear(values: _Values, coords: Coords, shape: Shape) -> Floats:
    result: Floats = np.ones(1)
    if values.word("channels") == "diagonal":
        result = np.where(coords[0] == coords[1], 1.0, 0.0)
    for coord, extent in zip(coords[2:], shape[2:], strict=True):
        factor = (extent + 1) // 2
        result = result * (1.0 - np.abs(coord - (extent - 1) / 2.0) / factor)
    return result


def _zero_hadamard(values: _Values, coords: Coords, shape: Shape) -> Floats:
    del values
    rows, columns = shape[:2]
    if rows <= columns:
        matrix = np.where(coords[0] == coords[1], 1.0, 0.0)
    else:
        order = 1 << (rows - 1).bit_length()
        # Sylvester's Hadamard matrix is -1 where row and column number share an odd number of bits.
        parity = coords[0] & coords[1]
        for shift in (32, 16, 8, 4, 2, 1):
            parity = parity ^ (parity >> shift)
        matrix = (1.0 - 2.0 * (parity & 1)) / math.sqrt(order)
    for coord, extent in zip(coords[2:], shape[2:], strict=True):
        matrix = np.where(coord == extent // 2, matrix, 0.0)
    return matrix


def _linspace(values: _Values, coords: Coords, shape: Shape) -> Floats:
    axis = values.integer("axis")
    t = _fraction(coords[axis], shape[axis], values.flag("endpoint"))
    power = values.number("power")
    if power != 1.0:
        t = portable.power(t, power)
    start, stop = values.number("start"), values.number("stop")
    return start + (stop - start) * t


def _arange(values: _Values, coords: Coords, shape: Shape) -> Floats:
    if values.has("axis"):
        count = coords[values.integer("axis")]
    else:  # in C order
        count = sum((coord * math.prod(shape[axis + 1 :]) for axis, coord in enumerate(coords)), np.zeros(1, np.int64))
    return values.number("start") + values.number("step") * count


def _rows(values: _Values, coords: Coords, shape: Shape) -> Floats:
    found = values.numbers("values")
    if found.shape != shape[:1]:
        raise ValueError(f"{found.size} values are not one for each of {shape[0]} rows")
    return found[coords[0]]


def _log_arange(values: _Values, coords: Coords, shape: Shape) -> Floats:
    del values, shape
    return portable.log(coords[-1] + 1.0)


def _sinusoid(values: _Values, coords: Coords, shape: Shape) -> Floats:
    count = shape[-1] // 2
    feature = coords[-1]
    if values.word("layout") == "interleaved":
        frequency, is_cosine = feature // 2, feature % 2 == 1
    else:
        frequency, is_cosine = feature % count, feature >= count
    return _wave(values, coords[-2] + values.integer("offset"), frequency, count, is_cosine)


def _sinusoid_grid(values: _Values, coords: Coords, shape: Shape) -> Floats:
    count = shape[-1] // 4
    feature = coords[-1]
    cell = coords[-2] - values.integer("extra_rows")
    y, x = np.divmod(cell, values.integer("width"))
    first, second = (x, y) if values.word("order") == "xy" else (y, x)
    position = np.where(feature < 2 * count, first, second)
    wave = _wave(values, position, feature % count, count, feature // count % 2 == 1)
    return np.where(cell >= 0, wave, 0.0)


def _wave(
    values: _Values, position: NDArray[np.int64], frequency: NDArray[np.int64], count: int, is_cosine: NDArray[np.bool_]
) -> Floats:
    t = _fraction(frequency, count, values.flag("endpoint"))
    # The power is taken over the few frequencies, before they meet the positions.
    angle = position * portable.power(np.asarray(values.number("base")).reshape((1,) * t.ndim), -t)
    return np.where(is_cosine, portable.cos(angle), portable.sin(angle))


def _hippo_legs(values: _Values, coords: Coords, shape: Shape) -> Floats:
    del shape
    if values.word("part") == "B":
        root: Floats = np.sqrt(2.0 * coords[-1] + 1.0)
        return root
    n, k = coords[-2], coords[-1]
    below = -np.sqrt((2.0 * n + 1.0) * (2.0 * k + 1.0))
    return np.where(n > k, below, np.where(n == k, -(n + 1.0), 0.0))


def _s4d_imaginary(values: _Values, coords: Coords, shape: Shape) -> Floats:
    n = coords[-1]
    match values.word("variant"):
        case "lin":
            return math.pi * n
        case "inv":
            size = 2.0 * shape[-1]
            return size * (size / (2.0 * n + 1.0) - 1.0) / math.pi
        case _:
            odd = 2.0 * n + 1.0
            return odd * odd / math.pi


def _rwkv4_time_first(values: _Values, coords: Coords, shape: Shape) -> Floats:
    del values, shape
    return portable.log(0.3) + ((coords[-1] + 1) % 3 - 1) * 0.5


def _rwkv7_bias(values: _Values, coords: Coords, shape: Shape) -> Floats:
    n, size = coords[-1], values.integer("head_size")
    t = portable.power(_fraction(n, shape[-1], endpoint=True), values.number("power"))
    start, stop = values.number("start"), values.number("stop")
    middle = (size - 1) / 2.0
    zigzag = (n % size - middle) / middle
    result: Floats = start + (stop - start) * t + values.number("zigzag") * zigzag * np.abs(zigzag)
    return result


def _fraction(coord: NDArray[np.int64], extent: int, endpoint: bool) -> Floats:
    """Returns ``coord`` as a part of ``extent``; with ``endpoint`` the last one is 1."""
    return coord / float(max(extent - 1, 1) if endpoint else extent)


_TABLES: Final[dict[str, Callable[[_Values, Coords, Shape], Floats]]] = {
    "arange": _arange,
    "bilinear": _bilinear,
    "dirac": _dirac,
    "eye": _eye,
    "hippo_legs": _hippo_legs,
    "linspace": _linspace,
    "log_arange": _log_arange,
    "rows": _rows,
    "rwkv4_time_first": _rwkv4_time_first,
    "rwkv7_bias": _rwkv7_bias,
    "s4d_imaginary": _s4d_imaginary,
    "sinusoid": _sinusoid,
    "sinusoid_grid": _sinusoid_grid,
    "triangle": _triangle,
    "zero_hadamard": _zero_hadamard,
}
