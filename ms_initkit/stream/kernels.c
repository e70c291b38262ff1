/* Stream version 1: the arithmetic of oracle.py, which is the definition, laid out for vectors.
 *
 * A block of elements is drawn in steps that stay in the first-level cache: the counters (one for four elements),
 * Philox over them, the law over the words, the conversion to the storage's type. Philox is written in vectors, because
 * compilers do not see its widening multiplication; every other loop works on one element and has no branches, so that
 * compilers make vectors of it.
 *
 * The bits of a value are the same on every machine and with every compiler: all is integer work, or single IEEE 754
 * operations (+ - * / sqrt and conversions) in the order that is written here. This file is to be compiled with
 * -ffp-contract=off, which keeps a multiplication and an addition from being rounded as one; no function of a
 * library decides a bit. It is compiled several times, for processors with longer and longer vectors: LEVEL is the name.
 */
#include "kernels.h"

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
#define VECTOR 64
#elif defined(__AVX2__)
#define VECTOR 32
#else
#define VECTOR 16
#endif
#define LANES (VECTOR / 8)

#define BLOCK 2048    /* elements that are drawn at once */
#define GROUP 16      /* laws and conversions work on whole groups, so their loops have no remainder */
#define LINE 64       /* bytes of a cache line */
#define MOST_LOOPS 64 /* the axes that an array of NumPy can have */

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

typedef uint64_t lanes __attribute__((vector_size(VECTOR)));
typedef float floats __attribute__((vector_size(VECTOR)));
typedef int32_t places __attribute__((vector_size(VECTOR)));

/* What one call works with, on its stack. What is written in whole pairs or groups overruns its end by one. */
struct run { int32_t start, size; }; /* which of the words are elements' */
struct scratch {
    uint64_t *counters;
    uint32_t *words;  /* four to a counter */
    uint32_t *packed; /* those that are elements' */
    float *values;
    uint64_t *stored; /* the values as the storage holds them */
    struct run *runs;
};

/* Where a walk through the nested loops of a row has come to. */
struct walk {
    const int64_t *lengths, *strides;
    int64_t inner;             /* the innermost loop's number */
    int64_t place[MOST_LOOPS]; /* how far each loop has come */
    uint64_t number;           /* of the next element */
};

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t groups(int64_t n) { return (n + GROUP - 1) / GROUP * GROUP; }

static inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Philox4x32-10: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" ---- */

/* The even words of two vectors multiplied, to 64 bits: one instruction, which has no operator in C. */
static inline lanes multiply(lanes a, lanes b) {
#if defined(__AVX512F__)
    return (lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined(__ARM_NEON)
    return (lanes)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
    return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}

/* EVEN and ODD take every other word of two vectors, LOWER and UPPER every other two, all within each 128 bits, which
 * processors do at once (with words, if they are said to be floats). Counters are taken in an order in which the words of
 * neighbours come out as neighbours all the same: lane k has counter ORDER[k]. */
#if defined(__clang__)
#define SHUFFLE(type, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(type, a, b, ...) __builtin_shuffle(a, b, (type){__VA_ARGS__})
#endif
#define PICK(a, b, ...) ((lanes)SHUFFLE(places, (floats)(a), (floats)(b), __VA_ARGS__))
#if LANES == 8
#define ORDER 0, 4, 1, 5, 2, 6, 3, 7
#define EVEN(a, b) PICK(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define ODD(a, b) PICK(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
#define LOWER(a, b) SHUFFLE(lanes, a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define UPPER(a, b) SHUFFLE(lanes, a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#elif LANES == 4
#define ORDER 0, 2, 1, 3
#define EVEN(a, b) PICK(a, b, 0, 2, 8, 10, 4, 6, 12, 14)
#define ODD(a, b) PICK(a, b, 1, 3, 9, 11, 5, 7, 13, 15)
#define LOWER(a, b) SHUFFLE(lanes, a, b, 0, 4, 2, 6)
#define UPPER(a, b) SHUFFLE(lanes, a, b, 1, 5, 3, 7)
#else
#define ORDER 0, 1
#define EVEN(a, b) PICK(a, b, 0, 2, 4, 6)
#define ODD(a, b) PICK(a, b, 1, 3, 5, 7)
#define LOWER(a, b) SHUFFLE(lanes, a, b, 0, 2)
#define UPPER(a, b) SHUFFLE(lanes, a, b, 1, 3)
#endif

#define ROUNDS 10

struct philox {
    lanes keys[2 * ROUNDS];
    lanes low, high; /* halves of the substream, the upper half of the counter */
};

/* A vector of which every word is `word`. */
static inline lanes all(uint32_t word) { return word * UINT64_C(0x100000001) - (lanes){0}; }

static inline struct philox philox_of(uint64_t key, uint64_t substream) {
    struct philox state;
    uint32_t first = (uint32_t)key, second = (uint32_t)(key >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        state.keys[2 * round] = all(first);
        state.keys[2 * round + 1] = all(second);
        first += 0x9E3779B9;
        second += 0xBB67AE85;
    }
    state.low = all((uint32_t)substream);
    state.high = all((uint32_t)(substream >> 32));
    return state;
}

/* Counters are taken by pairs of vectors: each of a counter's four words then fills a vector, c0 to c3. A round waits for
 * the one before it; several pairs, abreast, keep the processor busy meanwhile. */
#define PAIR (2 * LANES) /* counters */
#define ABREAST 4
#define STEP (ABREAST * PAIR)

/* The words of the counters of `abreast` pairs of vectors.
 *
 * A multiplication takes the even words of a vector, or, moved down, the odd ones; ODD and EVEN join the upper and the
 * lower halves of both products to vectors again, in which those of even words come first, within each 128 bits. To do
 * so twice restores the order. As c0 and c1 are made of what c2 was, and c2 and c3 of what c0 was, c0 and c1 have the one
 * order in every round, and c2 and c3, which begin with words that are all the same, have the other. */
static inline __attribute__((always_inline)) void philox(const struct philox *state, const lanes *counters, int abreast,
                                                         uint32_t *words) {
    const lanes first = all(0xD2511F53), second = all(0xCD9E8D57);
    lanes c0[ABREAST], c1[ABREAST], c2[ABREAST], c3[ABREAST];
    for (int v = 0; v < abreast; v++) {
        c0[v] = EVEN(counters[2 * v], counters[2 * v + 1]);
        c1[v] = ODD(counters[2 * v], counters[2 * v + 1]);
        c2[v] = state->low;
        c3[v] = state->high;
    }
#pragma GCC unroll 10
    for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 4
        for (int v = 0; v < abreast; v++) {
            const lanes p = multiply(c0[v], first), p_odd = multiply(c0[v] >> 32, first);
            const lanes q = multiply(c2[v], second), q_odd = multiply(c2[v] >> 32, second);
            c0[v] = ODD(q, q_odd) ^ (c1[v] ^ state->keys[2 * round]);
            c2[v] = ODD(p, p_odd) ^ (c3[v] ^ state->keys[2 * round + 1]);
            c1[v] = EVEN(q, q_odd);
            c3[v] = EVEN(p, p_odd);
        }
    }
    for (int v = 0; v < abreast; v++) {
        const lanes even = EVEN(c0[v], c1[v]), lower = LOWER(c2[v], c3[v]);
        const lanes odd = ODD(c0[v], c1[v]), upper = UPPER(c2[v], c3[v]);
        const lanes a = EVEN(even, lower), b = EVEN(odd, upper), c = ODD(even, lower), d = ODD(odd, upper);
        uint32_t *const target = words + 4 * PAIR * v;
        memcpy(target, &a, VECTOR);
        memcpy(target + 2 * LANES, &b, VECTOR);
        memcpy(target + 4 * LANES, &c, VECTOR);
        memcpy(target + 6 * LANES, &d, VECTOR);
    }
}

/* The words of `n` consecutive counters, and as many more as fill a pair of vectors. */
static void philox_run(const struct row *row, uint64_t counter, int64_t n, uint32_t *words) {
    const struct philox state = philox_of(row->key, row->substream);
    lanes counters[2 * ABREAST];
    for (int v = 0; v < 2 * ABREAST; v++) counters[v] = counter + (uint64_t)(v * LANES) + (lanes){ORDER};
    int64_t at = 0;
    for (; at + STEP <= n; at += STEP) {
        philox(&state, counters, ABREAST, words + 4 * at);
        for (int v = 0; v < 2 * ABREAST; v++) counters[v] += STEP;
    }
    for (; at < n; at += PAIR) {
        philox(&state, counters, 1, words + 4 * at);
        for (int v = 0; v < 2; v++) counters[v] += PAIR;
    }
}

/* The counters of `abreast` pairs of vectors, as `philox` wants them. */
static inline void take(const uint64_t *counters, int abreast, lanes *taken) {
    for (int v = 0; v < 2 * abreast; v++) {
        lanes some;
        memcpy(&some, counters + v * LANES, VECTOR);
        taken[v] = SHUFFLE(lanes, some, some, ORDER);
    }
}

/* The words of any `n` counters. */
static void philox_all(const struct row *row, const uint64_t *counters, int64_t n, uint32_t *words) {
    const struct philox state = philox_of(row->key, row->substream);
    lanes taken[2 * ABREAST];
    int64_t at = 0;
    for (; at + STEP <= n; at += STEP) {
        take(counters + at, ABREAST, taken);
        philox(&state, taken, ABREAST, words + 4 * at);
    }
    for (; at < n; at += PAIR) {
        take(counters + at, 1, taken);
        philox(&state, taken, 1, words + 4 * at);
    }
}

/* ---- The laws: `n` float32 values, a multiple of GROUP, from as many words ---- */

/* Their numbers, as in laws.py, which says what the parameters of each are. */
enum law { CONSTANT, UNIFORM, NORMAL, TRUNCATED, FAR, WORDS };

typedef void law_function(const uint32_t *restrict words, int64_t n, const uint32_t *restrict parameters,
                          float *restrict out);

static inline float keep_inside(float value, float smallest, float largest) {
    value = value > smallest ? value : smallest;
    return value < largest ? value : largest;
}

static void uniform(const uint32_t *restrict words, int64_t n, const uint32_t *restrict parameters,
                    float *restrict out) {
    const float low = float_of(parameters[0]), span = float_of(parameters[1]);
    const float smallest = float_of(parameters[2]), largest = float_of(parameters[3]);
    n &= -GROUP;
    for (int64_t i = 0; i < n; i++)
        out[i] = keep_inside(low + span * ((float)(int32_t)(words[i] >> 8) * 0x1p-24f), smallest, largest);
}

/* The quantile of the standard normal at p = (word + 1/2) / 2^32 is q P(w) / Q(w), w = -log2(4 p (1 - p)), as
 * coefficients.py explains. It takes a long chain of operations, of which each waits for the one before it: in two loops,
 * one to w and one from it on, a processor has twice as many elements under way at once. */
#define PASS 256

/* Before a loop: `n` vectors of elements are worked on in turn. clang unrolls before it makes vectors, and would have to
 * sort elements; it is told to interleave them. */
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define VECTORS(n) PRAGMA(clang loop interleave_count(n))
#else
#define VECTORS(n) PRAGMA(GCC unroll n)
#endif

/* q, counted in words, and w. The distances from the middle and from the nearer end are counted in words, too. */
static inline void begin_quantile(uint32_t word, float *q, float *w) {
    const int32_t centred = (int32_t)(word ^ 0x80000000);
    const int32_t size = centred ^ (centred >> 31);
    const float inner = (float)size + 0.5f, outer = (float)(size ^ 0x7FFFFFFF) + 0.5f;
    const uint32_t bits = bits_of(outer * (inner + 0x1p31f));
    const float exponent = (float)(int32_t)(bits >> 23);
    const float f = float_of((bits & 0x7FFFFF) | 0x3F800000) - 1.5f;
    const float f2 = f * f;
    const float high = ((0.015125349297237614f * f + -0.025123383897475197f) * f2 +
                        (0.03731129291428551f * f + -0.07058960888641708f)) * (f2 * f2);
    const float series = high + ((0.14254532474015505f * f + -0.3206323388664003f) * f2 +
                                 (0.9617953794226017f * f + 0.5849627654137611f));
    *w = (189.0f - exponent) - series;
    *q = float_of(bits_of(inner) | ((uint32_t)centred & 0x80000000));
}

static inline float end_quantile(float q, float w) {
    const float w2 = w * w;
    const float above = (((float)(58.09490262647643 * 0x1p-32) * w + (float)(2860.969053018375 * 0x1p-32)) * w2 +
                         ((float)(49040.602275604346 * 0x1p-32) * w + (float)(535185.650960333 * 0x1p-32))) * w2 +
                        ((float)(3888279.854604803 * 0x1p-32) * w + (float)(15539812.031147487 * 0x1p-32));
    const float below = ((w + 242.96964387229505f) * w2 + (4708.314301072599f * w + 97315.41954304662f)) * w2 +
                        (426218.0177269266f * w + 6199487.359760094f);
    return q * above / below;
}

static void normal(const uint32_t *restrict words, int64_t n, const uint32_t *restrict parameters,
                   float *restrict out) {
    const float mean = float_of(parameters[0]), std = float_of(parameters[1]);
    float q[PASS], w[PASS];
    for (int64_t at = 0; at < n; at += PASS) {
        const int64_t pass = least(PASS, n - at) & -GROUP;
        VECTORS(2)
        for (int64_t i = 0; i < pass; i++) begin_quantile(words[at + i], &q[i], &w[i]);
        VECTORS(2)
        for (int64_t i = 0; i < pass; i++) out[at + i] = mean + std * end_quantile(q[i], w[i]);
    }
}

static void truncated(const uint32_t *restrict words, int64_t n, const uint32_t *restrict parameters,
                      float *restrict out) {
    const float mean = float_of(parameters[0]), std = float_of(parameters[1]);
    const float smallest = float_of(parameters[2]), largest = float_of(parameters[3]);
    const uint32_t first = parameters[4];
    const uint64_t cells = parameters[5];
    float q[PASS], w[PASS];
    for (int64_t at = 0; at < n; at += PASS) {
        const int64_t pass = least(PASS, n - at) & -GROUP;
        VECTORS(4)
        for (int64_t i = 0; i < pass; i++) {
            const uint32_t cell = first + (uint32_t)((words[at + i] * cells) >> 32);
            begin_quantile(cell, &q[i], &w[i]);
        }
        VECTORS(4)
        for (int64_t i = 0; i < pass; i++)
            out[at + i] = keep_inside(mean + std * end_quantile(q[i], w[i]), smallest, largest);
    }
}

/* Far out in a tail, in float64. The logarithm and the exponential are fdlibm's (Sun Microsystems 1993), the quantile is
 * Wichura's AS241, PPND16 (1988): as in portable.py, and with its coefficients. */

#define LOWEST_LOG -700.0 /* of a probability whose exponential is still a normal number */

static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;

#define HORNER1(x, a, b) ((a) * (x) + (b))
#define HORNER4(x, a, b, c, d, e) HORNER1(x, HORNER1(x, HORNER1(x, HORNER1(x, a, b), c), d), e)
#define HORNER6(x, a, b, c, d, e, f, g) HORNER1(x, HORNER1(x, HORNER4(x, a, b, c, d, e), f), g)
#define HORNER7(x, a, b, c, d, e, f, g, h) HORNER1(x, HORNER6(x, a, b, c, d, e, f, g), h)

/* The logarithm of a normal, positive number. */
static inline double log_of(double x) {
    const uint64_t bits = bits_of_double(x);
    const double mantissa = double_of((bits & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000);
    const int is_low = mantissa < 0.7071067811865476;
    const double f = (is_low ? mantissa * 2.0 : mantissa) - 1.0;
    const double whole = (double)(int32_t)((uint32_t)(bits >> 52) - 1022);
    const double power = is_low ? whole - 1.0 : whole;
    const double s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    const double series = HORNER6(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                                  2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
                                  6.666666666666735130e-01);
    return power * LN2_HIGH - ((half - (s * (half + z * series) + power * LN2_LOW)) - f);
}

/* The exponential of a number from -700 to 0. Adding 1.5 * 2^52 rounds to a whole number, of two as near the even one. */
static inline double exp_of(double x) {
    const double shifted = x * 1.4426950408889634 + 0x1.8p52, k = shifted - 0x1.8p52;
    const double high = x - k * LN2_HIGH, low = k * LN2_LOW;
    const double r = high - low, t = r * r;
    const double c = r - t * HORNER4(t, 4.13813679705723846039e-08, -1.65339022054652515390e-06,
                                     6.61375632143793436117e-05, -2.77777777770155933842e-03,
                                     1.66666666666666019037e-01);
    const double scale = double_of((bits_of_double(shifted) + 1023) << 52);
    return (1.0 - ((low - (r * c) / (2.0 - c)) - high)) * scale;
}

/* The quantile of a probability of which the logarithm, at least -700, is given. */
static inline double quantile_of_log(double log_p) {
    const double q = exp_of(log_p) - 0.5, centre = 0.180625 - q * q;
    const double r = __builtin_sqrt(-log_p), near = (r > 1.6 ? r : 1.6) - 1.6, rest = r - 5.0;
    const double middle =
        q * (HORNER7(centre, 2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
                     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
                     1.3314166789178437745e2, 3.3871328727963666080e0) /
             HORNER7(centre, 5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
                     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
                     4.2313330701600911252e1, 1.0));
    const double tail =
        HORNER7(near, 7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
                4.63033784615654529590e0, 1.42343711074968357734e0) /
        HORNER7(near, 1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                2.05319162663775882187e0, 1.0);
    const double far =
        HORNER7(rest, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                5.46378491116411436990e0, 6.65790464350110377720e0) /
        HORNER7(rest, 2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                5.99832206555887937690e-1, 1.0);
    const double outer = r <= 5.0 ? tail : far;
    return q >= -0.425 ? middle : -outer;
}

/* The same of a logarithm below -700: Newton's method on the asymptotic series of the normal's distribution function. */
static inline double quantile_of_low_log(double log_p) {
    double z = __builtin_sqrt(-2.0 * log_p);
    for (int step = 0; step < 4; step++) {
        const double s = 1.0 / (z * z);
        const double series =
            -0.5 * z * z - log_of(z) - 0.9189385332046728 - s * (1.0 - s * (2.5 - s * (37.0 / 3.0)));
        z = z + (series - log_p) / (z + 1.0 / z);
    }
    return -z;
}

/* The logarithm of the probability that a word stands for. */
static inline double log_p_of(uint32_t word, double log_near, double ratio) {
    /* a whole number as a float64, by way of its mantissa: not every processor converts it */
    const double whole = double_of(0x4330000000000000 | word) - 0x1p52;
    return log_near + log_of(ratio + (1.0 - ratio) * ((whole + 0.5) * 0x1p-32));
}

static void far(const uint32_t *restrict words, int64_t n, const uint32_t *restrict parameters, float *restrict out) {
    const double mean = float_of(parameters[0]), std = float_of(parameters[1]);
    const float smallest = float_of(parameters[2]), largest = float_of(parameters[3]);
    double log_near, ratio, log_p[PASS];
    memcpy(&log_near, parameters + 4, sizeof log_near);
    memcpy(&ratio, parameters + 6, sizeof ratio);
    const int is_low = log_p_of(0, log_near, ratio) < LOWEST_LOG;
    for (int64_t at = 0; at < n; at += PASS) {
        const int64_t pass = least(PASS, n - at) & -GROUP;
        VECTORS(2)
        for (int64_t i = 0; i < pass; i++) log_p[i] = log_p_of(words[at + i], log_near, ratio);
        VECTORS(4)
        for (int64_t i = 0; i < pass; i++) {
            const double z = quantile_of_log(log_p[i] > LOWEST_LOG ? log_p[i] : LOWEST_LOG);
            out[at + i] = keep_inside((float)(mean + std * z), smallest, largest);
        }
        for (int64_t i = 0; is_low && i < pass; i++)
            if (log_p[i] < LOWEST_LOG)
                out[at + i] = keep_inside((float)(mean + std * quantile_of_low_log(log_p[i])), smallest, largest);
    }
}

static law_function *const LAWS[] = {[UNIFORM] = uniform, [NORMAL] = normal, [TRUNCATED] = truncated, [FAR] = far};

/* ---- The conversions of `n` float32 values, a multiple of GROUP: rounded once, to nearest even ---- */

/* In integers: not every processor converts, and none would have to make the same NaN. */
static void to_float16(const float *restrict values, int64_t n, uint16_t *restrict out) {
    n &= -GROUP;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t bits = bits_of(values[i]);
        const int32_t size = (int32_t)(bits & 0x7FFFFFFF);
        int32_t normal = (size - 0x38000000 + 0xFFF + ((size >> 13) & 1)) >> 13;
        normal = normal < 0x7C00 ? normal : 0x7C00;
        /* adding 1/2 leaves a multiple of 2^-24, the step of the subnormals, rounded to nearest even */
        const int32_t tiny = (int32_t)bits_of(float_of((uint32_t)size) + 0.5f) - 0x3F000000;
        int32_t half = size < 0x38800000 ? tiny : normal;
        half = size > 0x7F800000 ? 0x7E00 : half;
        out[i] = (uint16_t)((uint32_t)half | ((bits >> 16) & 0x8000));
    }
}

static void to_bfloat16(const float *restrict values, int64_t n, uint16_t *restrict out) {
    n &= -GROUP;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t bits = bits_of(values[i]);
        const uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        out[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC0 : rounded);
    }
}

static void to_float64(const float *restrict values, int64_t n, double *restrict out) {
    n &= -GROUP;
    for (int64_t i = 0; i < n; i++) out[i] = values[i];
}

/* ---- Writing ---- */

/* Copies to memory that nobody will read soon: its lines are neither read before nor kept in the caches. */
static void copy_past_caches(char *target, const char *source, int64_t size) {
    const int64_t head = least(-(uintptr_t)target & (LINE - 1), size);
    memcpy(target, source, (size_t)head);
    int64_t at = head;
    for (; at + LINE <= size; at += LINE) {
#if defined(__SSE2__)
        for (int part = 0; part < LINE; part += VECTOR) {
            lanes value;
            memcpy(&value, source + at + part, VECTOR);
#if defined(__AVX512F__)
            _mm512_stream_si512((__m512i *)(target + at + part), (__m512i)value);
#elif defined(__AVX2__)
            _mm256_stream_si256((__m256i *)(target + at + part), (__m256i)value);
#else
            _mm_stream_si128((__m128i *)(target + at + part), (__m128i)value);
#endif
        }
#else
        memcpy(target + at, source + at, LINE);
#endif
    }
    memcpy(target + at, source + at, (size_t)(size - at));
}

static inline void put(char *target, const void *source, int64_t size, int past_caches) {
    if (past_caches)
        copy_past_caches(target, source, size);
    else
        memcpy(target, source, (size_t)size);
}

/* `n` float32 values as the storage holds them; `stored` has room for whole groups of float64. */
static const void *convert(int64_t storage, const float *values, int64_t n, void *stored) {
    switch (storage) {
    case FLOAT16: to_float16(values, groups(n), stored); return stored;
    case BFLOAT16: to_bfloat16(values, groups(n), stored); return stored;
    case FLOAT64: to_float64(values, groups(n), stored); return stored;
    default: return values;
    }
}

/* Draws a block from its words, of which a group more can be read, and writes it to `target`. */
static void write_block(const struct row *row, const uint32_t *words, int64_t n, char *target, int past_caches,
                        struct scratch *scratch) {
    const int64_t size = n * ms_initkit_item_size(row->storage);
    if (row->law == WORDS) {
        put(target, words, size, past_caches);
        return;
    }
    law_function *const draw = LAWS[row->law];
    /* A normal takes longer to draw than its line takes to come, so it gains nothing from going past the caches. */
    const int is_direct = row->storage == FLOAT32 && (uintptr_t)target % 4 == 0 && !(past_caches && row->law == UNIFORM);
    const int64_t whole = is_direct ? n & -GROUP : 0;
    if (whole) draw(words, whole, row->parameters, (float *)target);
    if (whole == n) return;
    draw(words + whole, groups(n - whole), row->parameters, scratch->values);
    const void *stored = convert(row->storage, scratch->values, n - whole, scratch->stored);
    put(target + 4 * whole, stored, is_direct ? 4 * (n - whole) : size, past_caches && !is_direct);
}

/* ---- Which elements ---- */

/* The counters of the next `n` elements of a walk, and the runs of words that are theirs: a run that begins or ends
 * within the four words of a counter costs that counter whole. Returns the number of counters; `runs` becomes the number
 * of runs, 1 if they all follow one another. */
static int64_t count_runs(struct walk *walk, int64_t n, struct scratch *scratch, int64_t *runs) {
    const int64_t inner = walk->inner, outer = inner - 1;
    const int64_t *const lengths = walk->lengths, *const strides = walk->strides;
    int64_t *const place = walk->place;
    const int64_t run = lengths[inner];
    int64_t used = 0, found = 0, end = -1;
    int is_one = 1;
    while (n > 0) {
        const int64_t size = least(run - place[inner], n);
        /* a whole run, and as many more along the next loop as there are */
        const int64_t times = size == run ? least(lengths[outer] - place[outer], n / run) : 1;
        const uint64_t step = size == run ? (uint64_t)strides[outer] : (uint64_t)size;
        for (int64_t time = 0; time < times; time++) {
            const int64_t lane = walk->number & 3, needed = (lane + size + 3) >> 2, start = 4 * used + lane;
            const lanes first = (walk->number >> 2) + (lanes){0};
            for (int64_t at = 0; at < needed; at += LANES)
                for (int64_t k = 0; k < LANES; k++) scratch->counters[used + at + k] = first[0] + (uint64_t)(at + k);
            is_one &= found == 0 || start == end;
            end = start + size;
            scratch->runs[found].start = (int32_t)start;
            scratch->runs[found].size = (int32_t)size;
            found++;
            used += needed;
            walk->number += step;
        }
        n -= times * size;
        if (size == run) {
            place[outer] += times;
        } else {
            place[inner] += size;
            if (place[inner] < run) continue;
            place[inner] = 0;
            place[outer]++;
            walk->number += (uint64_t)strides[outer] - (uint64_t)run;
        }
        for (int64_t axis = outer; axis > 0 && place[axis] == lengths[axis]; axis--) {
            walk->number += (uint64_t)strides[axis - 1] - (uint64_t)lengths[axis] * (uint64_t)strides[axis];
            place[axis] = 0;
            place[axis - 1]++;
        }
    }
    *runs = is_one ? 1 : found;
    return used;
}

/* The words of the runs alone, one after the other. */
static const uint32_t *pack(struct scratch *scratch, int64_t runs) {
    uint32_t *target = scratch->packed;
    for (int64_t run = 0; run < runs; run++) {
        const uint32_t *source = scratch->words + scratch->runs[run].start;
        const int32_t size = scratch->runs[run].size;
        for (int32_t at = 0; at < size; at += GROUP) memcpy(target + at, source + at, GROUP * sizeof *target);
        target += size;
    }
    return scratch->packed;
}

static struct walk walk_to(const struct row *row, int64_t start) {
    struct walk walk;
    walk.lengths = (const int64_t *)((const char *)row + row->where);
    walk.strides = walk.lengths + row->loops;
    walk.inner = row->loops - 1;
    walk.number = row->offset;
    for (int64_t axis = walk.inner; axis >= 0; axis--) {
        walk.place[axis] = start % walk.lengths[axis];
        start /= walk.lengths[axis];
        walk.number += (uint64_t)walk.place[axis] * (uint64_t)walk.strides[axis];
    }
    return walk;
}

static void fill_constant(const struct row *row, int64_t n, char *target, int past_caches, struct scratch *scratch) {
    const int64_t block = least(n, BLOCK), width = ms_initkit_item_size(row->storage);
    const float value = float_of(row->parameters[0]);
    for (int64_t i = 0; i < groups(block); i++) scratch->values[i] = value;
    const void *stored = convert(row->storage, scratch->values, block, scratch->stored);
    for (int64_t at = 0; at < n; at += block)
        put(target + at * width, stored, least(block, n - at) * width, past_caches);
}

/* Writes elements `start` to `stop` of one row. */
static void fill_row(const struct row *row, int64_t start, int64_t stop, int past_caches, struct scratch *scratch) {
    const int64_t width = ms_initkit_item_size(row->storage);
    char *target = (char *)(uintptr_t)row->address + start * width;
    if (row->law == CONSTANT) {
        fill_constant(row, stop - start, target, past_caches, scratch);
        return;
    }
    struct walk walk;
    if (row->loops)
        walk = walk_to(row, start);
    else
        walk.number = row->offset + (uint64_t)start;
    for (int64_t at = start; at < stop; at += BLOCK) {
        const int64_t n = least(BLOCK, stop - at);
        const uint32_t *words;
        if (row->loops) {
            int64_t runs;
            const int64_t used = count_runs(&walk, n, scratch, &runs);
            philox_all(row, scratch->counters, used, scratch->words);
            words = runs == 1 ? scratch->words + scratch->runs[0].start : pack(scratch, runs);
        } else {
            const int64_t lane = walk.number & 3;
            philox_run(row, walk.number >> 2, (lane + n + 3) >> 2, scratch->words);
            words = scratch->words + lane;
            walk.number += (uint64_t)n;
        }
        write_block(row, words, n, target, past_caches, scratch);
        target += n * width;
    }
}

void JOIN(ms_initkit_fill_, LEVEL)(const struct row *rows, int64_t count, int64_t start, int64_t stop,
                                   int past_caches) {
    /* Arrays of their own, so that a sanitizer sees where one ends. */
    uint64_t counters[BLOCK + PAIR] __attribute__((aligned(LINE)));
    uint32_t words[4 * (BLOCK + PAIR) + GROUP] __attribute__((aligned(LINE)));
    uint32_t packed[BLOCK + 2 * GROUP] __attribute__((aligned(LINE)));
    float values[BLOCK] __attribute__((aligned(LINE)));
    uint64_t stored[BLOCK] __attribute__((aligned(LINE)));
    struct run runs[BLOCK];
    struct scratch scratch = {counters, words, packed, values, stored, runs};
    for (int64_t row = ms_initkit_row_of(rows, count, start); start < stop; row++) {
        const int64_t begin = rows[row].end - rows[row].size, last = least(stop, rows[row].end);
        fill_row(&rows[row], start - begin, last - begin, past_caches, &scratch);
        start = last;
    }
    /* what went past the caches is seen before whatever tells another thread that it is done */
    if (past_caches) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
