"""Stream version 1 in plain NumPy: the definition that the compiled kernels are held to, bit for bit.

Every operation on a value is integer work or a single IEEE 754 float32 or float64 operation in a fixed order. The oracle also
serves where numba is not installed.

    word(i)   = lane i mod 4 of Philox4x32-10(counter = i div 4 + substream * 2**64, key)
    uniform   = min(low + (high - low) * u, largest float32 below high),  u = (word >> 8) / 2**24
    normal    = mean + std * ndtri((word + 1/2) / 2**32)
    truncated = the same of the word scaled into the cells between the bounds, kept in [low, high]

Sources: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox). Wichura 1988, AS241 (PPND7, PPND16).
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ms_initkit import portable
from ms_initkit.stream import laws

Words: TypeAlias = NDArray[np.uint32]
Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]

_MULTIPLIERS: Final = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL: Final = (0x9E3779B9, 0xBB67AE85)
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF_WORD: Final = np.uint64(32)
ROUNDS: Final = 10

# Wichura 1988, AS241 PPND7; lowest power first. sqrt(-log p) never exceeds 4.8 here, so the farthest branch has no use.
CENTRE_P: Final = (3.3871327179e00, 5.0434271938e01, 1.5929113202e02, 5.9109374720e01)
CENTRE_Q: Final = (1.7895169469e01, 7.8757757664e01, 6.7187563600e01)
TAIL_P: Final = (1.4234372777e00, 2.7568153900e00, 1.3067284816e00, 1.7023821103e-01)
TAIL_Q: Final = (7.3700164250e-01, 1.2021132975e-01)
# log(1 + f) / f - 1 + f / 2 over f**2 on [sqrt(1/2) - 1, sqrt(2) - 1] (Cephes logf, Moshier 1992); highest power first.
LOG: Final = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LN2: Final = 0.6931471805599453
SQRT_HALF_BITS: Final = 0x3F3504F3


def philox(counters: NDArray[np.uint64], substream: int, key: int) -> Words:
    """Four words per counter, in a last axis of 4: Philox4x32-10 with ``substream`` as the upper half of the counter."""
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
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def words(numbers: NDArray[np.uint64], substream: int, key: int) -> Words:
    """The words of the elements ``numbers``."""
    counters, places = np.unique(numbers >> np.uint64(2), return_inverse=True)
    lanes = (numbers & np.uint64(3)).astype(np.int64)
    return philox(counters, substream, key)[places.reshape(numbers.shape), lanes]


def draw(law: laws.Law, word: Words) -> Floats:
    """The float32 values that ``law`` makes of the words."""
    parameters = law.parameters
    match law.id:
        case laws.CONSTANT:
            return np.full(word.shape, parameters[0])
        case laws.UNIFORM:
            low, span, largest = parameters[:3]
            u = (word >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
            return np.minimum(low + span * u, largest)
        case laws.NORMAL:
            mean, std = parameters[:2]
            return mean + std * inverse_cdf(word)
        case laws.TRUNCATED:
            mean, std, smallest, largest = parameters[:4]
            first, cells = parameters[4:6].view(np.uint32)
            scaled = (word.astype(np.uint64) * np.uint64(cells)) >> _HALF_WORD
            value = mean + std * inverse_cdf(first + scaled.astype(np.uint32))
            return np.minimum(np.maximum(value, smallest), largest)
        case _:
            return _far(parameters, word)


def inverse_cdf(word: Words) -> Floats:
    """The standard normal quantile of ``(word + 1/2) / 2**32``; exactly odd about the middle, out to 6.23 sigma both ways."""
    signed = (word ^ np.uint32(0x80000000)).view(np.int32)
    size = signed ^ (signed >> 31)  # |word + 1/2 - 2**31| - 1/2
    rest = size ^ np.int32(0x7FFFFFFF)  # the same distance to the nearer end
    half, cell = np.float32(0.5), np.float32(2.0**-32)
    q = (size.astype(np.float32) + half) * cell
    p = (rest.astype(np.float32) + half) * cell
    z = np.where(q <= np.float32(0.425), _centre(q), _tail(p))
    return np.where(signed < 0, -z, z)


def _centre(q: Floats) -> Floats:
    r = np.float32(0.180625) - q * q
    a, b = np.array(CENTRE_P, np.float32), np.array(CENTRE_Q, np.float32)
    return q * (((a[3] * r + a[2]) * r + a[1]) * r + a[0]) / (((b[2] * r + b[1]) * r + b[0]) * r + np.float32(1))


def _tail(p: Floats) -> Floats:
    r = np.sqrt(-_log(p)) - np.float32(1.6)
    a, b = np.array(TAIL_P, np.float32), np.array(TAIL_Q, np.float32)
    return (((a[3] * r + a[2]) * r + a[1]) * r + a[0]) / ((b[1] * r + b[0]) * r + np.float32(1))


def _log(p: Floats) -> Floats:
    bits = p.view(np.int32)
    exponent = (bits - np.int32(SQRT_HALF_BITS)) >> 23
    f = (bits - (exponent << 23)).view(np.float32) - np.float32(1)
    series = np.full_like(f, np.float32(LOG[0]))
    for coefficient in LOG[1:]:
        series = series * f + np.float32(coefficient)
    square = f * f
    return exponent.astype(np.float32) * np.float32(LN2) + (f + (series * f * square - np.float32(0.5) * square))


def _far(parameters: laws.Parameters, word: Words) -> Floats:
    """In float64: the logarithm of a probability in the lower tail, its quantile, one rounding."""
    mean, std, smallest, largest = parameters[:4]
    log_near, ratio = parameters[4:8].view(np.float64)
    u = (word.astype(np.float64) + 0.5) * 2.0**-32
    z = portable.ndtri_of_log(log_near + portable.log(ratio + (1.0 - ratio) * u))
    value = (np.float64(mean) + np.float64(std) * z).astype(np.float32)
    return np.minimum(np.maximum(value, smallest), largest)


def to_float16(values: Floats) -> NDArray[np.uint16]:
    """IEEE 754 binary16, rounded to nearest even, as bits."""
    with np.errstate(over="ignore"):
        return values.astype(np.float16).view(np.uint16)


def to_bfloat16(values: Floats) -> NDArray[np.uint16]:
    """The upper half of a float32, rounded to nearest even, as bits; a NaN stays one."""
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)
