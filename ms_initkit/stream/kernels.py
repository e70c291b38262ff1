"""Stream version 1 compiled by numba: the arithmetic of the oracle, laid out for vectors.

Three loops over a block that stays in the first-level cache: the counters (one per four elements, wherever the
slice's runs begin), Philox over them, the law over the words. Philox is written in vectors; the other loops have no
branches, so that LLVM makes vectors of them: ``error_model="numpy"`` keeps divisions from being checked one by one, and
without ``fastmath`` no multiply-add is fused. In the laws small integers are cast back after every step, because numba
promotes int32 arithmetic to int64, which halves the width.

Each of ``UNITS`` is compiled on its own, when it is first needed: ``fill`` calls laws and conversions by address. All
of them take addresses and whole numbers only, which numba compiles several times as fast as arrays.
``ms_initkit.stream.compiled`` keeps what comes out, so this module is imported once per machine.
"""

from __future__ import annotations

import math
import re

import numpy as np
from llvmlite import ir
from numba import cfunc, float32, float64, int32, njit, types, uint16, uint32, uint64
from numba.extending import intrinsic

from ms_initkit.draws import portable
from ms_initkit.stream import coefficients, laws
from ms_initkit.stream.intrinsics import (
    CACHE_LINE,
    call,
    choose,
    copy_16_words,
    copy_line_past_caches,
    fence,
    float32_at,
    float64_at,
    from_int32_bits,
    from_int64_bits,
    int32_bits,
    int64_at,
    int64_bits,
    polynomial,
    prefer_512_bits,
    uint16_at,
    uint32_at,
)
from ms_initkit.stream.table import (
    ADDRESS,
    AXES,
    BITS,
    DTYPE,
    DTYPES,
    END,
    FIRST_CONVERSION,
    KEY,
    LAW,
    OFFSET,
    ROW,
    SIZE,
    SUBSTREAM,
)

BLOCK = 2048  # elements drawn at once

_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": False}

# Where the parts of the scratch memory begin, in bytes. What is written in whole vectors overruns its end by one.
_COUNTERS = 0
_RAW = _COUNTERS + 8 * BLOCK + CACHE_LINE
_VALUES = _RAW + 16 * BLOCK + 2 * CACHE_LINE
_PACKED = _VALUES + 4 * BLOCK
_NARROWED = _PACKED + 4 * BLOCK + CACHE_LINE
_RUNS = _NARROWED + 2 * BLOCK
_PLACE = _RUNS + 8 * BLOCK
_MOST_AXES = 64
_SCRATCH = _PLACE + 8 * _MOST_AXES


@intrinsic
def _scratch(context):
    """The address of this call's scratch memory, on the stack and on a cache line."""

    def generate(context, builder, signature, arguments):
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(ir.IntType(8), _SCRATCH))
        memory.align = CACHE_LINE
        return builder.ptrtoint(memory, ir.IntType(64))

    return types.int64(), generate


_WIDTH = 8  # counters per vector
_WIDE = ir.VectorType(ir.IntType(64), _WIDTH)
_NARROW = ir.VectorType(ir.IntType(32), 2 * _WIDTH)


def _all(value):
    return ir.Constant(_WIDE, [value] * _WIDTH)


def _broadcast(builder, value):
    nothing, first = ir.Constant(_WIDE, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    every = ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
    return builder.shuffle_vector(builder.insert_element(nothing, value, first), nothing, every)


def _shuffle(builder, a, b, places):
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places))


@intrinsic
def _count_8(context, first, target):
    """Writes ``first`` and the seven numbers after it."""

    def generate(context, builder, signature, arguments):
        numbers = builder.add(_broadcast(builder, arguments[0]), ir.Constant(_WIDE, list(range(_WIDTH))))
        store = builder.store(numbers, builder.inttoptr(arguments[1], _WIDE.as_pointer()))
        store.align = 8
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@intrinsic
def _philox_8(context, counters, key, substream, target):
    """Philox4x32-10 of eight counters into 32 words.

    The four lanes are 64 bits wide and keep rubbish in their upper halves: a widening multiplication reads the lower
    ones only, and so a round is two multiplications, two shifts and two three-way xors.
    """

    def generate(context, builder, signature, arguments):
        low, half = _all(0xFFFFFFFF), _all(32)
        key, c2 = _broadcast(builder, arguments[1]), _broadcast(builder, arguments[2])
        k0, k1 = builder.and_(key, low), builder.lshr(key, half)
        c0 = builder.load(builder.inttoptr(arguments[0], _WIDE.as_pointer()))
        c0.align = CACHE_LINE
        c1, c3 = builder.lshr(c0, half), builder.lshr(c2, half)
        for _ in range(10):
            p = builder.mul(builder.and_(c0, low), _all(0xD2511F53))
            q = builder.mul(builder.and_(c2, low), _all(0xCD9E8D57))
            c0 = builder.xor(builder.xor(builder.lshr(q, half), c1), k0)
            c2 = builder.xor(builder.xor(builder.lshr(p, half), c3), k1)
            c1, c3 = q, p
            k0 = builder.and_(builder.add(k0, _all(0x9E3779B9)), low)
            k1 = builder.and_(builder.add(k1, _all(0xBB67AE85)), low)
        c0, c1, c2, c3 = (builder.bitcast(lane, _NARROW) for lane in (c0, c1, c2, c3))
        lower_halves = [place + (2 * _WIDTH - 1) * (place % 2) for place in range(2 * _WIDTH)]
        x = builder.bitcast(_shuffle(builder, c0, c1, lower_halves), _WIDE)
        y = builder.bitcast(_shuffle(builder, c2, c3, lower_halves), _WIDE)
        alternating = [place // 2 + _WIDTH * (place % 2) for place in range(2 * _WIDTH)]
        for part in range(2):
            words = _shuffle(builder, x, y, alternating[part * _WIDTH : (part + 1) * _WIDTH])
            address = builder.add(arguments[3], ir.Constant(ir.IntType(64), part * CACHE_LINE))
            store = builder.store(words, builder.inttoptr(address, _WIDE.as_pointer()))
            store.align = CACHE_LINE
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 4), generate


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
    signed = int32(int32_bits(word) ^ int32(-2147483648))
    size = int32(signed ^ int32(signed >> int32(31)))
    rest = int32(size ^ int32(0x7FFFFFFF))
    inner = float32(size) + _HALF
    outer = float32(rest) + _HALF
    bits = int32_bits(outer * (inner + _HALF_RANGE))
    exponent = float32(int32(bits >> int32(23)))
    f = from_int32_bits(int32(int32(bits & int32(0x7FFFFF)) | int32(0x3F800000))) - _THREE_HALVES
    f2 = f * f
    high = ((_L0 * f + _L1) * f2 + (_L2 * f + _L3)) * (f2 * f2)
    series = high + ((_L4 * f + _L5) * f2 + (_L6 * f + _L7))
    w = (_EXPONENT - exponent) - series
    w2 = w * w
    above = ((_P0 * w + _P1) * w2 + (_P2 * w + _P3)) * w2 + (_P4 * w + _P5)
    below = ((w + _Q1) * w2 + (_Q2 * w + _Q3)) * w2 + (_Q4 * w + _Q5)
    z = inner * above / below
    return from_int32_bits(int32(int32_bits(z) | int32(signed & int32(-2147483648))))


def _uniform(words, n, bits, out):
    prefer_512_bits()
    source, parameters, target = uint32_at(words), uint32_at(bits), float32_at(out)
    low, span, largest = from_int32_bits(parameters[0]), from_int32_bits(parameters[1]), from_int32_bits(parameters[2])
    for i in range(n):
        value = low + span * (float32(int32(source[i] >> uint32(8))) * _U24)
        target[i] = value if value < largest else largest


def _normal(words, n, bits, out):
    prefer_512_bits()
    source, parameters, target = uint32_at(words), uint32_at(bits), float32_at(out)
    mean, std = from_int32_bits(parameters[0]), from_int32_bits(parameters[1])
    for i in range(n):
        target[i] = mean + std * _quantile(source[i])


def _truncated(words, n, bits, out):
    prefer_512_bits()
    source, parameters, target = uint32_at(words), uint32_at(bits), float32_at(out)
    mean, std = from_int32_bits(parameters[0]), from_int32_bits(parameters[1])
    smallest, largest = from_int32_bits(parameters[2]), from_int32_bits(parameters[3])
    cell, cells = parameters[4], uint64(parameters[5])
    for i in range(n):
        scaled = uint32((uint64(source[i]) * cells) >> uint64(32))
        value = mean + std * _quantile(uint32(cell + scaled))
        value = value if value > smallest else smallest
        target[i] = value if value < largest else largest


_log_series, _exp_series = polynomial(portable.LOG), polynomial(portable.EXP)
_centre_p, _centre_q = polynomial(portable.PPND16_CENTRE_P), polynomial(portable.PPND16_CENTRE_Q)
_tail_p, _tail_q = polynomial(portable.PPND16_TAIL_P), polynomial(portable.PPND16_TAIL_Q)
_far_p, _far_q = polynomial(portable.PPND16_FAR_P), polynomial(portable.PPND16_FAR_Q)
_SQRT_HALF, _LN2_HIGH, _LN2_LOW = portable.SQRT_HALF, portable.LN2_HIGH, portable.LN2_LOW
_LOG_SQRT_2PI = portable.LOG_SQRT_2PI
_WHOLE = 1.5 * 2.0**52


@njit(**_OPTIONS)
def _log(x):
    """``portable.log`` of a normal, positive float64."""
    bits = int64_bits(x)
    k = (bits >> 52) - 1022
    m = from_int64_bits((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000)
    is_low = m < _SQRT_HALF
    m = choose(is_low, m * 2.0, m)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    half = 0.5 * f * f
    power = float64(k)
    power = choose(is_low, power - 1.0, power)
    return power * _LN2_HIGH - ((half - (s * (half + z * _log_series(z)) + power * _LN2_LOW)) - f)


@njit(**_OPTIONS)
def _exp(x):
    """``portable.exp`` of a float64 in [-700, 0]."""
    shifted = x * 1.4426950408889634 + _WHOLE
    k = shifted - _WHOLE  # rounded to a whole number, the even one of two as near
    high = x - k * _LN2_HIGH
    low = k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * _exp_series(t)
    scale = from_int64_bits((int64_bits(shifted) + 1023) << 52)
    return (1.0 - ((low - (r * c) / (2.0 - c)) - high)) * scale


@njit(inline="always", **_OPTIONS)  # LLVM finds it too large to, and calls keep a loop from vectors
def _quantile_of_log(log_p):
    """``portable.ndtri_of_log`` of one float64 that is at least -700."""
    q = _exp(log_p) - 0.5
    centre = 0.180625 - q * q
    middle = q * (_centre_p(centre) / _centre_q(centre))
    r = math.sqrt(-log_p)
    near = choose(r > 1.6, r, 1.6) - 1.6
    tail = _tail_p(near) / _tail_q(near)
    rest = r - 5.0
    far = _far_p(rest) / _far_q(rest)
    return choose(q >= -0.425, middle, -choose(r <= 5.0, tail, far))


@njit(**_OPTIONS)
def _quantile_of_low_log(log_p):
    """``portable.ndtri_of_log`` of one float64 that is below -700."""
    z = math.sqrt(-2.0 * log_p)
    for _ in range(4):
        s = 1.0 / (z * z)
        series = -0.5 * z * z - _log(z) - _LOG_SQRT_2PI - s * (1.0 - s * (2.5 - s * (37.0 / 3.0)))
        z = z + (series - log_p) / (z + 1.0 / z)
    return -z


@njit(**_OPTIONS)
def _log_p(word, log_near, ratio):
    u = (float64(word) + 0.5) * 2.0**-32
    return log_near + _log(ratio + (1.0 - ratio) * u)


def _far(words, n, bits, out):
    prefer_512_bits()
    source, parameters, target = uint32_at(words), uint32_at(bits), float32_at(out)
    wide = float64_at(bits)
    mean, std = float64(from_int32_bits(parameters[0])), float64(from_int32_bits(parameters[1]))
    smallest, largest = from_int32_bits(parameters[2]), from_int32_bits(parameters[3])
    log_near, ratio = wide[2], wide[3]
    if _log_p(uint32(0), log_near, ratio) >= -700.0:
        for i in range(n):
            value = float32(mean + std * _quantile_of_log(_log_p(source[i], log_near, ratio)))
            value = value if value > smallest else smallest
            target[i] = value if value < largest else largest
    else:
        for i in range(n):
            log_p = _log_p(source[i], log_near, ratio)
            z = _quantile_of_log(log_p) if log_p >= -700.0 else _quantile_of_low_log(log_p)
            value = float32(mean + std * z)
            value = value if value > smallest else smallest
            target[i] = value if value < largest else largest


def _to_float16(values, n, _, out):
    """``oracle.to_float16``, in integers: not every processor converts, and none would have to round the same way."""
    prefer_512_bits()
    source, target = float32_at(values), uint16_at(out)
    for i in range(n):
        bits = int32_bits(source[i])
        size = int32(bits & int32(0x7FFFFFFF))
        odd = int32(int32(size >> int32(13)) & int32(1))
        normal = int32(int32(int32(size - int32(0x38000000)) + int32(int32(0xFFF) + odd)) >> int32(13))
        normal = normal if normal < int32(0x7C00) else int32(0x7C00)
        # Adding 1/2 leaves a multiple of 2**-24, the step of the subnormals, rounded to nearest even.
        tiny = int32(int32_bits(from_int32_bits(size) + _HALF) - int32(0x3F000000))
        half = tiny if size < int32(0x38800000) else normal
        half = int32(0x7E00) if size > int32(0x7F800000) else half
        target[i] = uint16(int32(half | int32(int32(bits >> int32(16)) & int32(0x8000))))


def _to_bfloat16(values, n, _, out):
    """``oracle.to_bfloat16``."""
    prefer_512_bits()
    source, target = float32_at(values), uint16_at(out)
    for i in range(n):
        word = uint32(int32_bits(source[i]))
        rounded = uint32(
            uint32(word + uint32(uint32(0x7FFF) + uint32(uint32(word >> uint32(16)) & uint32(1)))) >> uint32(16)
        )
        is_nan = uint32(word & uint32(0x7FFFFFFF)) > uint32(0x7F800000)
        target[i] = uint16(uint32(0x7FC0) if is_nan else rounded)


def _to_float64(values, n, _, out):
    source, target = float32_at(values), float64_at(out)
    for i in range(n):
        target[i] = float64(source[i])


_CONSTANT, _UNIFORM, _WORDS = laws.CONSTANT, laws.UNIFORM, laws.WORDS
_FLOAT32, _FLOAT64, _UINT32 = DTYPES["float32"], DTYPES["float64"], DTYPES["uint32"]


@njit(**_OPTIONS)
def _copy_past_caches(source, target, n):
    """Copies ``n`` bytes, an even number: 64 at a time where ``target`` is aligned, in pairs before and after."""
    head = min(-target & 63, n)
    lines = (n - head) >> 6
    from_pairs, to_pairs = uint16_at(source), uint16_at(target)
    for i in range(head >> 1):
        to_pairs[i] = from_pairs[i]
    for i in range(lines):
        at = head + (i << 6)
        copy_line_past_caches(source + at, target + at)
    for i in range((head + (lines << 6)) >> 1, n >> 1):
        to_pairs[i] = from_pairs[i]


@njit(**_OPTIONS)
def _count(counters, first, n):
    """Writes ``n`` counters, in eights: what comes after them is written over or not read."""
    for j in range(0, n, 8):
        _count_8(first + j, counters + (j << 3))


@njit(**_OPTIONS)
def _count_runs(row, scratch, number, n):
    """The counters of the next ``n`` elements, which begin at ``number``, and the runs that these elements make.

    A run that begins or ends within a counter's four words costs that counter whole. Returns the number of the element
    after them, the counters, the runs, and whether every word of the counters is an element's.
    """
    axes = int64_at(row)[AXES]
    lengths, strides = int64_at(row + 8 * ROW), int64_at(row + 8 * (ROW + axes))
    counters, runs, place = scratch + _COUNTERS, int64_at(scratch + _RUNS), int64_at(scratch + _PLACE)
    inner, outer = axes - 1, axes - 2
    run = lengths[inner]
    used = 0
    found = 0
    is_dense = True
    while n > 0:
        size = min(run - place[inner], n)
        times = 1
        step = size
        if size == run:  # and as many more runs along the next axis as there are
            times = min(lengths[outer] - place[outer], n // run)
            step = strides[outer]
        needed = 0
        for _ in range(times):
            lane = number & 3
            needed = (lane + size + 3) >> 2
            _count(counters + (used << 3), number >> 2, needed)
            is_dense = is_dense and lane == 0
            runs[found] = (used << 2) + lane + (size << 32)
            found += 1
            used += needed
            number += step
        n -= times * size
        is_dense = is_dense and (size & 3 == 0 or (n == 0 and times == 1))
        if size == run:
            place[outer] += times
        else:
            place[inner] += size
            if place[inner] < run:
                continue
            place[inner] = 0
            place[outer] += 1
            number += strides[outer] - run
        axis = outer
        while axis > 0 and place[axis] == lengths[axis]:
            number += strides[axis - 1] - lengths[axis] * strides[axis]
            place[axis] = 0
            axis -= 1
            place[axis] += 1
    return number, used, found, is_dense


@njit(**_OPTIONS)
def _pack(scratch, found):
    """Leaves out the words before and after each run that only came with its counters."""
    words, packed, runs = scratch + _RAW, scratch + _PACKED, int64_at(scratch + _RUNS)
    for k in range(found):
        source, size = words + ((runs[k] & 0xFFFFFFFF) << 2), (runs[k] >> 32) << 2
        for i in range(0, size, 64):
            copy_16_words(source + i, packed + i)
        packed += size


@njit(**_OPTIONS)
def _write(row, at, n, words, past_caches, functions, scratch):
    """Draws a block from its words and writes it at element ``at`` of the storage."""
    entry, units = int64_at(row), int64_at(functions)
    law, dtype = entry[LAW], entry[DTYPE]
    bits = row + 8 * BITS
    is_wide = dtype in (_FLOAT32, _UINT32)
    width = 2 if is_wide else (3 if dtype == _FLOAT64 else 1)
    target = entry[ADDRESS] + (at << width)
    # A normal takes longer to draw than its line takes to come, so it gains nothing from writing past the caches.
    is_direct = dtype == _FLOAT32 and not (past_caches and law in (_UNIFORM, _CONSTANT))
    drawn = target if is_direct else scratch + _VALUES
    if law == _CONSTANT:
        value, values = uint32_at(bits)[0], uint32_at(drawn)
        for i in range(n):
            values[i] = value
    elif law == _WORDS:
        drawn = words
    else:
        call(units[law], words, n, bits, drawn)
    if not is_wide:
        converted = scratch + _NARROWED if past_caches and dtype != _FLOAT64 else target
        call(units[FIRST_CONVERSION + dtype], drawn, n, bits, converted)
        drawn = converted
    if drawn != target:
        if past_caches:
            _copy_past_caches(drawn, target, n << width)
        else:
            source, copied = uint32_at(drawn), uint32_at(target)
            for i in range(n):
                copied[i] = source[i]


@njit(**_OPTIONS)
def _fill_row(row, start, stop, past_caches, functions, scratch):
    """Writes elements ``start`` to ``stop`` of one row."""
    entry, place, runs = int64_at(row), int64_at(scratch + _PLACE), int64_at(scratch + _RUNS)
    law, key, substream, axes = entry[LAW], entry[KEY], entry[SUBSTREAM], entry[AXES]
    lengths, strides = int64_at(row + 8 * ROW), int64_at(row + 8 * (ROW + axes))
    number = entry[OFFSET]
    if axes == 0:
        number += start
    rest = start
    for k in range(axes):
        axis = axes - 1 - k
        place[axis] = rest % lengths[axis]
        rest //= lengths[axis]
        number += place[axis] * strides[axis]
    at = start
    while at < stop:
        n = min(BLOCK, stop - at)
        words = scratch + _RAW
        if law != _CONSTANT:
            found, is_dense = 1, True
            if axes == 0:
                lane = number & 3
                used = (lane + n + 3) >> 2
                _count(scratch + _COUNTERS, number >> 2, used)
                number += n
            else:
                number, used, found, is_dense = _count_runs(row, scratch, number, n)
                lane = runs[0] & 3
            for j in range(0, used, 8):
                _philox_8(scratch + _COUNTERS + (j << 3), key, substream, scratch + _RAW + (j << 4))
            if found == 1 or is_dense:
                words += lane << 2
            else:
                _pack(scratch, found)
                words = scratch + _PACKED
        _write(row, at, n, words, past_caches, functions, scratch)
        at += n


def _fill(rows, count, start, stop, past_caches, functions):
    """Writes elements ``start`` to ``stop`` of the ``count`` tensors whose elements are laid end to end."""
    prefer_512_bits()
    scratch = _scratch()
    table = int64_at(rows)
    row, above = 0, count
    while row < above:  # the first row that ends beyond ``start``
        middle = (row + above) >> 1
        if table[middle * ROW + END] <= start:
            row = middle + 1
        else:
            above = middle
    while start < stop:
        end = table[row * ROW + END]
        begin = end - table[row * ROW + SIZE]
        last = min(stop, end)
        _fill_row(rows + 8 * ROW * row, start - begin, last - begin, past_caches != 0, functions, scratch)
        start = last
        row += 1
    if past_caches != 0:
        fence()


def _philox(counters, n, key, substream, out):
    """Philox alone, for tests: ``n`` counters, a multiple of eight, on cache lines."""
    prefer_512_bits()
    for j in range(0, n, 8):
        _philox_8(counters + (j << 3), key, substream, out + (j << 4))


# What is compiled on its own, and the number of its arguments, all of them addresses or whole numbers.
UNITS = {
    "fill": (_fill, 6),
    "uniform": (_uniform, 4),
    "normal": (_normal, 4),
    "truncated": (_truncated, 4),
    "far": (_far, 4),
    "float16": (_to_float16, 4),
    "bfloat16": (_to_bfloat16, 4),
    "float64": (_to_float64, 4),
    "philox": (_philox, 5),
}


def llvm_ir(unit):
    """The name of a unit's function and its optimised code for this processor, as text."""
    function, arguments = UNITS[unit]
    compiled = cfunc(types.void(*(types.int64,) * arguments), **_OPTIONS)(function)
    # numba wraps the function into one that reports exceptions, and would have to be imported for it. None is raised.
    text = re.sub(r"(?ms)^define [^\n]*@cfunc\.[^\n]*\{\n.*?^\}\n", "", compiled.inspect_llvm())
    return compiled.native_name.removeprefix("cfunc."), text
