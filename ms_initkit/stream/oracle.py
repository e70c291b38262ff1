"""Stream version 1 in plain NumPy: the definition that the compiled kernels are held to, bit for bit.

Every operation on a value is integer work or a single IEEE 754 float32 or float64 operation in a fixed order. The
oracle also serves where the kernels were not compiled.

    word(i)   = lane i mod 4 of Philox4x32-10(counter = i div 4 + substream * 2**64, key)
    uniform   = low + (high - low) * u, kept in [low, high),  u = (word >> 8) / 2**24
    normal    = mean + std * ndtri((word + 1/2) / 2**32)
    truncated = the same of the word scaled into the cells between the bounds, kept in [low, high]

Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox). Wichura 1988, AS241 (PPND16, far
out in a tail).
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit.draws import gaussian, portable
from ms_initkit.stream import laws
from ms_initkit.stream.coefficients import EXPONENT, LOG2, QUANTILE_P, QUANTILE_Q

Words: TypeAlias = NDArray[np.uint32]
Floats: TypeAlias = NDArray[np.float32]

_MULTIPLIERS: Final = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL: Final = (0x9E3779B9, 0xBB67AE85)
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF_WORD: Final = np.uint64(32)
ROUNDS: Final = 10


def philox(counters: NDArray[np.uint64], substream: int, key: int) -> Words:
    """Four words per counter, in a last axis of 4: Philox4x32-10, ``substream`` the upper half of the counter."""
    c0, c1 = counters & _LOW, counters >> _HALF_WORD
    c2 = np.full_like(counters, substream & 0xFFFFFFFF)
    c3 = np.full_like(counters, substream >> 32)
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(ROUNDS):
        first, second = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (second >> _HALF_WORD) ^ c1 ^ np.uint64(k0),
            second & _LOW,
            (first >> _HALF_WORD) ^ c3 ^ np.uint64(k1),
            first & _LOW,
        )
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    lanes: NDArray[np.uint64] = np.stack([c0, c1, c2, c3], axis=-1)
    return lanes.astype(np.uint32)


def words(numbers: NDArray[np.uint64], substream: int, key: int) -> Words:
    """The words of the elements ``numbers``."""
    counters, places = np.unique(numbers >> np.uint64(2), return_inverse=True)
    lanes = (numbers & np.uint64(3)).astype(np.int64)
    chosen: Words = philox(counters, substream, key)[places.reshape(numbers.shape), lanes]
    return chosen


def draw(law: laws.Law, word: Words) -> Floats:
    """The float32 values that ``law`` makes of the words."""
    parameters = law.parameters
    match law.id:
        case laws.CONSTANT:
            return np.full(word.shape, parameters[0])
        case laws.UNIFORM:
            low, span, smallest, largest = parameters[:4]
            u = (word >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
            return _keep_inside(low + span * u, smallest, largest)
        case laws.NORMAL:
            mean, std = parameters[:2]
            value: Floats = mean + std * quantile(word)
            return value
        case laws.TRUNCATED:
            mean, std, smallest, largest = parameters[:4]
            first, cells = parameters[4:6].view(np.uint32)
            scaled = (word.astype(np.uint64) * np.uint64(cells)) >> _HALF_WORD
            value = mean + std * quantile(first + scaled.astype(np.uint32))
            return _keep_inside(value, smallest, largest)
        case _:
            return _far(parameters, word)


def quantile(word: Words) -> Floats:
    """The standard normal quantile of ``(word + 1/2) / 2**32``, exactly odd about the middle.

    Distances are counted in words: ``inner`` from the middle, ``outer`` from the nearer end, each exact to 24 bits
    where it is small. Their product is ``p (1 - p)`` without cancellation. Sources: ``ms_initkit.stream.coefficients``.
    """
    signed = (word ^ np.uint32(0x80000000)).view(np.int32)
    size = signed ^ (signed >> 31)
    rest = size ^ np.int32(0x7FFFFFFF)
    half = np.float32(0.5)
    inner = size.astype(np.float32) + half
    outer = rest.astype(np.float32) + half
    w = _minus_log2(outer * (inner + np.float32(2.0**31)))
    z = inner * _quintic(w, QUANTILE_P) / _quintic(w, QUANTILE_Q)
    return np.where(signed < 0, -z, z)


def _minus_log2(product: Floats) -> Floats:
    """``-log2(4 p (1 - p))``, from ``p (1 - p)`` counted in words."""
    bits = product.view(np.int32)
    exponent = (bits >> 23).astype(np.float32)
    f = ((bits & 0x7FFFFF) | 0x3F800000).view(np.float32) - np.float32(1.5)
    c = np.array(LOG2, np.float32)
    f2 = f * f
    series = ((c[0] * f + c[1]) * f2 + (c[2] * f + c[3])) * (f2 * f2) + ((c[4] * f + c[5]) * f2 + (c[6] * f + c[7]))
    w: Floats = (np.float32(EXPONENT) - exponent) - series
    return w


def _quintic(x: Floats, coefficients: tuple[float, ...]) -> Floats:
    """A polynomial of degree 5 in pairs of terms (Estrin): fewer operations wait on one another."""
    c = np.array(coefficients, np.float32)
    x2 = x * x
    value: Floats = ((c[0] * x + c[1]) * x2 + (c[2] * x + c[3])) * x2 + (c[4] * x + c[5])
    return value


def _far(parameters: laws.Parameters, word: Words) -> Floats:
    """In float64: the logarithm of a probability in the lower tail, its quantile, one rounding."""
    mean, std, smallest, largest = parameters[:4]
    log_near, ratio = parameters[4:8].view(np.float64)
    u = (word.astype(np.float64) + 0.5) * 2.0**-32
    z = gaussian.ndtri_of_log(log_near + portable.log(ratio + (1.0 - ratio) * u))
    value = (np.float64(mean) + np.float64(std) * z).astype(np.float32)
    return _keep_inside(value, smallest, largest)


def _keep_inside(value: Floats, smallest: np.float32, largest: np.float32) -> Floats:
    value = np.where(value > smallest, value, smallest)
    return np.where(value < largest, value, largest)


def to_float16(values: Floats) -> NDArray[np.uint16]:
    """IEEE 754 binary16, rounded to nearest even, as bits."""
    with np.errstate(over="ignore"):
        return values.astype(np.float16).view(np.uint16)


def to_bfloat16(values: Floats) -> NDArray[np.uint16]:
    """The upper half of a float32, rounded to nearest even, as bits; a NaN stays one."""
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)
