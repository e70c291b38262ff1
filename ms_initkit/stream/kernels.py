"""Stream version 1 compiled by numba: the arithmetic of the oracle, laid out so that LLVM vectorises it.

Three loops over a block that stays in the first-level cache: the counters (one per four elements, wherever the
slice's runs begin), Philox over them, the law over the words. No loop branches; ``error_model="numpy"`` keeps
divisions from being checked one by one, and without ``fastmath`` no multiply-add is fused. Small integers are cast
back after every step, because numba promotes int32 arithmetic to int64, which halves the width.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import carray, float32, float64, int32, int64, njit, types, uint16, uint32, uint64
from numba.extending import intrinsic

from ms_initkit import portable
from ms_initkit.stream import coefficients, laws

BLOCK = 4096  # elements: 8 KiB of counters, 16 KiB of words, 16 KiB of values

_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}


def _cached(function):
    """Compiles once per machine where numba finds a folder it can write to, and once per process where not."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        return njit(**_OPTIONS)(function)


_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@intrinsic
def _bits(context, value):
    """A float32 or uint32 as int32, bit for bit."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(value), generate


@intrinsic
def _float(context, value):
    """An int32 as float32, bit for bit."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(value), generate


@intrinsic
def _bits64(context, value):
    """A float64 as int64, bit for bit."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(value), generate


@intrinsic
def _float64(context, value):
    """An int64 as float64, bit for bit."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(value), generate


def _pointer(element):
    @intrinsic
    def pointer(context, address):
        def generate(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(element)(types.uint64), generate

    return pointer


_float32_at = _pointer(types.float32)
_float64_at = _pointer(types.float64)
_uint16_at = _pointer(types.uint16)
_uint32_at = _pointer(types.uint32)


@intrinsic
def _prefer_512_bits(context):
    """Lets the calling function use AVX-512's whole registers; LLVM's default is half of them."""

    def generate(context, builder, signature, arguments):
        attributes = builder.function.attributes
        if isinstance(attributes, set):
            # llvmlite's own ``add`` knows no string attributes; ``set.add`` writes it as given.
            set.add(attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _move_past_caches(context, source, target):
    """Copies 64 bytes to an aligned ``target`` without reading its line first, nor keeping it in the caches."""

    def generate(context, builder, signature, arguments):
        line = ir.VectorType(ir.IntType(64), 8).as_pointer()
        value = builder.load(builder.inttoptr(arguments[0], line))
        value.align = 2
        store = builder.store(value, builder.inttoptr(arguments[1], line))
        store.align = 64
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64), generate


@intrinsic
def _fence(context):
    """Orders the writes of ``_move_past_caches`` before whatever tells another thread that they are done."""

    def generate(context, builder, signature, arguments):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@njit(**_OPTIONS)
def _philox(counters, n, key, substream, out):
    """Philox4x32-10 of ``n`` counters into pairs of 64-bit words: two 32-bit lanes each, the first one low.

    The four lanes are 64 bits wide and keep rubbish in their upper halves: a widening multiplication reads the lower
    ones only, and so every round is two multiplications, two shifts and two three-way xors per vector.
    """
    _prefer_512_bits()
    a0 = key & _LOW
    b0 = key >> _32
    a1 = (a0 + _W0) & _LOW
    b1 = (b0 + _W1) & _LOW
    a2 = (a1 + _W0) & _LOW
    b2 = (b1 + _W1) & _LOW
    a3 = (a2 + _W0) & _LOW
    b3 = (b2 + _W1) & _LOW
    a4 = (a3 + _W0) & _LOW
    b4 = (b3 + _W1) & _LOW
    a5 = (a4 + _W0) & _LOW
    b5 = (b4 + _W1) & _LOW
    a6 = (a5 + _W0) & _LOW
    b6 = (b5 + _W1) & _LOW
    a7 = (a6 + _W0) & _LOW
    b7 = (b6 + _W1) & _LOW
    a8 = (a7 + _W0) & _LOW
    b8 = (b7 + _W1) & _LOW
    a9 = (a8 + _W0) & _LOW
    b9 = (b8 + _W1) & _LOW
    for j in range(n):
        c0 = counters[j]
        c1 = c0 >> _32
        c2 = substream
        c3 = c2 >> _32
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a0, q, (p >> _32) ^ c3 ^ b0, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a1, q, (p >> _32) ^ c3 ^ b1, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a2, q, (p >> _32) ^ c3 ^ b2, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a3, q, (p >> _32) ^ c3 ^ b3, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a4, q, (p >> _32) ^ c3 ^ b4, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a5, q, (p >> _32) ^ c3 ^ b5, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a6, q, (p >> _32) ^ c3 ^ b6, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a7, q, (p >> _32) ^ c3 ^ b7, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a8, q, (p >> _32) ^ c3 ^ b8, p
        p = (c0 & _LOW) * _M0
        q = (c2 & _LOW) * _M1
        c0, c1, c2, c3 = (q >> _32) ^ c1 ^ a9, q, (p >> _32) ^ c3 ^ b9, p
        out[2 * j] = (c0 & _LOW) | (c1 << _32)
        out[2 * j + 1] = (c2 & _LOW) | (c3 << _32)


def _float32s(values):
    return tuple(np.float32(value) for value in values)


_P0, _P1, _P2, _P3, _P4, _P5 = _float32s(coefficients.QUANTILE_P)
_, _Q1, _Q2, _Q3, _Q4, _Q5 = _float32s(coefficients.QUANTILE_Q)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = _float32s(coefficients.LOG2)
_EXPONENT = np.float32(coefficients.EXPONENT)
_HALF, _THREE_HALVES = np.float32(0.5), np.float32(1.5)
_HALF_RANGE = np.float32(2.0**31)
_U24 = np.float32(2.0**-24)


@njit(**_OPTIONS)
def _quantile(word):
    """``oracle.quantile`` of one word."""
    signed = int32(_bits(word) ^ int32(-2147483648))
    size = int32(signed ^ int32(signed >> int32(31)))
    rest = int32(size ^ int32(0x7FFFFFFF))
    inner = float32(size) + _HALF
    outer = float32(rest) + _HALF
    bits = _bits(outer * (inner + _HALF_RANGE))
    exponent = float32(int32(bits >> int32(23)))
    f = _float(int32(int32(bits & int32(0x7FFFFF)) | int32(0x3F800000))) - _THREE_HALVES
    f2 = f * f
    high = ((_L0 * f + _L1) * f2 + (_L2 * f + _L3)) * (f2 * f2)
    series = high + ((_L4 * f + _L5) * f2 + (_L6 * f + _L7))
    w = (_EXPONENT - exponent) - series
    w2 = w * w
    above = ((_P0 * w + _P1) * w2 + (_P2 * w + _P3)) * w2 + (_P4 * w + _P5)
    below = ((w + _Q1) * w2 + (_Q2 * w + _Q3)) * w2 + (_Q4 * w + _Q5)
    z = inner * above / below
    return _float(int32(_bits(z) | int32(signed & int32(-2147483648))))


@njit(**_OPTIONS)
def _uniform(words, first, n, bits, out, to):
    _prefer_512_bits()
    low, span, largest = _float(bits[0]), _float(bits[1]), _float(bits[2])
    for i in range(n):
        value = low + span * (float32(int32(words[first + i] >> uint32(8))) * _U24)
        out[to + i] = value if value < largest else largest


@njit(**_OPTIONS)
def _normal(words, first, n, bits, out, to):
    _prefer_512_bits()
    mean, std = _float(bits[0]), _float(bits[1])
    for i in range(n):
        out[to + i] = mean + std * _quantile(words[first + i])


@njit(**_OPTIONS)
def _truncated(words, first, n, bits, out, to):
    _prefer_512_bits()
    mean, std, smallest, largest = _float(bits[0]), _float(bits[1]), _float(bits[2]), _float(bits[3])
    cell, cells = bits[4], uint64(bits[5])
    for i in range(n):
        scaled = uint32((uint64(words[first + i]) * cells) >> _32)
        value = mean + std * _quantile(uint32(cell + scaled))
        value = value if value > smallest else smallest
        out[to + i] = value if value < largest else largest


@njit(**_OPTIONS)
def _horner(x, table):
    result = table[0]
    for k in range(1, len(table)):
        result = result * x + table[k]
    return result


_LOG_TABLE = np.array(portable.LOG)
_EXP_TABLE = np.array(portable.EXP)
_CENTRE_P, _CENTRE_Q = np.array(portable.PPND16_CENTRE_P), np.array(portable.PPND16_CENTRE_Q)
_TAIL_P, _TAIL_Q = np.array(portable.PPND16_TAIL_P), np.array(portable.PPND16_TAIL_Q)
_FAR_P, _FAR_Q = np.array(portable.PPND16_FAR_P), np.array(portable.PPND16_FAR_Q)
_SQRT_HALF, _LN2_HIGH, _LN2_LOW = portable.SQRT_HALF, portable.LN2_HIGH, portable.LN2_LOW
_LOG_SQRT_2PI = portable.LOG_SQRT_2PI


@njit(**_OPTIONS)
def _log(x):
    """``portable.log`` of a normal, positive float64."""
    bits = _bits64(x)
    k = (bits >> 52) - 1022
    m = _float64((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000)
    if m < _SQRT_HALF:
        m = m * 2.0
        k = k - 1
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    half = 0.5 * f * f
    power = float64(k)
    return power * _LN2_HIGH - ((half - (s * (half + z * _horner(z, _LOG_TABLE)) + power * _LN2_LOW)) - f)


@njit(**_OPTIONS)
def _exp(x):
    """``portable.exp`` of a float64 in [-4, 0]."""
    k = np.rint(x * 1.4426950408889634)
    high = x - k * _LN2_HIGH
    low = k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * _horner(t, _EXP_TABLE)
    scale = _float64((int64(k) + 1023) << 52)
    return (1.0 - ((low - (r * c) / (2.0 - c)) - high)) * scale


@njit(**_OPTIONS)
def _quantile_of_log(log_p):
    """``portable.ndtri_of_log`` of one float64."""
    if log_p > -3.0:
        q = _exp(log_p) - 0.5
        if q >= -0.425:
            centre = 0.180625 - q * q
            return q * (_horner(centre, _CENTRE_P) / _horner(centre, _CENTRE_Q))
    if log_p >= -700.0:
        r = np.sqrt(-log_p)
        if r <= 5.0:
            r = max(r, 1.6) - 1.6
            return -(_horner(r, _TAIL_P) / _horner(r, _TAIL_Q))
        r = r - 5.0
        return -(_horner(r, _FAR_P) / _horner(r, _FAR_Q))
    z = np.sqrt(-2.0 * log_p)
    for _ in range(4):
        s = 1.0 / (z * z)
        series = -0.5 * z * z - _log(z) - _LOG_SQRT_2PI - s * (1.0 - s * (2.5 - s * (37.0 / 3.0)))
        z = z + (series - log_p) / (z + 1.0 / z)
    return -z


@njit(**_OPTIONS)
def _far(words, first, n, bits, out, to):
    mean, std = float64(_float(bits[0])), float64(_float(bits[1]))
    smallest, largest = _float(bits[2]), _float(bits[3])
    log_near = _float64(int64(uint64(bits[4]) | (uint64(bits[5]) << _32)))
    ratio = _float64(int64(uint64(bits[6]) | (uint64(bits[7]) << _32)))
    for i in range(n):
        u = (float64(words[first + i]) + 0.5) * 2.0**-32
        z = _quantile_of_log(log_near + _log(ratio + (1.0 - ratio) * u))
        value = float32(mean + std * z)
        value = value if value > smallest else smallest
        out[to + i] = value if value < largest else largest


_CONSTANT, _UNIFORM, _NORMAL, _TRUNCATED = laws.CONSTANT, laws.UNIFORM, laws.NORMAL, laws.TRUNCATED


@njit(**_OPTIONS)
def _draw(law, bits, words, first, n, out, to):
    _prefer_512_bits()
    if law == _NORMAL:
        _normal(words, first, n, bits, out, to)
    elif law == _UNIFORM:
        _uniform(words, first, n, bits, out, to)
    elif law == _TRUNCATED:
        _truncated(words, first, n, bits, out, to)
    elif law == _CONSTANT:
        value = _float(bits[0])
        for i in range(n):
            out[to + i] = value
    else:
        _far(words, first, n, bits, out, to)


@njit(**_OPTIONS)
def _to_float16(values, n, out, to):
    """``oracle.to_float16``, in integers: not every processor converts, and none would have to round the same way."""
    _prefer_512_bits()
    for i in range(n):
        bits = _bits(values[i])
        size = int32(bits & int32(0x7FFFFFFF))
        odd = int32(int32(size >> int32(13)) & int32(1))
        normal = int32(int32(int32(size - int32(0x38000000)) + int32(int32(0xFFF) + odd)) >> int32(13))
        normal = normal if normal < int32(0x7C00) else int32(0x7C00)
        # Adding 1/2 leaves a multiple of 2**-24, the step of the subnormals, rounded to nearest even.
        tiny = int32(_bits(_float(size) + _HALF) - int32(0x3F000000))
        half = tiny if size < int32(0x38800000) else normal
        half = int32(0x7E00) if size > int32(0x7F800000) else half
        out[to + i] = uint16(int32(half | int32(int32(bits >> int32(16)) & int32(0x8000))))


@njit(**_OPTIONS)
def _to_bfloat16(values, n, out, to):
    """``oracle.to_bfloat16``."""
    _prefer_512_bits()
    for i in range(n):
        bits = uint32(_bits(values[i]))
        rounded = uint32(
            uint32(bits + uint32(uint32(0x7FFF) + uint32(uint32(bits >> uint32(16)) & uint32(1)))) >> uint32(16)
        )
        is_nan = uint32(bits & uint32(0x7FFFFFFF)) > uint32(0x7F800000)
        out[to + i] = uint16(uint32(0x7FC0) if is_nan else rounded)


@njit(**_OPTIONS)
def _copy_past_caches(source, target, n):
    """Copies ``n`` bytes, an even number: 64 at a time where ``target`` is aligned, in pairs before and after."""
    _prefer_512_bits()
    head = min((uint64(0) - target) & uint64(63), n)
    lines = (n - head) >> uint64(6)
    from_pairs, to_pairs = carray(_uint16_at(source), n), carray(_uint16_at(target), n)
    for i in range(head >> uint64(1)):
        to_pairs[i] = from_pairs[i]
    for i in range(lines):
        at = head + (i << uint64(6))
        _move_past_caches(source + at, target + at)
    for i in range((head + (lines << uint64(6))) >> uint64(1), n >> uint64(1)):
        to_pairs[i] = from_pairs[i]


@njit(**_OPTIONS)
def _store(address, dtype, at, past_caches, law, bits, words, first, n, values, narrowed):
    """Draws a block and writes it at element ``at`` of the storage.

    Indices are unsigned here and below: numba would otherwise make every access ask whether it counts from the end.
    """
    _prefer_512_bits()
    # A normal takes longer to draw than its line takes to come, so it gains nothing from writing past the caches.
    if dtype == 0 and not (past_caches and (law in (_UNIFORM, _CONSTANT))):
        _draw(law, bits, words, first, n, carray(_float32_at(address), at + n), at)
        return
    if dtype == 4:
        target = carray(_uint32_at(address), at + n)
        for i in range(n):
            target[at + i] = words[first + i]
        return
    _draw(law, bits, words, first, n, values, uint64(0))
    if dtype == 0:
        _copy_past_caches(uint64(values.ctypes.data), address + uint64(4) * at, uint64(4) * n)
    elif dtype == 3:
        wide = carray(_float64_at(address), at + n)
        for i in range(n):
            wide[at + i] = float64(values[i])
    elif past_caches:
        _narrow(dtype, values, n, narrowed, uint64(0))
        _copy_past_caches(uint64(narrowed.ctypes.data), address + uint64(2) * at, uint64(2) * n)
    else:
        _narrow(dtype, values, n, carray(_uint16_at(address), at + n), at)


@njit(**_OPTIONS)
def _narrow(dtype, values, n, out, to):
    if dtype == 1:
        _to_float16(values, n, out, to)
    else:
        _to_bfloat16(values, n, out, to)


@njit(**_OPTIONS)
def _count(counters, n, first, to):
    for j in range(n):
        counters[to + j] = first + uint64(j)


@njit(**_OPTIONS)
def _pack(words, lanes, sizes, runs, packed):
    """Leaves out the words before and after each run that only came with its counters."""
    _prefer_512_bits()
    to = uint64(0)
    for k in range(runs):
        lane, size = lanes[k], sizes[k]
        for i in range(size):
            packed[to + i] = words[lane + i]
        to += size


@njit(**_OPTIONS)
def _scratch(n):
    """``n`` 64-bit words that begin on a cache line: a vector that straddles two lines costs twice."""
    spare = np.empty(n + 8, np.uint64)
    skip = int64((uint64(0) - uint64(spare.ctypes.data)) & uint64(63)) >> 3
    return spare[skip : skip + n]


@_cached
def fill_region(address, dtype, law, bits, key, substream, offset, lengths, strides, start, stop, past_caches):
    """Writes elements ``start`` to ``stop`` of a region; ``engine.Region`` says what its loops mean."""
    _prefer_512_bits()
    axes = lengths.size
    run = lengths[axes - 1]
    values = _scratch(BLOCK // 2).view(np.float32)
    narrowed = _scratch(BLOCK // 4).view(np.uint16)
    # A run that begins or ends within a counter's four words costs that counter whole.
    most = min(BLOCK, BLOCK // 4 + 2 * (BLOCK // run + 2))
    counters = _scratch(most)
    raw = _scratch(2 * most)
    words = raw.view(np.uint32)
    packed = _scratch(BLOCK // 2).view(np.uint32)
    lanes = np.empty(BLOCK, np.uint64)
    sizes = np.empty(BLOCK, np.uint64)

    place = np.zeros(axes, np.int64)
    rest = start
    number = offset
    for axis in range(axes - 1, -1, -1):
        place[axis] = rest % lengths[axis]
        rest //= lengths[axis]
        number += uint64(place[axis] * strides[axis])

    at = start
    while at < stop:
        n = min(BLOCK, stop - at)
        drawn = 0
        used = 0
        runs = 0
        aligned = True
        while drawn < n:
            size = min(run - place[axes - 1], n - drawn)
            lane = int64(number & uint64(3))
            needed = (lane + size + 3) >> 2
            _count(counters, needed, number >> uint64(2), used)
            aligned = aligned and lane == 0 and (size & 3 == 0 or drawn + size == n)
            lanes[runs] = uint64(used * 4 + lane)
            sizes[runs] = uint64(size)
            runs += 1
            used += needed
            drawn += size
            place[axes - 1] += size
            number += uint64(size)
            axis = axes - 1
            while axis > 0 and place[axis] == lengths[axis]:
                number -= uint64(lengths[axis] * strides[axis])
                place[axis] = 0
                axis -= 1
                place[axis] += 1
                number += uint64(strides[axis])
        if law != _CONSTANT:
            _philox(counters, used, key, substream, raw)
        if runs == 1 or aligned:
            chosen, first = words, lanes[0]
        else:
            chosen, first = packed, uint64(0)
            _pack(words, lanes, sizes, runs, packed)
        _store(address, dtype, uint64(at), past_caches, law, bits, chosen, first, uint64(n), values, narrowed)
        at += n
    if past_caches:
        _fence()


@_cached
def fill_many(addresses, sizes, keys, law_ids, dtypes, bits, ends, start, stop, past_caches):
    """Writes elements ``start`` to ``stop`` of all parameters laid end to end; for the columns see ``engine.Batch``."""
    _prefer_512_bits()
    values = _scratch(BLOCK // 2).view(np.float32)
    narrowed = _scratch(BLOCK // 4).view(np.uint16)
    counters = _scratch(BLOCK // 4 + 1)
    raw = _scratch(BLOCK // 2 + 2)
    words = raw.view(np.uint32)
    job = np.searchsorted(ends, start, side="right")
    while start < stop:
        size = sizes[job]
        begin = ends[job] - size
        last = min(stop, ends[job]) - begin
        law = law_ids[job]
        at = start - begin
        while at < last:
            n = min(BLOCK, last - at)
            lane = at & 3
            if law != _CONSTANT:
                needed = (lane + n + 3) >> 2
                _count(counters, needed, uint64(at >> 2), 0)
                _philox(counters, needed, keys[job], uint64(0), raw)
            _store(
                addresses[job], dtypes[job], uint64(at), past_caches and n == BLOCK, law, bits[job], words,
                uint64(lane), uint64(n), values, narrowed,
            )  # fmt: skip
            at += n
        start = ends[job]
        job += 1
    if past_caches:
        _fence()
