"""What numba has no words for: bits read as another type, raw addresses, vectors' widths, calls by address.

Each is a few instructions of LLVM, put into whatever function uses it.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

CACHE_LINE = 64


def _cast(result, kind):
    """An intrinsic that reads the bits of its argument as ``result``."""

    @intrinsic
    def cast(context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], kind)

        return result(value), generate

    return cast


int32_bits, from_int32_bits = _cast(types.int32, ir.IntType(32)), _cast(types.float32, ir.FloatType())
int64_bits, from_int64_bits = _cast(types.int64, ir.IntType(64)), _cast(types.float64, ir.DoubleType())


def _pointer(element):
    @intrinsic
    def pointer(context, address):
        def generate(context, builder, signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(element)(types.int64), generate

    return pointer


int64_at = _pointer(types.int64)
float32_at = _pointer(types.float32)
float64_at = _pointer(types.float64)
uint16_at = _pointer(types.uint16)
uint32_at = _pointer(types.uint32)


@intrinsic
def prefer_512_bits(context):
    """Lets the calling function use AVX-512's whole registers; LLVM's default is half of them."""

    def generate(context, builder, signature, arguments):
        attributes = builder.function.attributes
        if isinstance(attributes, set):
            # llvmlite's own ``add`` knows no string attributes; ``set.add`` writes it as given.
            set.add(attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def call(context, function, source, n, bits, target):
    """Calls the unit at an address; the first two arguments are numba's, for results and exceptions."""

    def generate(context, builder, signature, arguments):
        word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.IntType(32), [pointer.as_pointer(), pointer, word, word, word, word])
        with builder.goto_entry_block():
            result = builder.alloca(pointer)
        called = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(called, [result, ir.Constant(pointer, None), *arguments[1:]])
        return context.get_dummy_value()

    return types.void(*(types.int64,) * 5), generate


def _copy(lanes, element, align, past_caches):
    """An intrinsic that copies a vector; past the caches, it neither reads the target's line nor keeps it there."""

    @intrinsic
    def copy(context, source, target):
        def generate(context, builder, signature, arguments):
            vector = ir.VectorType(ir.IntType(element), lanes).as_pointer()
            value = builder.load(builder.inttoptr(arguments[0], vector))
            value.align = 2
            store = builder.store(value, builder.inttoptr(arguments[1], vector))
            store.align = align
            if past_caches:
                store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), generate

    return copy


copy_line_past_caches = _copy(8, 64, CACHE_LINE, past_caches=True)
copy_16_words = _copy(16, 32, 4, past_caches=False)


@intrinsic
def fence(context):
    """Orders the writes past the caches before whatever tells another thread that they are done."""

    def generate(context, builder, signature, arguments):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def choose(context, condition, chosen, other):
    """``chosen if condition else other``, both computed: LLVM would move the work into branches, and out of vectors."""

    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)

    return types.float64(types.boolean, types.float64, types.float64), generate


def polynomial(table):
    """An intrinsic that evaluates a polynomial by Horner's rule, written out: a loop would keep it from vectors."""

    @intrinsic
    def evaluate(context, x):
        def generate(context, builder, signature, arguments):
            value = ir.Constant(ir.DoubleType(), table[0])
            for coefficient in table[1:]:
                value = builder.fadd(builder.fmul(value, arguments[0]), ir.Constant(ir.DoubleType(), coefficient))
            return value

        return types.float64(types.float64), generate

    return evaluate
